/* SPDX-License-Identifier: MIT
 *
 * algorithms.c - see algorithms.h.
 */
#include "algorithms.h"

#include <jose/b64.h>
#include <jose/jws.h>
#include <openssl/evp.h>
#include <string.h>

#define ED25519_KEY       32
#define ED25519_SIGNATURE 64

/* RFC 7518, 3.2 to 3.5: a secret is at least as long as the hash, an RSA key has 2048 bits. */
static const struct algorithm algorithms[] = {
	{ "RS256", "RSA", NULL, "n", 256 },
	{ "RS384", "RSA", NULL, "n", 256 },
	{ "RS512", "RSA", NULL, "n", 256 },
	{ "PS256", "RSA", NULL, "n", 256 },
	{ "PS384", "RSA", NULL, "n", 256 },
	{ "PS512", "RSA", NULL, "n", 256 },
	{ "ES256", "EC", "P-256", "x", 32 },
	{ "ES384", "EC", "P-384", "x", 48 },
	{ "ES512", "EC", "P-521", "x", 66 },
	{ "HS256", "oct", NULL, "k", 32 },
	{ "HS384", "oct", NULL, "k", 48 },
	{ "HS512", "oct", NULL, "k", 64 },
	{ "EdDSA", "OKP", "Ed25519", "x", ED25519_KEY },
};

const struct algorithm *algorithm_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(algorithms) / sizeof(algorithms[0]);
	     i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

static bool says(const json_t *jwk, const char *member, const char *value)
{
	const char *text = json_string_value(json_object_get(jwk, member));

	return text != NULL && strcmp(text, value) == 0;
}

/* "alg" and "use" may be missing; what they say counts. */
static bool says_nothing_else(const json_t *jwk, const char *member, const char *value)
{
	return json_object_get(jwk, member) == NULL || says(jwk, member, value);
}

static bool may_verify(const json_t *jwk)
{
	const json_t *ops = json_object_get(jwk, "key_ops"), *op;
	size_t i;

	json_array_foreach(ops, i, op) if (json_string_value(op) != NULL &&
	                                   strcmp(json_string_value(op), "verify") ==
	                                           0) return true;
	return ops == NULL;
}

bool algorithm_fits(const struct algorithm *algorithm, const json_t *jwk)
{
	size_t bytes;

	if (!says(jwk, "kty", algorithm->kty) ||
	    (algorithm->crv != NULL && !says(jwk, "crv", algorithm->crv)) ||
	    !says_nothing_else(jwk, "alg", algorithm->name) ||
	    !says_nothing_else(jwk, "use", "sig") || !may_verify(jwk))
		return false;
	bytes = jose_b64_dec(json_object_get(jwk, algorithm->member), NULL, 0);
	return bytes != SIZE_MAX && bytes >= algorithm->bytes;
}

/* ---- libjose */

/* It writes to stderr otherwise; that a token is wrong is nothing to say there. */
static void say_nothing(void *misc, const char *file, int line, uint64_t code,
                        const char *fmt, va_list args)
{
	(void)misc;
	(void)file;
	(void)line;
	(void)code;
	(void)fmt;
	(void)args;
}

static bool verify_by_jose(const json_t *jwk, const struct token_parts *p)
{
	jose_cfg_auto_t *cfg = jose_cfg();
	json_t *jws = json_pack("{s:s%, s:s%, s:s%}", "protected", p->header,
	                        p->header_size, "payload", p->payload, p->payload_size,
	                        "signature", p->signature, p->signature_size);
	bool good = false;

	if (cfg != NULL && jws != NULL) {
		jose_cfg_set_err_func(cfg, say_nothing, NULL);
		good = jose_jws_ver(cfg, jws, NULL, jwk, false);
	}
	json_decref(jws);
	return good;
}

/* ---- libcrypto */

static bool verify_ed25519(const json_t *jwk, const struct token_parts *p)
{
	unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
	/* The parts lie side by side: what is signed is all before the second dot. */
	size_t size = p->header_size + 1 + p->payload_size;
	EVP_PKEY *public;
	EVP_MD_CTX *ctx;
	bool good;

	if (jose_b64_dec(json_object_get(jwk, "x"), key, sizeof(key)) != sizeof(key) ||
	    jose_b64_dec_buf(p->signature, p->signature_size, NULL, 0) !=
	            sizeof(signature) ||
	    jose_b64_dec_buf(p->signature, p->signature_size, signature,
	                     sizeof(signature)) != sizeof(signature))
		return false;
	public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, sizeof(key));
	ctx = EVP_MD_CTX_new();
	good = public != NULL && ctx != NULL &&
	       EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1 &&
	       EVP_DigestVerify(ctx, signature, sizeof(signature),
	                        (const unsigned char *)p->header, size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	return good;
}

bool algorithm_verify(const struct algorithm *algorithm, const json_t *jwk,
                      const struct token_parts *parts)
{
	return strcmp(algorithm->kty, "OKP") == 0 ? verify_ed25519(jwk, parts)
	                                          : verify_by_jose(jwk, parts);
}
