/* SPDX-License-Identifier: MIT
 *
 * tools/crypto.c - see rent/crypto.h. The only file of the host that knows libcrypto.
 */
#include "tools/tools.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdlib.h>

static void hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        unsigned char ret[RENT_SHA256_SIZE])
{
	static const unsigned char empty[1];

	/* Only memory can be missing. A signature that is not one must not be sent or compared. */
	if (key_size > INT_MAX || HMAC(EVP_sha256(), key_size == 0 ? empty : key,
	                               (int)key_size, data, size, ret, NULL) == NULL)
		abort();
}

static void sha256(const void *data, size_t size, unsigned char ret[RENT_SHA256_SIZE])
{
	if (EVP_Digest(data, size, ret, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

static bool equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

static char *base64(struct rent_arena *arena, const void *data, size_t size)
{
	char *out = size > INT_MAX / 2 ? NULL : rent_alloc(arena, (size + 2) / 3 * 4 + 1);

	if (out != NULL)
		(void)EVP_EncodeBlock((unsigned char *)out, data, (int)size);
	return out;
}

/* libcrypto pads with zero bytes where the text has '=', and takes blanks at both ends. */
static void *base64_decode(struct rent_arena *arena, const char *text, size_t *ret_size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	size_t n = strlen(text), plain = strspn(text, digits), padding = n - plain;
	unsigned char *out;

	if (n > INT_MAX / 2 || n % 4 != 0 || padding > 2 ||
	    strspn(text + plain, "=") != padding)
		return NULL;
	out = rent_alloc(arena, n / 4 * 3 + 1);
	if (out == NULL || EVP_DecodeBlock(out, (const unsigned char *)text, (int)n) < 0)
		return NULL;
	*ret_size = n / 4 * 3 - padding;
	out[*ret_size] = '\0';
	return out;
}

const struct rent_crypto_api tools_crypto = {
	.struct_size = (uint32_t)sizeof(tools_crypto),
	.hmac_sha256 = hmac_sha256,
	.equal = equal,
	.base64 = base64,
	.base64_decode = base64_decode,
	.sha256 = sha256,
};

uint64_t tools_siphash(const unsigned char seed[16], const void *data, size_t size)
{
	unsigned char out[8];
	size_t size_wanted = sizeof(out), n;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE,
		                                            &size_wanted),
		                OSSL_PARAM_construct_end() };
	uint64_t hash;

	if (EVP_Q_mac(NULL, "SIPHASH", NULL, NULL, params, seed, 16, data, size, out,
	              sizeof(out), &n) == NULL)
		abort();
	memcpy(&hash, out, sizeof(hash));
	return hash;
}
