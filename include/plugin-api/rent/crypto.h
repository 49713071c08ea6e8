/* SPDX-License-Identifier: MIT
 *
 * rent/crypto.h - what a provider needs to sign a request or to check who sent an event. The
 * host does it (rent_host.crypto), so that a plugin links with no cryptographic library.
 */
#ifndef RENT_CRYPTO_H
#define RENT_CRYPTO_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_SHA256_SIZE 32

/* Bytes as lower case hexadecimal digits; ret has room for 2 * size + 1. */
static inline void rent_hex(const void *data, size_t size, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = (const unsigned char *)data;

	for (size_t i = 0; i < size; i++) {
		*ret++ = digits[byte[i] >> 4];
		*ret++ = digits[byte[i] & 15];
	}
	*ret = '\0';
}

/* Any thread; nothing blocks. */
struct rent_crypto_api {
	uint32_t struct_size;

	/* HMAC-SHA256 (RFC 2104). */
	void (*hmac_sha256)(const void *key, size_t key_size, const void *data,
	                    size_t size, unsigned char ret[RENT_SHA256_SIZE]);
	/* Whether size bytes are the same, in a time that does not tell where they differ. */
	bool (*equal)(const void *a, const void *b, size_t size);
	/* Base64 with padding (RFC 4648, 4). NULL: the arena is full. */
	char *(*base64)(struct rent_arena *arena, const void *data, size_t size);
	/* Its inverse. NULL: text is not base64, or the arena is full. The bytes are followed by
	 * a NUL that does not count. */
	void *(*base64_decode)(struct rent_arena *arena, const char *text,
	                       size_t *ret_size);
	/* SHA-256 (FIPS 180-4). */
	void (*sha256)(const void *data, size_t size,
	               unsigned char ret[RENT_SHA256_SIZE]);
};

RENT_EXTERN_C_END
#endif
