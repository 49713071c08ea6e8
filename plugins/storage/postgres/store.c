/* SPDX-License-Identifier: MIT
 *
 * store.c - an instance: its options, life cycle, health and metrics.
 */
#include "store.h"

#include <stdlib.h>

#include "migrate.h"

#define DATABASE_LABEL "postgres"

static const char *const call_names[] = {
	[CALL_QUOTE_PUT] = "quote_put",
	[CALL_START_BEGIN] = "start_begin",
	[CALL_ADVANCE] = "advance",
	[CALL_RENTAL_GET] = "rental_get",
	[CALL_RENTAL_LIST] = "rental_list",
	[CALL_RENTAL_TRAIL] = "rental_trail",
	[CALL_SCAN] = "scan",
	[CALL_CLAIM] = "claim",
	[CALL_PURGE] = "purge",
	[CALL_TOTALS] = "totals",
	[CALL_AUDIT_SCAN] = "audit_scan",
	[CALL_OP_GET] = "op_get",
	[CALL_OP_SCAN] = "op_scan",
	[CALL_RESOLUTIONS] = "resolutions",
};

static const int64_t duration_buckets[] = { 100,    250,    500,     1000,    2500,
	                                    5000,   10000,  25000,   50000,   100000,
	                                    250000, 500000, 1000000, 2500000, 5000000 };

static const struct rent_metric_def connections_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_GAUGE,
	.name = "rental_system_database_connections_active",
	.flags = RENT_METRIC_SERVICE,
	.help = "connections to the database that are open",
	.labels = { "database" },
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

int64_t store_enter(struct store *store)
{
	return store->host->mono_us(store->host);
}

int store_leave(struct store *store, enum store_call call, int64_t since, int code)
{
	const char *labels[] = { DATABASE_LABEL, call_names[call] };

	store->host->metric_observe(store->duration,
	                            store->host->mono_us(store->host) - since, labels);
	return code;
}

static void show_connections(struct store *store)
{
	const char *labels[] = { DATABASE_LABEL };

	store->host->metric_set(store->connections,
	                        store->writers_open + store->readers_open, labels);
}

static void on_writers(void *arg, int64_t open)
{
	struct store *store = arg;

	store->writers_open = open;
	show_connections(store);
}

static void on_readers(void *arg, int64_t open)
{
	struct store *store = arg;

	store->readers_open = open;
	show_connections(store);
}

static bool is_up(void *arg)
{
	struct store *store = arg;

	return writers_up(store->writers);
}

static int check_dsn(const char *dsn, struct rent_error *err)
{
	char *why = NULL;
	PQconninfoOption *parsed = PQconninfoParse(dsn, &why);
	int code = 0;

	if (parsed == NULL)
		code = rent_fail(err, RENT_EINVAL, "dsn: cannot be read");
	PQconninfoFree(parsed);
	PQfreemem(why);
	return code;
}

int store_create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct store *store = calloc(1, sizeof(*store));
	const char *name = host->opt_str(host, "application_name");
	int code;

	if (store == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	store->host = host;
	store->conn = (struct conn_options){
		.host = host,
		.dsn = host->opt_str(host, "dsn"),
		.application_name =
			name == NULL || name[0] == '\0' ? host->service : name,
		.connect_us = host->opt_int(host, "connect_timeout"),
		.statement_us = host->opt_int(host, "statement_timeout"),
		.prepared = (enum conn_prepared)host->opt_enum(host, "prepared"),
	};
	store->writing = (struct writers_options){
		.conn = &store->conn,
		.count = host->opt_int(host, "writers"),
		.queue_max = host->opt_int(host, "queue_max"),
		.batch_max = host->opt_int(host, "batch_max"),
		.quotes_durable = host->opt_bool(host, "quotes_durable"),
		.on_count = on_writers,
		.arg = store,
	};
	store->read_connections = host->opt_int(host, "read_connections");
	code = check_dsn(store->conn.dsn, err);
	if (code != 0) {
		free(store);
		return code;
	}
	store->connections = host->metric(host, &connections_def);
	store->duration = host->metric(host, &duration_def);
	*ret_self = store;
	return 0;
}

/* The first connection, at a start: what libpq says, and where it was told to go. */
static int first_connection(struct store *store, struct conn *conn,
                            struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	int code = conn_open_plain(conn, &store->conn, &why);

	if (code == RENT_EUNAVAIL)
		return rent_fail(err, code,
		                 "%.400s; set the option 'dsn' (DATABASE_URL in the "
		                 "shipped configurations) to the PostgreSQL to use, like "
		                 "postgresql://USER:PASSWORD@HOST:5432/DATABASE",
		                 why.text);
	if (code != 0 && err != NULL)
		*err = why;
	return code;
}

static int check_schema(struct store *store, struct rent_error *err)
{
	struct conn conn = { .pg = NULL };
	int code = first_connection(store, &conn, err);

	if (code != 0)
		return code;
	code = migrate_check(&conn, err);
	if (code == 0 && conn.pooled)
		store->host->log(
			store->host, RENT_LOG_INFO, NULL,
			"a pooler is in between: statements are %s, settings are "
			"made in each transaction",
			conn.named ? "prepared (prepared = \"on\")" : "not prepared");
	conn_close(&conn);
	return code;
}

int store_start(void *self, struct rent_error *err)
{
	struct store *store = self;
	struct readers_options readers = { .conn = &store->conn,
		                           .max = store->read_connections,
		                           .up = is_up,
		                           .on_count = on_readers,
		                           .arg = store };
	int code = check_schema(store, err);

	if (code == 0)
		code = writers_new(&store->writing, &store->writers, err);
	if (code == 0)
		code = readers_new(&readers, &store->readers, err);
	if (code == 0)
		code = views_new(store->readers, &store->views, err);
	if (code != 0)
		store_stop(store);
	return code;
}

void store_stop(void *self)
{
	struct store *store = self;

	writers_free(store->writers);
	views_free(store->views);
	readers_free(store->readers);
	store->views = NULL;
	store->writers = NULL;
	store->readers = NULL;
}

void store_destroy(void *self)
{
	if (self != NULL)
		store_stop(self);
	free(self);
}

/* One lost connection of several is not the end; none is. */
void store_health(void *self, struct rent_health *ret)
{
	struct store *store = self;
	char error[RENT_NOTE_SIZE];
	int64_t up, queued;

	if (store->writers == NULL) {
		ret->state = RENT_UNHEALTHY;
		(void)rent_copy(ret->why, sizeof(ret->why), "not started");
		return;
	}
	writers_state(store->writers, &up, &queued, error);
	ret->state = up == 0            ? RENT_UNHEALTHY
	             : error[0] != '\0' ? RENT_DEGRADED
	                                : RENT_HEALTHY;
	if (error[0] != '\0')
		(void)snprintf(ret->why, sizeof(ret->why), "last failure: %.140s", error);
	else
		(void)snprintf(ret->why, sizeof(ret->why),
		               "connected, %" PRId64 " writes waiting", queued);
}

/* That a commit can be made and something be read: a claim of nothing is both. */
static int show_nothing(void *arg, const struct rent_rental *rental,
                        const struct rent_op *const *ops, size_t n)
{
	(void)arg;
	(void)rental;
	(void)ops;
	(void)n;
	return 0;
}

int store_check(void *self, struct rent_error *err)
{
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code = store_claim(self, "check", RENT_SECOND, 0, show_nothing, NULL, err);

	return code == 0 ? store_totals(self, &totals, err) : code;
}

int store_migrate(void *self, bool dry_run, const struct rent_report *report,
                  struct rent_error *err)
{
	struct store *store = self;
	struct conn conn = { .pg = NULL };
	int code = first_connection(store, &conn, err);

	if (code != 0)
		return code;
	conn.patient = true;
	code = migrate_run(&conn, dry_run, report, err);
	conn_close(&conn);
	return code;
}
