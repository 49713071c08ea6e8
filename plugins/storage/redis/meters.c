/* SPDX-License-Identifier: MIT
 *
 * meters.c - see meters.h.
 */
#include "meters.h"

#include "core/instance.h"

#define REDIS_LABEL "redis"

static const struct rent_metric_def requests_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_COUNTER,
	.name = "rental_system_cache_requests_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "Values read from and written to the cache that hosts share, by what became "
		"of it.",
	.labels = { "cache", "result" },
};

static const struct rent_metric_def state_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_GAUGE,
	.name = "rental_system_circuit_breaker_state",
	.flags = RENT_METRIC_SERVICE,
	.help = "0 closed, 1 open, 2 half-open.",
	.labels = { "circuit_name" },
};

static const struct rent_metric_def failures_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_COUNTER,
	.name = "rental_system_circuit_breaker_failures_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "Exchanges that counted as a failure.",
	.labels = { "circuit_name" },
};

void meters_init(struct meters *m, const struct rent_host *host)
{
	const char *labels[] = { REDIS_LABEL };

	m->host = host;
	m->requests = host->metric(host, &requests_def);
	m->duration = host->metric(host, &storage_duration_def);
	m->connections = host->metric(host, &storage_connections_def);
	m->state = host->metric(host, &state_def);
	m->failures = host->metric(host, &failures_def);
	host->metric_set(m->state, BREAKER_CLOSED, labels);
	host->metric_set(m->connections, 0, labels);
	host->metric_add(m->failures, 0, labels);
}

void meters_request(struct meters *m, const char *cache, const char *result)
{
	const char *labels[] = { cache, result };

	m->host->metric_add(m->requests, 1, labels);
}

void meters_duration(struct meters *m, const char *operation, int64_t us)
{
	const char *labels[] = { REDIS_LABEL, operation };

	m->host->metric_observe(m->duration, us, labels);
}

void meters_connected(struct meters *m, bool connected)
{
	const char *labels[] = { REDIS_LABEL };

	m->host->metric_set(m->connections, connected ? 1 : 0, labels);
}

void meters_breaker(struct meters *m, enum breaker_state state)
{
	const char *labels[] = { REDIS_LABEL };

	m->host->metric_set(m->state, state, labels);
}

void meters_failure(struct meters *m)
{
	const char *labels[] = { REDIS_LABEL };

	m->host->metric_add(m->failures, 1, labels);
}
