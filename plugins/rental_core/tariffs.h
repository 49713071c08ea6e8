/* SPDX-License-Identifier: MIT
 *
 * tariffs.h - the tariffs that this process has read, for as long as they may be used.
 */
#ifndef CORE_TARIFFS_H
#define CORE_TARIFFS_H

#include <rent/catalog.h>

/* Tariffs that were read, `room` of them, under a lock. The one not used for longest gives way; one
 * that is older than its ttl is never used. NULL: no memory. */
struct tariffs *tariffs_new(size_t room);
void tariffs_free(struct tariffs *t);

/* now and ttl are monotonic microseconds. */
bool tariffs_get(struct tariffs *t, const char *id, int64_t now, int64_t ttl,
                 struct rent_catalog_tariff *ret);
void tariffs_put(struct tariffs *t, const struct rent_catalog_tariff *tariff,
                 int64_t now);

#endif
