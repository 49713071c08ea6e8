/* SPDX-License-Identifier: MIT
 *
 * algorithms.h - signatures of tokens: which key each of them wants, and the check itself, by libjose,
 * and of Ed25519, which libjose lacks, by libcrypto. Which of them count is the configuration's to
 * say; a token never chooses. Any thread; nothing waits.
 */
#ifndef AUTH_JWT_ALGORITHMS_H
#define AUTH_JWT_ALGORITHMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct algorithm {
	const char *name;      /* of RFC 7518 and RFC 8037: "RS256" */
	const char *kty, *crv; /* of its keys; crv NULL: they have none */
	const char *member;    /* of the key: what must be at least so long, in bytes */
	size_t bytes;
};

/* A token as it came: HEADER.PAYLOAD.SIGNATURE, each in base64url. */
struct token_parts {
	const char *header, *payload, *signature;
	size_t header_size, payload_size, signature_size; /* characters */
};

/* NULL: not known, "none" included. */
const struct algorithm *algorithm_find(const char *name);

/* Whether a key (JWK) is one for this algorithm, by all that it says of itself. One key fits the
 * algorithms of one kind only, so that no public key is ever taken for a secret. */
bool algorithm_fits(const struct algorithm *algorithm, const json_t *jwk);

/* Whether the signature is that of a key that fits. */
bool algorithm_verify(const struct algorithm *algorithm, const json_t *jwk,
                      const struct token_parts *parts);

#endif
