/* SPDX-License-Identifier: MIT
 *
 * meters.h - the metrics of storage_redis; the names are those of docs/reference/metrics.md.
 */
#ifndef STORAGE_REDIS_METERS_H
#define STORAGE_REDIS_METERS_H

#include <rent/host.h>

#include "common/breaker.h"

struct meters {
	const struct rent_host *host;
	struct rent_metric *requests, *duration, *connections, *state, *failures;
};

void meters_init(struct meters *m, const struct rent_host *host);

/* Counts a result for a value of `cache`: "hit", "miss", "refused" (it was there and could not be
 * trusted), "stored", "unavailable". */
void meters_request(struct meters *m, const char *cache, const char *result);
void meters_duration(struct meters *m, const char *operation, int64_t us);
void meters_connected(struct meters *m, bool connected);
void meters_breaker(struct meters *m, enum breaker_state state);
void meters_failure(struct meters *m);

#endif
