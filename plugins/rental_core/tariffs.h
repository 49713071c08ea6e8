/* SPDX-License-Identifier: MIT
 *
 * tariffs.h - "tariffs LRU (1024 entries) with TTL 600 s, an expired one is never used".
 * A fixed table under a lock; the oldest use gives way.
 */
#ifndef CORE_TARIFFS_H
#define CORE_TARIFFS_H

#include <pthread.h>
#include <rent/catalog.h>

struct tariff_entry;

struct tariffs {
	pthread_mutex_t lock;
	struct tariff_entry *entries;
	size_t room, count;
	uint32_t *buckets; /* heads of chains, 1-based; 0 empty */
	uint64_t uses;
};

int tariffs_init(struct tariffs *t, size_t room);
void tariffs_done(struct tariffs *t);

/* now and ttl are monotonic microseconds. */
bool tariffs_get(struct tariffs *t, const char *id, int64_t now, int64_t ttl,
                 struct rent_catalog_tariff *ret);
void tariffs_put(struct tariffs *t, const struct rent_catalog_tariff *tariff,
                 int64_t now);

#endif
