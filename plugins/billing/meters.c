/* SPDX-License-Identifier: MIT
 *
 * meters.c - see meters.h. Dashboards and alerts read these names.
 */
#include "meters.h"

static const int64_t duration_buckets[] = {
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000,
};

static const struct rent_metric_def cycles_def = {
	.struct_size = sizeof(cycles_def),
	.type = RENT_COUNTER,
	.name = "rental_system_billing_cycles_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "Billing cycles that reached their end.",
};

static const struct rent_metric_def duration_def = {
	.struct_size = sizeof(duration_def),
	.type = RENT_HISTOGRAM,
	.name = "rental_system_billing_cycle_duration_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "How long billing cycles took.",
	.buckets = duration_buckets,
	.bucket_count = sizeof(duration_buckets) / sizeof(duration_buckets[0]),
	.scale = RENT_SECOND,
};

static const struct rent_metric_def processed_def = {
	.struct_size = sizeof(processed_def),
	.type = RENT_GAUGE,
	.name = "rental_system_active_rentals_processed_last_cycle",
	.flags = RENT_METRIC_SERVICE,
	.help = "Active rentals that the last billing cycle looked at.",
};

static const struct rent_metric_def errors_def = {
	.struct_size = sizeof(errors_def),
	.type = RENT_COUNTER,
	.name = "rental_system_worker_errors_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "Errors of the rules and of billing, by type.",
	.labels = { "error_type" },
};

static const char *const error_types[] = {
	[METERS_STORAGE] = "storage_unavailable",
	[METERS_PLAN] = "plan",
	[METERS_RUN] = "run",
	[METERS_CURSOR] = "cursor",
	[METERS_HOUSEKEEPING] = "housekeeping",
	[METERS_AUDIT] = "audit",
	[METERS_RECONCILE] = "reconcile",
	[METERS_BROKEN_RENTAL] = "broken_rental",
};

void meters_init(struct meters *m, const struct rent_host *host)
{
	m->host = host;
	m->cycles = host->metric(host, &cycles_def);
	m->duration = host->metric(host, &duration_def);
	m->processed = host->metric(host, &processed_def);
	m->errors = host->metric(host, &errors_def);
	/* From 0 on, so that the first error is seen as a rise. */
	for (int i = METERS_STORAGE; i <= METERS_BROKEN_RENTAL; i++)
		meters_error(m, (enum meters_error)i, 0);
}

void meters_cycle(const struct meters *m, int64_t took_us, int64_t active_looked_at)
{
	m->host->metric_add(m->cycles, 1, NULL);
	m->host->metric_observe(m->duration, took_us, NULL);
	m->host->metric_set(m->processed, active_looked_at, NULL);
}

void meters_error(const struct meters *m, enum meters_error error, int64_t n)
{
	m->host->metric_add(m->errors, n, &error_types[error]);
}
