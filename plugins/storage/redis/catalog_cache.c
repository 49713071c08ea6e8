/* SPDX-License-Identifier: MIT
 *
 * catalog_cache.c - texts that hosts share (cache_get, cache_put of rent/storage.h). The
 * reader interprets them and judges their age. With a secret, this file checks that one of the
 * hosts wrote the text for this very key.
 */
#include <stdlib.h>

#include "envelope.h"
#include "store.h"

static bool key_of(const struct envelope_place *place, char out[STORE_KEY_SIZE])
{
	int n = snprintf(out, STORE_KEY_SIZE, "%scache:%s:%s", place->prefix,
	                 place->space, place->key);

	return n > 0 && n < STORE_KEY_SIZE;
}

static int too_long(const struct envelope_place *place, struct rent_error *err)
{
	return rent_fail(err, RENT_EINVAL,
	                 "cache \"%.40s\": the key or the value is too long",
	                 place->space);
}

int catalog_cache_get(void *self, const char *space, const char *key,
                      struct rent_arena *arena, const char **ret, struct rent_error *err)
{
	struct store *store = self;
	const struct envelope_place place = { store->seal, store->prefix, space, key };
	char name[STORE_KEY_SIZE];
	struct connection_reply reply;
	const char *text;
	bool refused;
	int code;

	if (!store->caches)
		return 1;
	if (!key_of(&place, name))
		return too_long(&place, err);
	code = store_get(store, name, ENVELOPE_CACHE_SIZE, &reply, &refused, err);
	if (code != 0) {
		meters_request(&store->meters, space,
		               code < 0  ? "unavailable"
		               : refused ? "refused"
		                         : "miss");
		return code;
	}
	text = envelope_text(&place, reply.text, reply.length);
	meters_request(&store->meters, space, text == NULL ? "refused" : "hit");
	if (text == NULL) {
		code = 1;
	} else {
		*ret = rent_strdup(arena, text);
		if (*ret == NULL)
			code = rent_fail(err, RENT_ENOMEM,
			                 "cache \"%.40s\": no room in the arena", space);
	}
	free(reply.text);
	return code;
}

int catalog_cache_put(void *self, const char *space, const char *key, const char *value,
                      int64_t ttl_us, struct rent_error *err)
{
	struct store *store = self;
	const struct envelope_place place = { store->seal, store->prefix, space, key };
	char name[STORE_KEY_SIZE], head[SEAL_TEXT + 5], *text = NULL;
	int code;

	if (!store->caches)
		return 0;
	if (!key_of(&place, name) || strlen(value) > ENVELOPE_TEXT_MAX)
		return too_long(&place, err);
	code = envelope_head(&place, value, head);
	if (code == 0 && asprintf(&text, "%s%s", head, value) < 0) {
		text = NULL;
		code = RENT_ENOMEM;
	}
	if (code != 0)
		return rent_fail(err, code, "cache \"%.40s\": out of memory", space);
	code = store_set(store, name, text, ttl_us, err);
	free(text);
	meters_request(&store->meters, space, code == 0 ? "stored" : "unavailable");
	return code;
}
