/* SPDX-License-Identifier: MIT
 *
 * catalog.h - reading stations, tariffs, users and configs through the bound catalogue,
 * with what each source's absence means: stations and tariffs are critical, users fall back
 * to a price without benefits, configs to the last good one.
 */
#ifndef CORE_CATALOG_H
#define CORE_CATALOG_H

#include "shared_catalog.h"

#define CATALOG_ASKS 4

/* Reads n <= CATALOG_ASKS things at once. Strings in results live in arena. A result that could
 * not be had is UNKNOWN with a note. */
void catalog_read(struct core *core, struct rent_arena *arena, struct catalog_ask *asks,
                  size_t n);

/* When to try again; breaker_us is 0 where no breaker is the reason. */
int64_t catalog_retry_after(int64_t breaker_us);

/* A tariff from the cache, else from the catalogue. ret_retry_us: as in struct catalog_ask. */
enum rent_outcome catalog_tariff(struct core *core, struct rent_arena *arena,
                                 const char *id, struct rent_catalog_tariff *ret,
                                 int64_t *ret_retry_us);

/* The last good configs; false: none came yet. */
bool catalog_configs(struct core *core, struct rent_catalog_configs *ret);

/* Refreshes the configs when it is time (at once while there are none); timer callback,
 * arg is the core. */
void catalog_refresh(void *arg);

#endif
