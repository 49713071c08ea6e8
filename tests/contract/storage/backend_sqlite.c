/* SPDX-License-Identifier: MIT
 *
 * backend_sqlite.c - the suite's view of storage_sqlite: a temporary folder, an operator's
 * own connection to the file, the fake host's clock.
 */
#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_place(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(f->place, sizeof(f->place), "%s/storage-XXXXXX",
	               tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(f->place));
}

static void file_of(const struct fixture *f, const char *suffix, char out[300])
{
	(void)snprintf(out, 300, "%.250s/deep/rental.db%s", f->place, suffix);
}

static void open_sqlite(struct fixture *f, const char *place)
{
	char file[300];
	struct fake_option options[] = { { "path", file },
		                         { "durability",
		                           getenv("STORAGE_DURABILITY") == NULL
		                                   ? "full"
		                                   : getenv("STORAGE_DURABILITY") },
		                         { NULL, NULL } };

	if (place == NULL)
		make_place(f);
	else
		(void)rent_copy(f->place, sizeof(f->place), place);
	file_of(f, "", file);
	f->plugin = fake_host_load(RENT_TEST_PLUGINS "/storage_sqlite.so");
	f->fake = fake_host_new(f->plugin, options);
	if (!f->real_clock)
		fake_host_set_wall(f->fake, TEST_NOW);
	assert_int_equal(f->plugin->create(fake_host_table(f->fake), &f->self, &f->err),
	                 0);
	if (f->plugin->migrate(f->self, false, NULL, &f->err) != 0 ||
	    f->plugin->start(f->self, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

static void close_sqlite(struct fixture *f, bool remove)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[300];

	f->plugin->stop(f->self);
	f->plugin->destroy(f->self);
	fake_host_free(f->fake);
	if (!remove)
		return;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		file_of(f, suffixes[i], name);
		(void)unlink(name);
	}
	(void)snprintf(name, sizeof(name), "%.250s/deep", f->place);
	(void)rmdir(name);
	assert_int_equal(rmdir(f->place), 0);
}

static sqlite3 *connect_operator(struct fixture *f)
{
	char file[300];
	sqlite3 *db;

	file_of(f, "", file);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	return db;
}

static void sql(struct fixture *f, const char *text)
{
	sqlite3 *db = connect_operator(f);

	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

static int64_t sql_int(struct fixture *f, const char *text)
{
	sqlite3 *db = connect_operator(f);
	sqlite3_stmt *stmt;
	int64_t ret = -1;

	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return ret;
}

static void advance(struct fixture *f, int64_t us)
{
	fake_host_advance(f->fake, us);
}

const struct backend backend_sqlite = {
	.name = "sqlite",
	.open = open_sqlite,
	.close = close_sqlite,
	.sql = sql,
	.sql_int = sql_int,
	.advance = advance,
};
