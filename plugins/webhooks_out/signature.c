/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/signature.c - secrets and signatures, as Standard Webhooks say.
 */
#include "webhooks_out.h"

#include <string.h>

#define PREFIX "whsec_"
/* All signatures of a message. */
#define SIGNATURES_SIZE ((size_t)KEYS_MOST * 64)

void key_wipe(struct key *key)
{
	explicit_bzero(key, sizeof(*key));
}

static int take_key(const struct rent_host *host, struct rent_arena *arena,
                    const char *text, struct key *ret)
{
	size_t size = 0;
	void *bytes =
		strncmp(text, PREFIX, strlen(PREFIX)) == 0
			? host->crypto->base64_decode(arena, text + strlen(PREFIX), &size)
			: NULL;

	if (bytes == NULL || size < KEY_LEAST || size > KEY_MOST)
		return RENT_EINVAL;
	memcpy(ret->bytes, bytes, size);
	ret->size = size;
	explicit_bzero(bytes, size);
	return 0;
}

int key_read(const struct rent_host *host, const char *option, const char *text,
             struct key *ret, struct rent_error *err)
{
	struct rent_arena *arena = host->arena_new(host);
	int code;

	*ret = (struct key){ .size = 0 };
	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	code = text[0] == '\0' ? 0 : take_key(host, arena, text, ret);
	host->arena_free(host, arena);
	if (code != 0)
		return rent_fail(
			err, code,
			"options.%s is not \"" PREFIX
			"\" and the base64 of %d to %d bytes; make one with: echo "
			"\"" PREFIX "$(openssl rand -base64 32)\"",
			option, KEY_LEAST, KEY_MOST);
	return 0;
}

static char *sign(const struct rent_host *host, struct rent_arena *arena,
                  const struct key *key, const char *text, size_t size)
{
	unsigned char mac[RENT_SHA256_SIZE];

	host->crypto->hmac_sha256(key->bytes, key->size, text, size, mac);
	return host->crypto->base64(arena, mac, sizeof(mac));
}

char *signature_make(const struct rent_host *host, struct rent_arena *arena,
                     const struct key keys[KEYS_MOST], const char *id, int64_t seconds,
                     const char *body)
{
	size_t room = strlen(id) + strlen(body) + 32;
	char *text = rent_alloc(arena, room), *ret = rent_alloc(arena, SIGNATURES_SIZE);
	int size;

	if (text == NULL || ret == NULL)
		return NULL;
	size = snprintf(text, room, "%s.%" PRId64 ".%s", id, seconds, body);
	ret[0] = '\0';
	for (size_t i = 0, n = 0; i < KEYS_MOST; i++) {
		char *mac = keys[i].size == 0
		                    ? NULL
		                    : sign(host, arena, &keys[i], text, (size_t)size);

		if (mac == NULL && keys[i].size != 0)
			return NULL;
		if (mac != NULL)
			n += (size_t)snprintf(ret + n, SIGNATURES_SIZE - n, "%sv1,%s",
			                      n == 0 ? "" : " ", mac);
	}
	return ret;
}
