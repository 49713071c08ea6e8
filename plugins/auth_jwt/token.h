/* SPDX-License-Identifier: MIT
 *
 * token.h - a signed token (RFC 7519) in its compact form: taken apart, and its JSON read. Nothing of
 * it counts before its signature was verified.
 */
#ifndef AUTH_JWT_TOKEN_H
#define AUTH_JWT_TOKEN_H

#include "algorithms.h"

#include <rent/base.h>

#define TOKEN_MAX      8000 /* characters; more do not fit a request's head */
#define TOKEN_BRACKETS 200  /* of its JSON: so deep can it be nested at most */

/* What the header says. The strings are of doc. */
struct token_header {
	json_t *doc; /* to be given back */
	const char *alg;
	const char *kid; /* NULL: none */
	const char *typ; /* without "application/"; NULL: none */
};

/* Both RENT_EPERM with a reason that has no part of the token. */
int token_split(const char *text, struct token_parts *ret, struct rent_error *err);
int token_header(const struct token_parts *parts, struct token_header *ret,
                 struct rent_error *err);

/* The claims, to be given back by json_decref(). After the signature was verified. */
int token_claims(const struct token_parts *parts, json_t **ret, struct rent_error *err);

#endif
