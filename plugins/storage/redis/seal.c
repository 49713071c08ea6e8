/* SPDX-License-Identifier: MIT
 *
 * seal.c - HMAC by OpenSSL; see seal.h.
 */
#include "seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define DIGEST_SIZE 32

struct seal {
	EVP_MAC_CTX *keys[2]; /* with the key set; copied for each use. The first signs */
};

/* The library looks an algorithm up by name under a lock: once is enough. */
static EVP_MAC_CTX *key_new(EVP_MAC *hmac, const char *secret)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *key = EVP_MAC_CTX_new(hmac);

	if (key != NULL &&
	    EVP_MAC_init(key, (const unsigned char *)secret, strlen(secret), params) == 1)
		return key;
	EVP_MAC_CTX_free(key);
	return NULL;
}

int seal_new(const char *secret, const char *previous, struct seal **ret,
             struct rent_error *err)
{
	struct seal *seal = calloc(1, sizeof(*seal));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (seal != NULL && hmac != NULL) {
		seal->keys[0] = key_new(hmac, secret);
		seal->keys[1] = previous == NULL ? NULL : key_new(hmac, previous);
	}
	EVP_MAC_free(hmac);
	if (seal == NULL || seal->keys[0] == NULL ||
	    (previous != NULL && seal->keys[1] == NULL)) {
		seal_free(seal);
		return rent_fail(err, RENT_EFAIL, "secret: libcrypto has no HMAC-SHA256");
	}
	*ret = seal;
	return 0;
}

void seal_free(struct seal *seal)
{
	if (seal == NULL)
		return;
	EVP_MAC_CTX_free(seal->keys[0]);
	EVP_MAC_CTX_free(seal->keys[1]);
	free(seal);
}

static bool digest_of(const EVP_MAC_CTX *key, const char *const *parts, size_t n,
                      unsigned char out[DIGEST_SIZE])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key);
	bool good = ctx != NULL;
	size_t size = 0;

	/* With the NUL of each, so that no two lists of texts are the same bytes. */
	for (size_t i = 0; good && i < n; i++)
		good = EVP_MAC_update(ctx, (const unsigned char *)parts[i],
		                      strlen(parts[i]) + 1) == 1;
	good = good && EVP_MAC_final(ctx, out, &size, DIGEST_SIZE) == 1;
	EVP_MAC_CTX_free(ctx);
	return good && size == DIGEST_SIZE;
}

static void write_hex(const unsigned char digest[DIGEST_SIZE], char out[SEAL_TEXT + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[SEAL_TEXT] = '\0';
}

int seal_sign(const struct seal *seal, const char *const *parts, size_t n,
              char out[SEAL_TEXT + 1])
{
	unsigned char digest[DIGEST_SIZE];

	if (!digest_of(seal->keys[0], parts, n, digest))
		return RENT_ENOMEM;
	write_hex(digest, out);
	return 0;
}

bool seal_is_good(const struct seal *seal, const char *const *parts, size_t n,
                  const char *signature, size_t length)
{
	if (length != SEAL_TEXT)
		return false;
	for (size_t i = 0; i < 2 && seal->keys[i] != NULL; i++) {
		unsigned char digest[DIGEST_SIZE];
		char wanted[SEAL_TEXT + 1];

		if (!digest_of(seal->keys[i], parts, n, digest))
			return false;
		write_hex(digest, wanted);
		if (CRYPTO_memcmp(wanted, signature, SEAL_TEXT) == 0)
			return true;
	}
	return false;
}
