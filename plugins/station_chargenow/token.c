/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/token.c - makes and checks the tokens in our addresses.
 */
#include "token.h"

#define HEX_SIZE (2 * RENT_SHA256_SIZE + 1)

static void token_hmac(const struct chargenow *c, const char *name, size_t n,
                       char ret[HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char mac[RENT_SHA256_SIZE];

	c->host->crypto->hmac_sha256(c->callback_key, strlen(c->callback_key), name, n,
	                             mac);
	for (size_t i = 0; i < sizeof(mac); i++) {
		ret[2 * i] = digits[mac[i] >> 4];
		ret[2 * i + 1] = digits[mac[i] & 15];
	}
	ret[HEX_SIZE - 1] = '\0';
}

char *token_make(const struct chargenow *c, struct rent_arena *arena, const char *name)
{
	char *encoded = rent_url_encode(arena, name);
	char hex[HEX_SIZE];

	if (encoded == NULL)
		return NULL;
	token_hmac(c, name, strlen(name), hex);
	return rent_printf(arena, "%s.%s", encoded, hex);
}

char *token_url(const struct chargenow *c, struct rent_arena *arena, const char *name)
{
	char *token = token_make(c, arena, name);
	size_t n = strlen(c->hooks_url);

	while (n > 0 && c->hooks_url[n - 1] == '/')
		n--;
	return token == NULL ? NULL
	                     : rent_printf(arena, "%.*s/hooks/%s/%s", (int)n,
	                                   c->hooks_url, c->host->instance, token);
}

const char *token_open(const struct chargenow *c, struct rent_arena *arena,
                       const char *token)
{
	const char *dot = strrchr(token, '.');
	char hex[HEX_SIZE];
	size_t n;

	if (dot == NULL || c->callback_key[0] == '\0' || strlen(dot + 1) != HEX_SIZE - 1)
		return NULL;
	n = (size_t)(dot - token);
	token_hmac(c, token, n, hex);
	if (!c->host->crypto->equal(hex, dot + 1, HEX_SIZE - 1))
		return NULL;
	return rent_strndup(arena, token, n);
}
