/* SPDX-License-Identifier: MIT
 *
 * store.h - an instance of the plugin: the storage it uses, the link to Redis, and the slots
 * of rent/storage.h it is called by.
 */
#ifndef STORAGE_REDIS_STORE_H
#define STORAGE_REDIS_STORE_H

#include <rent/plugin.h>
#include <rent/storage.h>

#include "connection.h"
#include "core/over.h"
#include "core/trouble.h"
#include "database_clock.h"
#include "meters.h"
#include "quote_cache.h"
#include "seal.h"

#define STORE_KEY_SIZE 512

struct store {
	struct storage_over over; /* the storage that is used */
	const struct rent_host *host;

	struct meters meters;
	struct trouble trouble; /* "get" and "set", answered with what nobody foresaw */
	struct connection_options connection_options;
	struct connection *link; /* NULL before start and after stop */

	const char *prefix;
	struct seal *seal; /* NULL: no secret */
	bool caches;       /* there is a secret, or none is wanted */

	bool quotes_here; /* unused quotes stand in Redis alone */
	int64_t quote_grace;
	struct quote_cache *quote_cache; /* with quotes_here */
	struct database_clock clock;
};

/* create .. check of rent/plugin.h. */
int store_create(const struct rent_host *host, void **ret_self, struct rent_error *err);
int store_start(void *self, struct rent_error *err);
void store_stop(void *self);
void store_destroy(void *self);
void store_reload(void *self);
void store_health(void *self, struct rent_health *ret);
int store_check(void *self, struct rent_error *err);

/* ---- Redis, for quotes.c and cache.c. Keys are PREFIX kind ":" key. */
/* At most max bytes of the value. 0, to be freed; 1 not there (or another type: *ret_refused);
 * negative. */
int store_get(struct store *store, const char *key, size_t max,
              struct connection_reply *ret, bool *ret_refused, struct rent_error *err);
int store_set(struct store *store, const char *key, const char *value, int64_t ttl_us,
              struct rent_error *err);

/* ---- the slots that are not the used storage's */
int quotes_put(void *self, struct rent_quote *quote, int64_t ttl_us,
               struct rent_error *err);
int quotes_start_begin(void *self, struct rent_start *s, struct rent_error *err);
int catalog_cache_get(void *self, const char *space, const char *key,
                      struct rent_arena *arena, const char **ret, struct rent_error *err);
int catalog_cache_put(void *self, const char *space, const char *key, const char *value,
                      int64_t ttl_us, struct rent_error *err);

#endif
