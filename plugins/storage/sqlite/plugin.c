/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_sqlite: the descriptor, the options, and the life of an instance.
 */
#include "sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/wait.h"
#include "core/slots.h"

static const struct rent_option options[] = {
	RENT_PATH_OPTION(
		"path", NULL, .flags = RENT_OPT_REQUIRED,
		.help = "the database file; its folder is made if it is missing"),
	RENT_ENUM_OPTION(
		"durability", "full", .choices = "full|normal",
		.help = "full: a call that returned survives a power failure; normal: only a "
			"crash of the process"),
	STORAGE_QUEUE_MAX_OPTION,
	STORAGE_BATCH_MAX_OPTION("128"),
	RENT_INT_OPTION(
		"list_connections", "1", .min = "1", .max = "64",
		.help = "lists of everybody's rentals that run at once, beside the other reads; further ones "
			"wait for 1 s"),
	RENT_INT_OPTION("read_connections", "4", .min = "1", .max = "64",
	                .unit = "connections",
	                .help = "reads that run at once; further ones wait"),
	RENT_DURATION_OPTION("busy_timeout", "5s", .min = "0s", .max = "5m",
	                     .help = "how long to wait for a lock that another process "
	                             "holds"),
	RENT_SIZE_OPTION("cache_size", "16MiB", .min = "64KiB", .max = "64GiB",
	                 .help = "page cache of each connection; grows as it is used"),
	RENT_OPTIONS_END,
};

static int plugin_create(const struct rent_host *host, void **ret_self,
                         struct rent_error *err)
{
	struct sqlite *self = calloc(1, sizeof(*self));

	/* Counting memory costs a global lock on every allocation of every connection.
	 * Refused, without harm, when the library is in use already. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (self == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	storage_instance_init(&self->instance, host, "sqlite");
	trouble_init(&self->trouble, host, "sqlite");
	self->instance.trouble = &self->trouble;
	self->db =
		(struct db_options){ .host = host,
		                     .path = host->opt_str(host, "path"),
		                     .durable = host->opt_enum(host, "durability") == 0,
		                     .busy_us = host->opt_int(host, "busy_timeout"),
		                     .cache_bytes = host->opt_int(host, "cache_size"),
		                     .trouble = &self->trouble };
	self->queue =
		(struct queue_options){ .queue_max = host->opt_int(host, "queue_max"),
		                        .batch_max = host->opt_int(host, "batch_max") };
	self->read_connections = host->opt_int(host, "read_connections");
	self->list_connections = host->opt_int(host, "list_connections");
	*ret_self = self;
	return 0;
}

/* ---- readers */

/* Often enough for reads: the writer looks with every batch, before and after. */
static int look_after_file(struct sqlite *self, struct rent_error *err)
{
	int64_t now = wait_now_us();
	int code;

	if (now - atomic_load_explicit(&self->looked_at, memory_order_relaxed) <
	    RENT_SECOND)
		return 0;
	code = file_check(&self->file, err);
	atomic_store_explicit(&self->looked_at, code == 0 ? now : 0,
	                      memory_order_relaxed);
	return code;
}

static int reader_prepare(void *arg, struct reader *reader, struct rent_error *err)
{
	struct sqlite *self = arg;
	struct db *db = &((struct sqlite_reader *)reader)->db;
	int code = look_after_file(self, err);

	if (code == 0 && db->handle == NULL)
		code = db_open(db, &self->db, DB_READS, err);
	if (code == 0)
		code = db_do(db, SQL_BEGIN_READ, err);
	if (code == 0)
		db_set_now(db);
	else
		atomic_store_explicit(&self->looked_at, 0, memory_order_relaxed);
	return code <= 0 ? code : RENT_EFAIL;
}

static void reader_finish(void *arg, struct reader *reader)
{
	struct sqlite *self = arg;
	struct db *db = &((struct sqlite_reader *)reader)->db;

	if (db_do(db, SQL_COMMIT, NULL) != 0)
		db_roll_back(db);
	if (db->failed)
		atomic_store_explicit(&self->looked_at, 0, memory_order_relaxed);
	db->failed = false;
	reader->lost = db->lost;
}

static void reader_close(struct reader *reader)
{
	db_close(&((struct sqlite_reader *)reader)->db);
}

/* The writer's connection is one more. */
static void show_connections(struct sqlite *self)
{
	storage_show_connections(&self->instance, self->open[0] + self->open[1] + 1);
}

static void on_readers(void *arg, int64_t open)
{
	struct sqlite *self = arg;

	self->open[0] = open;
	show_connections(self);
}

static void on_lists(void *arg, int64_t open)
{
	struct sqlite *self = arg;

	self->open[1] = open;
	show_connections(self);
}

static void plugin_stop(void *arg)
{
	struct sqlite *self = arg;

	writer_free(self->writer);
	readers_free(self->readers);
	readers_free(self->lists);
	self->writer = NULL;
	self->readers = self->lists = NULL;
}

/* Whoever reads one rental does not wait for those who leaf through all. */
static int open_readers(struct sqlite *self, struct rent_error *err)
{
	struct readers_options o = { .reader_size = sizeof(struct sqlite_reader),
		                     .max = self->read_connections,
		                     .option = "read_connections",
		                     .task = self->instance.host->task,
		                     .nests = true,
		                     .prepare = reader_prepare,
		                     .finish = reader_finish,
		                     .close = reader_close,
		                     .on_count = on_readers,
		                     .arg = self };
	int code = readers_new(&o, &self->readers, err);

	o.max = self->list_connections;
	o.option = "list_connections";
	o.patience_us = STORAGE_LIST_PATIENCE;
	o.on_count = on_lists;
	return code == 0 ? readers_new(&o, &self->lists, err) : code;
}

static int plugin_start(void *arg, struct rent_error *err)
{
	struct sqlite *self = arg;
	int code = sqlite_check_schema(self, DB_READS, err);

	if (code == 0)
		code = writer_new(&self->db, &self->file, &self->queue, &self->writer,
		                  err);
	if (code == 0)
		code = open_readers(self, err);
	if (code == 0)
		show_connections(self);
	else
		plugin_stop(self);
	return storage_plain(code, err);
}

static void plugin_destroy(void *self)
{
	struct sqlite *s = self;

	if (s == NULL)
		return;
	plugin_stop(s);
	trouble_done(&s->trouble);
	free(s);
}

static void plugin_health(void *arg, struct rent_health *ret)
{
	struct sqlite *self = arg;
	struct rent_error err = { 0 };
	char error[RENT_NOTE_SIZE];
	int64_t queued;

	if (self->writer == NULL) {
		ret->state = RENT_UNHEALTHY;
		(void)rent_copy(ret->why, sizeof(ret->why), "not started");
		return;
	}
	ret->state = RENT_UNHEALTHY;
	if (trouble_first(&self->trouble, ret->why))
		return;
	queued = writer_state(self->writer, error);
	if (file_check(&self->file, &err) != 0)
		(void)rent_copy(error, sizeof(error), err.text);
	ret->state = error[0] == '\0' ? RENT_HEALTHY : RENT_UNHEALTHY;
	if (error[0] != '\0')
		(void)snprintf(ret->why, sizeof(ret->why), "%s%.140s",
		               strncmp(error, "database \"", 10) == 0
		                       ? ""
		                       : "last write failed: ",
		               error);
	else
		(void)snprintf(ret->why, sizeof(ret->why), "%" PRId64 " writes waiting",
		               queued);
}

static int nothing(struct db *db, struct writer_job *job, bool careful,
                   struct rent_error *err)
{
	(void)db;
	(void)job;
	(void)careful;
	(void)err;
	return 0;
}

/* Beside whoever runs: its schema can be read, and the file may be written to. */
static int look_at_database(struct sqlite *self, struct rent_error *err)
{
	int code = sqlite_check_schema(self, DB_LOOKS, err);

	if (code == 0 && access(self->db.path, W_OK) != 0)
		code = rent_fail(err, RENT_EPERM,
		                 "database \"%s\": may not be written to: %s",
		                 self->db.path, strerror(errno));
	return code;
}

/* Checks that the file can be locked, that a commit can be made, and that reading works. */
static int plugin_check(void *arg, struct rent_error *err)
{
	struct sqlite *self = arg;
	struct writer_job job = { .apply = nothing };
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code;

	if (self->writer == NULL)
		return look_at_database(self, err);
	code = writer_do(self->writer, &job, 1, err);
	if (code == 0)
		code = sqlite_totals(self, &totals, err);
	return storage_plain(code, err);
}

RENT_PLUGIN(storage_sqlite) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL | RENT_CHECK_UNSTARTED,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_sqlite",
	.version = RENT_VERSION,
	.summary = "the durable truth in one SQLite file, with group commit",
	.options = options,
	.api = &storage_slots,
	.create = plugin_create,
	.start = plugin_start,
	.stop = plugin_stop,
	.destroy = plugin_destroy,
	.health = plugin_health,
	.check = plugin_check,
	.migrate = sqlite_migrate,
};
