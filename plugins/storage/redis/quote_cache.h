/* SPDX-License-Identifier: MIT
 *
 * quote_cache.h - the quotes that this host made last, so that the host which made a quote can start
 * its rental without asking Redis, also when Redis has lost it. A table of fixed size; the
 * oldest of its row gives way.
 */
#ifndef STORAGE_REDIS_QUOTE_CACHE_H
#define STORAGE_REDIS_QUOTE_CACHE_H

#include <rent/model.h>

struct quote_cache;

int quote_cache_new(int64_t room, struct quote_cache **ret, struct rent_error *err);
void quote_cache_free(struct quote_cache *cache);

void quote_cache_put(struct quote_cache *cache, const struct rent_quote *quote);
bool quote_cache_get(struct quote_cache *cache, const char *id, struct rent_quote *ret);

#endif
