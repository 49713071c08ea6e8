/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_postgres: the descriptor, the options, and the life of an instance.
 */
#include "postgres.h"

#include <stdlib.h>

#include "core/slots.h"
#include "probe.h"
#include "schema.h"

/* A full batch, or a caller that has waited this long, brings in another writer. A disk that syncs
 * in less than a millisecond never lets one wait so long; with a slower one two commits overlap. */
#define PATIENCE (2 * RENT_SECOND / 1000)
/* A batch waits this long for calls at most: less than it costs to commit once more. */
#define GATHER (3 * RENT_SECOND / 10000)

static const struct rent_option options[] = {
	RENT_STRING_OPTION(
		"dsn", NULL,
		.flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET | RENT_OPT_RELOADABLE,
		.min = "1",
		.help = "libpq connection string or URI; several hosts are tried in "
			"turn until one takes writes"),
	RENT_STRING_OPTION(
		"schema", "", .max = "63",
		.help = "where the tables are; when empty they are looked for, and "
			"made in the current schema if there are none"),
	RENT_STRING_OPTION(
		"application_name", "", .max = "63",
		.help = "how the server lists these sessions; the service's name "
			"when empty"),
	RENT_INT_OPTION(
		"writers", "2", .min = "1", .max = "16", .unit = "connections",
		.help = "connections that write; more than two are rarely faster"),
	RENT_INT_OPTION(
		"list_connections", "1", .min = "1", .max = "64",
		.help = "lists of everybody's rentals that run at once, beside the other reads; further ones "
			"wait for 1 s"),
	RENT_INT_OPTION("read_connections", "4", .min = "1", .max = "64",
	                .unit = "connections",
	                .help = "reads that run at once; further ones wait"),
	RENT_INT_OPTION("batch_max", "64", .min = "1", .max = "1000", .unit = "calls",
	                .help = "writes that share one commit at most"),
	STORAGE_QUEUE_MAX_OPTION,
	RENT_DURATION_OPTION("connect_timeout", "5s", .min = "2s", .max = "5m",
	                     .help = "for each host of the dsn, in whole seconds"),
	RENT_DURATION_OPTION(
		"statement_timeout", "10s", .min = "100ms", .max = "10m",
		.help = "after which the server gives up a statement; the time that "
			"a commit waits for a synchronous standby counts"),
	RENT_ENUM_OPTION(
		"prepared", "auto", .choices = "auto|on|off",
		.help = "keep statements prepared; auto: unless a pooler is in between"),
	RENT_BOOL_OPTION(
		"quotes_durable", "true",
		.help = "false: a crash of the server may lose the quotes of its last "
			"moments, never money; they have a connection of their own and "
			"wait for no disk"),
	RENT_OPTIONS_END,
};

static void show_connections(struct postgres *self)
{
	storage_show_connections(&self->instance,
	                         self->writers_open + self->quoting_open +
	                                 self->readers_open + self->lists_open);
}

static void on_writers(void *arg, int64_t open)
{
	struct postgres *self = arg;

	self->writers_open = open;
	show_connections(self);
}

static void on_quoting(void *arg, int64_t open)
{
	struct postgres *self = arg;

	self->quoting_open = open;
	show_connections(self);
}

static void on_readers(void *arg, int64_t open)
{
	struct postgres *self = arg;

	self->readers_open = open;
	show_connections(self);
}

static void on_lists(void *arg, int64_t open)
{
	struct postgres *self = arg;

	self->lists_open = open;
	show_connections(self);
}

static void on_second(void *arg)
{
	struct postgres *self = arg;

	probe_trouble(&self->conn, ++self->seconds % TROUBLE_DAMAGE_EVERY == 0);
}

static bool is_up(void *arg)
{
	const struct postgres *self = arg;

	return writers_up(self->writers);
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

static void plugin_destroy(void *arg);

static int plugin_create(const struct rent_host *host, void **ret_self,
                         struct rent_error *err)
{
	struct postgres *self = calloc(1, sizeof(*self));
	const char *name = host->opt_str(host, "application_name");
	int code;

	if (self == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	(void)pthread_mutex_init(&self->ends_lock, NULL);
	storage_instance_init(&self->instance, host, "postgres");
	trouble_init(&self->trouble, host, "postgres");
	self->schema = host->opt_str(host, "schema");
	self->conn = (struct conn_options){
		.host = host,
		.dsn = host->opt_str(host, "dsn"),
		.application_name =
			name == NULL || name[0] == '\0' ? host->service : name,
		.connect_us = host->opt_int(host, "connect_timeout"),
		.statement_us = host->opt_int(host, "statement_timeout"),
		.prepared = (enum conn_prepared)host->opt_enum(host, "prepared"),
		.trouble = &self->trouble,
	};
	self->writing = (struct writers_options){
		.conn = &self->conn,
		.count = host->opt_int(host, "writers"),
		.queue = { .queue_max = host->opt_int(host, "queue_max"),
		           .batch_max = host->opt_int(host, "batch_max"),
		           .patience_us = PATIENCE,
		           .gather_us = GATHER },
		.quotes_durable = host->opt_bool(host, "quotes_durable"),
		.on_count = on_writers,
		.on_second = on_second,
		.arg = self,
	};
	self->read_connections = host->opt_int(host, "read_connections");
	self->list_connections = host->opt_int(host, "list_connections");
	code = check_dsn(self->conn.dsn, err);
	if (code == 0)
		*ret_self = self;
	else
		plugin_destroy(self);
	return code;
}

/* ---- the schema, at a start */

/* The first connection: on failure, the message of libpq and the address that was
 * configured. */
static int first_connection(struct postgres *self, struct conn *conn,
                            struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	int code = conn_open_plain(conn, &self->conn, &why);

	if (code == RENT_EUNAVAIL)
		return rent_fail(err, code,
		                 "%.400s; set the option 'dsn' (DATABASE_URL in the "
		                 "shipped configurations) to the PostgreSQL to use, like "
		                 "postgresql://USER:PASSWORD@HOST:5432/DATABASE",
		                 why.text);
	if (code != 0 && err != NULL)
		*err = why;
	return code == 0 ? schema_find(conn, &self->conn,
	                               self->schema == NULL ? "" : self->schema, err)
	                 : code;
}

static int check_schema(struct postgres *self, struct rent_error *err)
{
	const struct rent_host *host = self->instance.host;
	struct conn conn = { .pg = NULL };
	int code = first_connection(self, &conn, err);

	if (code == 0)
		code = schema_check(&conn, err);
	if (code == 0)
		(void)schema_check_sequences(&conn, NULL);
	if (code == 0 && conn.pooled)
		host->log(host, RENT_LOG_INFO, NULL,
		          "a pooler is in between: statements are %s, settings are "
		          "made in each transaction",
		          conn.named ? "prepared (prepared = \"on\")" : "not prepared");
	conn_close(&conn);
	return code;
}

static int plugin_migrate(void *arg, bool dry_run, const struct rent_report *report,
                          struct rent_error *err)
{
	struct postgres *self = arg;
	struct conn conn = { .pg = NULL };
	int code = first_connection(self, &conn, err);

	conn.patient = true;
	if (code == 0)
		code = schema_migrate(&conn, dry_run, report, err);
	conn_close(&conn);
	return code;
}

/* ---- life */

static void plugin_stop(void *arg)
{
	struct postgres *self = arg;

	writers_free(self->quoting);
	writers_free(self->writers);
	rental_reads_free(self->reads);
	reading_end(&self->reading);
	reading_end(&self->lists);
	self->reads = NULL;
	self->writers = self->quoting = NULL;
}

/* One connection is enough: it waits for no disk. */
static int begin_quoting(struct postgres *self, struct rent_error *err)
{
	struct writers_options o = self->writing;

	if (o.quotes_durable)
		return 0;
	o.count = 1;
	o.spare = true;
	o.on_count = on_quoting;
	o.on_second = NULL;
	return writers_new(&o, &self->quoting, err);
}

/* Whoever reads one rental does not wait for those who leaf through all. */
static int begin_reading(struct postgres *self, struct rent_error *err)
{
	struct reading_options o = { .conn = &self->conn,
		                     .max = self->read_connections,
		                     .option = "read_connections",
		                     .patience_us = conn_patience(&self->conn),
		                     .up = is_up,
		                     .on_count = on_readers,
		                     .arg = self };
	int code = reading_begin(&self->reading, &o, err);

	o.max = self->list_connections;
	o.option = "list_connections";
	o.patience_us = STORAGE_LIST_PATIENCE;
	o.on_count = on_lists;
	return code == 0 ? reading_begin(&self->lists, &o, err) : code;
}

static int plugin_start(void *arg, struct rent_error *err)
{
	struct postgres *self = arg;
	int code = check_schema(self, err);

	if (code == 0)
		code = writers_new(&self->writing, &self->writers, err);
	if (code == 0)
		code = begin_quoting(self, err);
	if (code == 0)
		code = begin_reading(self, err);
	if (code == 0)
		code = rental_reads_new(&self->reading, &self->reads, err);
	if (code != 0)
		plugin_stop(self);
	return code;
}

static void plugin_destroy(void *arg)
{
	struct postgres *self = arg;

	if (self == NULL)
		return;
	plugin_stop(self);
	trouble_done(&self->trouble);
	(void)pthread_mutex_destroy(&self->ends_lock);
	free(self);
}

/* Connections that are made from now on use it: a password that was changed, another server. */
static void plugin_reload(void *arg)
{
	struct postgres *self = arg;
	const struct rent_host *host = self->instance.host;
	const char *dsn = host->opt_str(host, "dsn");
	struct rent_error err;

	if (check_dsn(dsn, &err) == 0)
		self->conn.dsn = dsn;
	else
		host->log(host, RENT_LOG_ERROR, NULL, "%s; the old one stays", err.text);
}

/* Quotes that fail are no reason to be unhealthy: while their connection is down, they go with the others. */
static void add_quotes(struct writers *quoting, int64_t *queued,
                       char error[RENT_NOTE_SIZE])
{
	char why[RENT_NOTE_SIZE];
	int64_t up, waiting;

	writers_state(quoting, &up, &waiting, why);
	*queued += waiting;
	if (error[0] == '\0' && why[0] != '\0')
		(void)snprintf(error, RENT_NOTE_SIZE, "quotes: %.150s", why);
}

/* One lost connection of several is not the end; none is, and so is what nobody foresaw. */
static void plugin_health(void *arg, struct rent_health *ret)
{
	struct postgres *self = arg;
	char error[RENT_NOTE_SIZE];
	int64_t up, queued;

	ret->state = RENT_UNHEALTHY;
	if (self->writers == NULL) {
		(void)rent_copy(ret->why, sizeof(ret->why), "not started");
		return;
	}
	if (trouble_first(&self->trouble, ret->why))
		return;
	writers_state(self->writers, &up, &queued, error);
	if (self->quoting != NULL)
		add_quotes(self->quoting, &queued, error);
	if (up > 0)
		ret->state = error[0] != '\0' ? RENT_DEGRADED : RENT_HEALTHY;
	if (error[0] != '\0')
		(void)snprintf(ret->why, sizeof(ret->why),
		               "last failure: %.120s; %" PRId64 " writes waiting", error,
		               queued);
	else
		(void)snprintf(ret->why, sizeof(ret->why),
		               "connected, %" PRId64 " writes waiting", queued);
}

/* Checks that a commit can be made and that reading works: a claim of no rental does both. */
static int show_nothing(void *arg, const struct rent_rental *rental,
                        const struct rent_op *const *ops, size_t n)
{
	(void)arg;
	(void)rental;
	(void)ops;
	(void)n;
	return 0;
}

static int plugin_check(void *arg, struct rent_error *err)
{
	struct postgres *self = arg;
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code = postgres_claim(self, "check", RENT_SECOND, 0, show_nothing, NULL, err);

	return code == 0 ? postgres_totals(self, &totals, err) : code;
}

RENT_PLUGIN(storage_postgres) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_postgres",
	.version = RENT_VERSION,
	.summary = "the durable truth in PostgreSQL, with group commit",
	.options = options,
	.api = &storage_slots,
	.create = plugin_create,
	.start = plugin_start,
	.stop = plugin_stop,
	.destroy = plugin_destroy,
	.reload = plugin_reload,
	.health = plugin_health,
	.check = plugin_check,
	.migrate = plugin_migrate,
};
