/* SPDX-License-Identifier: MIT
 *
 * meters.c - see meters.h.
 */
#include "meters.h"

#define REDIS_LABEL "redis"

static const int64_t duration_buckets[] = { 100,    250,    500,     1000,    2500,
	                                    5000,   10000,  25000,   50000,   100000,
	                                    250000, 500000, 1000000, 2500000, 5000000 };

static const struct rent_metric_def requests_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_COUNTER,
	.name = "rental_system_cache_requests_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "Values read from and written to the cache that hosts share, by what became "
		"of it.",
	.labels = { "cache", "result" },
};

static const struct rent_metric_def duration_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_HISTOGRAM,
	.name = "rental_system_database_query_duration_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "time of a call of the storage, waiting for the commit included",
	.labels = { "database", "operation" },
	.buckets = duration_buckets,
	.bucket_count = sizeof(duration_buckets) / sizeof(*duration_buckets),
	.scale = RENT_SECOND,
};

static const struct rent_metric_def connections_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_GAUGE,
	.name = "rental_system_database_connections_active",
	.flags = RENT_METRIC_SERVICE,
	.help = "connections to the database that are open",
	.labels = { "database" },
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
	m->duration = host->metric(host, &duration_def);
	m->connections = host->metric(host, &connections_def);
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
