/* SPDX-License-Identifier: MIT
 *
 * db.c - one connection to the database file; see db.h. The only file that opens one.
 */
#include "db.h"

#include "core/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

/* Between two looks at a lock that another process holds. Its transactions take about a
 * millisecond, so that the library's own handler, which soon sleeps 100 ms, would let a busy
 * neighbour starve us. */
#define BUSY_PAUSE_US 500

#define PATH_SIZE     4096

/* The library says so, too, when the disk cannot be read. */
#define DAMAGED \
	"; if the kernel's log does not say that the disk fails, restore it from a backup"

/* The library's errors: their meaning and the remedy. An error that is not in the table was not
 * foreseen: the connection is given up, and since the transaction is rolled back with it,
 * the call may be made again. */
static const struct meaning {
	int library, code;
	bool lost;
	const char *cure;
} meanings[] = {
	{ SQLITE_FULL, RENT_EFULL, false, "; free some space on its disk" },
	{ SQLITE_BUSY, RENT_EUNAVAIL, false, "" },
	{ SQLITE_LOCKED, RENT_EUNAVAIL, false, "" },
	{ SQLITE_NOMEM, RENT_ENOMEM, false, "" },
	{ SQLITE_READONLY, RENT_EUNAVAIL, true,
	  "; make the file and its file system writable: after an error of the disk the kernel "
	  "mounts it read-only" },
	{ SQLITE_IOERR, RENT_EUNAVAIL, true,
	  "; the kernel's log says more about the disk" },
	{ SQLITE_CANTOPEN, RENT_EUNAVAIL, true,
	  "; look at the file, its folder and the limit of open files" },
	{ SQLITE_CORRUPT, STORAGE_DAMAGED, true, DAMAGED },
	{ SQLITE_NOTADB, STORAGE_DAMAGED, true, DAMAGED },
};

static const struct meaning *meaning_of(struct db *db)
{
	static const struct meaning unforeseen = { 0, STORAGE_UNFORESEEN, true,
		                                   "; was the schema changed by hand?" };
	int library = sqlite3_errcode(db->handle) & 0xff;

	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (meanings[i].library == library)
			return &meanings[i];
	}
	return &unforeseen;
}

/* The writer finds out on its own when it can write again; whether reading works shows only in
 * the next call of the same kind. */
static int code_of(const struct db *db, const struct meaning *meaning)
{
	return db->use != DB_WRITES && meaning->lost && meaning->code == RENT_EUNAVAIL
	               ? STORAGE_UNFORESEEN
	               : meaning->code;
}

int db_error(struct db *db, const char *doing, struct rent_error *err)
{
	const struct meaning *meaning = meaning_of(db);

	db->failed = true;
	db->lost = db->lost || meaning->lost;
	db->disk = db->disk || meaning->code == RENT_EFULL ||
	           meaning->library == SQLITE_READONLY ||
	           meaning->library == SQLITE_IOERR;
	return rent_fail(err, code_of(db, meaning), "database: %s: %s (%d)%s", doing,
	                 sqlite3_errmsg(db->handle), sqlite3_extended_errcode(db->handle),
	                 meaning->cure);
}

static int on_busy(void *arg, int count)
{
	struct db *db = arg;

	if (count >= db->busy_us / BUSY_PAUSE_US)
		return 0;
	db->host->sleep_us(db->host, BUSY_PAUSE_US);
	return 1;
}

int db_exec(struct db *db, const char *text, struct rent_error *err)
{
	if (sqlite3_exec(db->handle, text, NULL, NULL, NULL) != SQLITE_OK)
		return db_error(db, text, err);
	return 0;
}

/* Changing the journal mode of a new file does not wait for a lock on its own. */
static int set_wal(struct db *db, struct rent_error *err)
{
	int ret, count = 0;

	do {
		db->failed = false;
		ret = db_exec(db, "PRAGMA journal_mode = WAL", err);
	} while (ret == RENT_EUNAVAIL && on_busy(db, count++) != 0);
	return ret;
}

static int set_pragmas(struct db *db, const struct db_options *o, struct rent_error *err)
{
	/* A commit of another connection throws a reader's pages away. */
	int64_t cache = db->use == DB_WRITES ? o->cache_bytes : o->cache_bytes / 8;
	char text[256];
	int ret = 0;

	if (db->use == DB_WRITES)
		ret = set_wal(db, err);
	if (ret != 0)
		return ret;
	/* A checkpoint stops the writer, so rather a few large ones. */
	(void)snprintf(text, sizeof(text),
	               "PRAGMA synchronous = %s; PRAGMA cache_size = -%" PRId64 ";"
	               "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;"
	               "PRAGMA query_only = %d",
	               o->durable ? "FULL" : "NORMAL", cache / 1024,
	               db->use != DB_WRITES);
	return db_exec(db, text, err);
}

/* text, with what means something in a URI as %XX. */
static void escape(char *uri, size_t size, const char *text)
{
	size_t n = 0;

	uri[0] = '\0';
	for (; *text != '\0' && n + 4 < size; text++)
		n += (size_t)snprintf(uri + n, size - n,
		                      strchr("%?#", *text) == NULL ? "%c" : "%%%02x",
		                      (unsigned)(unsigned char)*text);
}

/* Reading a file with a log needs the log and its index beside it, and makes them. Where nobody
 * has it open there are none, and the file says all. */
static int open_to_look(struct db *db, const char *path)
{
	char log[PATH_SIZE], index[PATH_SIZE], name[PATH_SIZE], uri[PATH_SIZE + 32];
	bool in_use;

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)snprintf(index, sizeof(index), "%s-shm", path);
	in_use = access(log, F_OK) == 0 && access(index, F_OK) == 0;
	escape(name, sizeof(name), path);
	(void)snprintf(uri, sizeof(uri), "file:%s?%s", name,
	               in_use ? "mode=ro" : "immutable=1");
	return sqlite3_open_v2(uri, &db->handle,
	                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
	                               SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                       NULL);
}

static int open_file(struct db *db, const char *path)
{
	/* Never SQLITE_OPEN_CREATE: a file that was taken away is not to be replaced by an
	 * empty one. */
	return db->use == DB_LOOKS
	               ? open_to_look(db, path)
	               : sqlite3_open_v2(path, &db->handle,
	                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	                                         SQLITE_OPEN_EXRESCODE,
	                                 NULL);
}

int db_open(struct db *db, const struct db_options *o, enum db_use use,
            struct rent_error *err)
{
	int ret;

	*db = (struct db){ .host = o->host, .busy_us = o->busy_us, .use = use };
	if (open_file(db, o->path) != SQLITE_OK) {
		ret = rent_fail(err, use == DB_READS ? STORAGE_UNFORESEEN : RENT_EUNAVAIL,
		                "database \"%s\": cannot be opened: %s%s", o->path,
		                db->handle == NULL ? "out of memory"
		                                   : sqlite3_errmsg(db->handle),
		                use != DB_WRITES && access(o->path, F_OK) != 0
		                        ? "; the first start, or --migrate, makes it"
		                        : "");
		db_close(db);
		return ret;
	}
	(void)sqlite3_busy_handler(db->handle, on_busy, db);
	ret = set_pragmas(db, o, err);
	if (ret != 0)
		db_close(db);
	return ret;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		(void)sqlite3_finalize(db->statements[i].stmt);
		db->statements[i].stmt = NULL;
	}
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
}

void db_set_now(struct db *db)
{
	db->now = db->host->wall_us(db->host);
	rent_time_text(db->now, ' ', db->now_text);
}

void db_roll_back(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- statements */

static int prepare_statement(struct db *db, enum sql_id id, struct rent_error *err)
{
	struct db_statement *s = &db->statements[id];
	const char *const *names = statements[id].parameters;

	if (s->stmt != NULL)
		return 0;
	if (sqlite3_prepare_v3(db->handle, statements[id].text, -1,
	                       SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) != SQLITE_OK)
		return db_error(db, "prepare", err);
	for (size_t i = 0; names[i] != NULL; i++) {
		s->at[i] = sqlite3_bind_parameter_index(s->stmt, names[i]);
		/* The header of the statement names one that its text lacks. */
		assert(s->at[i] > 0);
	}
	return 0;
}

static int bind_text(sqlite3_stmt *stmt, int i, const char *text, bool empty_is_null)
{
	if (text == NULL || (empty_is_null && text[0] == '\0'))
		return sqlite3_bind_null(stmt, i);
	return sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

static int bind_int(sqlite3_stmt *stmt, int i, int64_t n, bool zero_is_null)
{
	return zero_is_null && n == 0 ? sqlite3_bind_null(stmt, i)
	                              : sqlite3_bind_int64(stmt, i, n);
}

static int bind_all(const struct db_statement *s, const char *types, va_list ap)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; types[i] != '\0' && rc == SQLITE_OK; i++) {
		if (types[i] == 't' || types[i] == 'e')
			rc = bind_text(s->stmt, s->at[i], va_arg(ap, const char *),
			               types[i] == 'e');
		else
			rc = bind_int(s->stmt, s->at[i], va_arg(ap, int64_t),
			              types[i] == 'z');
	}
	return rc;
}

/* To the next row; on anything else the statement is ready to be used again. */
static int step_statement(struct db *db, sqlite3_stmt *stmt, struct rent_error *err)
{
	int rc = sqlite3_step(stmt);
	int ret = 0;

	if (rc == SQLITE_ROW)
		return DB_ROW;
	if ((rc & 0xff) == SQLITE_CONSTRAINT) {
		(void)rent_fail(err, RENT_EFAIL, "database: %s",
		                sqlite3_errmsg(db->handle));
		ret = DB_CONSTRAINT;
	} else if (rc != SQLITE_DONE) {
		ret = db_error(db, "step", err);
	}
	(void)sqlite3_reset(stmt);
	return ret;
}

static int start(struct db *db, enum sql_id id, struct rent_error *err, va_list ap)
{
	int ret = prepare_statement(db, id, err);

	if (ret == 0 &&
	    bind_all(&db->statements[id], statements[id].types, ap) != SQLITE_OK)
		ret = db_error(db, "bind", err);
	return ret == 0 ? step_statement(db, db->statements[id].stmt, err) : ret;
}

int db_do(struct db *db, enum sql_id id, struct rent_error *err, ...)
{
	va_list ap;
	int ret;

	va_start(ap, err);
	ret = start(db, id, err, ap);
	va_end(ap);
	while (ret == DB_ROW)
		ret = step_statement(db, db->statements[id].stmt, err);
	return ret;
}

int db_try(struct db *db, enum sql_id id, struct rent_error *err)
{
	const struct db_statement *s = &db->statements[id];
	const char *types = statements[id].types;
	int ret = prepare_statement(db, id, err);

	for (size_t i = 0; ret == 0 && types[i] != '\0'; i++) {
		bool is_text = types[i] == 't' || types[i] == 'e';

		if ((is_text ? bind_text(s->stmt, s->at[i], "", false)
		             : bind_int(s->stmt, s->at[i], 0, false)) != SQLITE_OK)
			ret = db_error(db, "bind", err);
	}
	if (ret == 0)
		ret = step_statement(db, s->stmt, err);
	while (ret == DB_ROW)
		ret = step_statement(db, s->stmt, err);
	return ret;
}

int db_first(struct db *db, enum sql_id id, sqlite3_stmt **ret, struct rent_error *err,
             ...)
{
	va_list ap;
	int code;

	va_start(ap, err);
	code = start(db, id, err, ap);
	va_end(ap);
	*ret = code == DB_ROW ? db->statements[id].stmt : NULL;
	return code;
}

int db_next(struct db *db, sqlite3_stmt *stmt, struct rent_error *err)
{
	return step_statement(db, stmt, err);
}

void db_done(sqlite3_stmt *stmt)
{
	(void)sqlite3_reset(stmt);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

/* ---- rows */

const char *db_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text == NULL ? "" : (const char *)text;
}

int db_ids(struct db *db, int code, sqlite3_stmt *stmt, char (*ids)[RENT_ID_SIZE],
           size_t *n, struct rent_error *err)
{
	while (code == DB_ROW) {
		(void)rent_copy(ids[(*n)++], RENT_ID_SIZE, db_text(stmt, 0));
		code = db_next(db, stmt, err);
	}
	return code;
}

static sqlite3_stmt *stmt_of(const void *row)
{
	union {
		const void *row;
		sqlite3_stmt *stmt;
	} u = { .row = row };

	return u.stmt;
}

static bool row_is_null(const void *row, int column)
{
	return sqlite3_column_type(stmt_of(row), column) == SQLITE_NULL;
}

static const char *row_text(const void *row, int column)
{
	return db_text(stmt_of(row), column);
}

static int64_t row_integer(const void *row, int column)
{
	return sqlite3_column_int64(stmt_of(row), column);
}

/* An operator may have written the time by hand, so every form that rent/time.h knows is read. */
static bool row_time(const void *row, int column, int64_t *ret)
{
	if (!rent_time_parse(db_text(stmt_of(row), column), ret))
		return false;
	if (*ret == 0)
		*ret = 1; /* 1970 to the microsecond is a time, 0 is none */
	return true;
}

const struct row_dialect db_rows = {
	.is_null = row_is_null,
	.text = row_text,
	.integer = row_integer,
	.time = row_time,
};
