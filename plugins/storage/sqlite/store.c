/* SPDX-License-Identifier: MIT
 *
 * store.c - an instance: its options, life cycle, health and metrics.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "migrate.h"

#define DATABASE_LABEL "sqlite"
#define PATH_SIZE      4096

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

int store_create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct store *store = calloc(1, sizeof(*store));

	/* Counting memory costs a global lock on every allocation of every connection.
	 * Refused, without harm, when the library is in use already. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (store == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	store->host = host;
	store->options = (struct writer_options){
		.db = { .host = host,
		        .path = host->opt_str(host, "path"),
		        .durable = host->opt_enum(host, "durability") == 0,
		        .busy_us = host->opt_int(host, "busy_timeout"),
		        .cache_bytes = host->opt_int(host, "cache_size") },
		.queue_max = host->opt_int(host, "queue_max"),
		.batch_max = host->opt_int(host, "batch_max"),
	};
	store->read_connections = host->opt_int(host, "read_connections");
	store->connections = host->metric(host, &connections_def);
	store->duration = host->metric(host, &duration_def);
	*ret_self = store;
	return 0;
}

/* The writer's connection is one more. */
static void show_connections(void *arg, int64_t open)
{
	const struct store *store = arg;
	const char *labels[] = { DATABASE_LABEL };

	store->host->metric_set(store->connections, open + 1, labels);
}

static int check_schema(struct store *store, struct rent_error *err)
{
	struct db db;
	int code = db_open(&db, &store->options.db, true, err);

	if (code != 0)
		return code;
	code = migrate_check(&db, err);
	db_close(&db);
	return code;
}

int store_start(void *self, struct rent_error *err)
{
	struct store *store = self;
	struct readers_options readers = { .db = store->options.db,
		                           .max = store->read_connections,
		                           .on_count = show_connections,
		                           .arg = store };
	int code = check_schema(store, err);

	if (code == 0)
		code = writer_new(&store->options, &store->writer, err);
	if (code == 0)
		code = readers_new(&readers, &store->readers, err);
	if (code == 0)
		show_connections(store, 0);
	else
		store_stop(store);
	return code;
}

void store_stop(void *self)
{
	struct store *store = self;

	writer_free(store->writer);
	readers_free(store->readers);
	store->writer = NULL;
	store->readers = NULL;
}

void store_destroy(void *self)
{
	if (self != NULL)
		store_stop(self);
	free(self);
}

void store_health(void *self, struct rent_health *ret)
{
	struct store *store = self;
	char error[RENT_NOTE_SIZE];
	int64_t queued;

	if (store->writer == NULL) {
		ret->state = RENT_UNHEALTHY;
		(void)rent_copy(ret->why, sizeof(ret->why), "not started");
		return;
	}
	queued = writer_state(store->writer, error);
	ret->state = error[0] == '\0' ? RENT_HEALTHY : RENT_UNHEALTHY;
	if (error[0] != '\0')
		(void)snprintf(ret->why, sizeof(ret->why), "last write failed: %.120s",
		               error);
	else
		(void)snprintf(ret->why, sizeof(ret->why), "%" PRId64 " writes waiting",
		               queued);
}

static int run_nothing(struct db *db, struct job *job, bool careful,
                       struct rent_error *err)
{
	(void)db;
	(void)job;
	(void)careful;
	(void)err;
	return 0;
}

/* That the lock of the file can be had and a commit made, and that it can be read. */
int store_check(void *self, struct rent_error *err)
{
	struct store *store = self;
	struct job job = { .run = run_nothing, .weight = 1 };
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code = writer_do(store->writer, &job, err);

	return code == 0 ? store_totals(store, &totals, err) : code;
}

static int make_folder(const char *path, struct rent_error *err)
{
	char part[PATH_SIZE] = "";

	if (!rent_copy(part, sizeof(part), path))
		return rent_fail(err, RENT_EINVAL,
		                 "path \"%.80s…\": longer than %d bytes", path,
		                 PATH_SIZE - 1);
	for (char *slash = strchr(part + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0750) != 0 && errno != EEXIST)
			return rent_fail(err, RENT_EUNAVAIL,
			                 "path \"%s\": folder \"%s\" cannot be made: %s",
			                 path, part, strerror(errno));
		*slash = '/';
	}
	return 0;
}

/* The library would make it readable for everybody. */
static int make_file(const char *path, struct rent_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return rent_fail(err, RENT_EUNAVAIL, "path \"%s\": cannot be opened: %s",
		                 path, strerror(errno));
	(void)close(fd);
	return 0;
}

/* Nothing is made in a dry run. */
static int dry_run_without_file(const struct rent_report *report)
{
	for (const struct migration *m = migrations; m->name != NULL; m++) {
		if (report != NULL && report->line != NULL)
			report->line(report->arg, false, m->name, "would be applied");
	}
	return 0;
}

int store_migrate(void *self, bool dry_run, const struct rent_report *report,
                  struct rent_error *err)
{
	struct store *store = self;
	const char *path = store->options.db.path;
	struct db db;
	int code = 0;

	if (dry_run && access(path, F_OK) != 0)
		return dry_run_without_file(report);
	if (!dry_run)
		code = make_folder(path, err);
	if (code == 0 && !dry_run)
		code = make_file(path, err);
	if (code == 0)
		code = db_open(&db, &store->options.db, dry_run, err);
	if (code != 0)
		return code;
	code = migrate_run(&db, dry_run, report, err);
	db_close(&db);
	return code;
}
