/* SPDX-License-Identifier: MIT
 *
 * instance.c - the metrics of an instance; see instance.h.
 */
#include "core/instance.h"

static const int64_t duration_buckets[] = { 100,    250,    500,     1000,    2500,
	                                    5000,   10000,  25000,   50000,   100000,
	                                    250000, 500000, 1000000, 2500000, 5000000 };

const struct rent_metric_def storage_connections_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_GAUGE,
	.name = "rental_system_database_connections_active",
	.flags = RENT_METRIC_SERVICE,
	.help = "connections to the database that are open",
	.labels = { "database" },
};

const struct rent_metric_def storage_duration_def = {
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

void storage_instance_init(struct storage_instance *instance,
                           const struct rent_host *host, const char *database)
{
	instance->host = host;
	instance->database = database;
	instance->connections = host->metric(host, &storage_connections_def);
	instance->duration = host->metric(host, &storage_duration_def);
}

int64_t storage_enter(void *self)
{
	const struct rent_host *host = ((struct storage_instance *)self)->host;

	return host->mono_us(host);
}

int storage_plain(int code, struct rent_error *err)
{
	if (code != STORAGE_UNFORESEEN && code != STORAGE_DAMAGED)
		return code;
	code = code == STORAGE_DAMAGED ? RENT_ECORRUPT : RENT_EUNAVAIL;
	if (err != NULL)
		err->code = code;
	return code;
}

static void note_outcome(struct trouble *trouble, enum intention intention, int code,
                         const struct rent_error *err)
{
	static const struct rent_error silent = { .text = "the caller wants no reason" };
	enum trouble_side side = intentions[intention].access == INTENTION_READ
	                                 ? TROUBLE_READING
	                                 : TROUBLE_WRITING;

	if (code == STORAGE_DAMAGED)
		side = TROUBLE_DAMAGE;
	if (code == STORAGE_UNFORESEEN || code == STORAGE_DAMAGED)
		trouble_met(trouble, side, intentions[intention].name,
		            err == NULL ? &silent : err);
	else if (code >= 0)
		trouble_over(trouble, intentions[intention].name);
}

int storage_leave(void *self, enum intention intention, int64_t since, int code,
                  struct rent_error *err)
{
	const struct storage_instance *instance = self;
	const struct rent_host *host = instance->host;
	const char *labels[] = { instance->database, intentions[intention].name };

	host->metric_observe(instance->duration, host->mono_us(host) - since, labels);
	if (instance->trouble != NULL)
		note_outcome(instance->trouble, intention, code, err);
	/* Nothing was changed: the caller may try again, whoever repairs it. */
	return storage_plain(code == STORAGE_DAMAGED ? STORAGE_UNFORESEEN : code, err);
}

void storage_show_connections(struct storage_instance *instance, int64_t open)
{
	const char *labels[] = { instance->database };

	instance->host->metric_set(instance->connections, open, labels);
}
