/* SPDX-License-Identifier: MIT
 *
 * db.c - one connection to the database file; see db.h. The only file that opens one.
 */
#include "db.h"

#include <stdlib.h>
#include <unistd.h>

/* Between two looks at a lock that another process holds. Its transactions take about a
 * millisecond, so that the library's own handler, which soon sleeps 100 ms, would let a busy
 * neighbour starve us. */
#define BUSY_PAUSE_US 500

static int code_of(struct db *db)
{
	switch (sqlite3_errcode(db->handle) & 0xff) {
	case SQLITE_FULL:
		return RENT_EFULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
		return RENT_EUNAVAIL;
	case SQLITE_NOMEM:
		return RENT_ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RENT_ECORRUPT;
	default:
		return RENT_EFAIL;
	}
}

int db_error(struct db *db, const char *doing, struct rent_error *err)
{
	db->failed = true;
	return rent_fail(err, code_of(db), "database: %s: %s (%d)", doing,
	                 sqlite3_errmsg(db->handle),
	                 sqlite3_extended_errcode(db->handle));
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

/* Changing the journal mode of a new file does not wait for a lock by itself. */
static int set_wal(struct db *db, struct rent_error *err)
{
	int ret, count = 0;

	do {
		db->failed = false;
		ret = db_exec(db, "PRAGMA journal_mode = WAL", err);
	} while (ret == RENT_EUNAVAIL && on_busy(db, count++) != 0);
	return ret;
}

static int set_pragmas(struct db *db, const struct db_options *o, bool reader,
                       struct rent_error *err)
{
	/* A reader's pages are thrown away with every commit of somebody else. */
	int64_t cache = reader ? o->cache_bytes / 8 : o->cache_bytes;
	char text[256];
	int ret = 0;

	if (!reader)
		ret = set_wal(db, err);
	if (ret != 0)
		return ret;
	/* A checkpoint stops the writer, so rather a few large ones. */
	(void)snprintf(text, sizeof(text),
	               "PRAGMA synchronous = %s; PRAGMA cache_size = -%" PRId64 ";"
	               "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;"
	               "PRAGMA query_only = %d",
	               o->durable ? "FULL" : "NORMAL", cache / 1024, reader);
	return db_exec(db, text, err);
}

int db_open(struct db *db, const struct db_options *o, bool reader,
            struct rent_error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	            (reader ? 0 : SQLITE_OPEN_CREATE);
	int ret;

	*db = (struct db){ .host = o->host, .busy_us = o->busy_us };
	if (sqlite3_open_v2(o->path, &db->handle, flags, NULL) != SQLITE_OK) {
		ret = rent_fail(err, RENT_EUNAVAIL,
		                "database \"%s\": cannot be opened: %s%s", o->path,
		                db->handle == NULL ? "out of memory"
		                                   : sqlite3_errmsg(db->handle),
		                reader && access(o->path, F_OK) != 0
		                        ? "; the first start, or --migrate, makes it"
		                        : "");
		db_close(db);
		return ret;
	}
	(void)sqlite3_busy_handler(db->handle, on_busy, db);
	ret = set_pragmas(db, o, reader, err);
	if (ret != 0)
		db_close(db);
	return ret;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		(void)sqlite3_finalize(db->stmts[i]);
		db->stmts[i] = NULL;
	}
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
}

void db_set_now(struct db *db)
{
	db->now = db->host->wall_us(db->host);
	rent_time_text(db->now, ' ', db->now_text);
}

static int prepare(struct db *db, enum sql_id id, struct rent_error *err)
{
	if (db->stmts[id] == NULL &&
	    sqlite3_prepare_v3(db->handle, sql_text(id), -1, SQLITE_PREPARE_PERSISTENT,
	                       &db->stmts[id], NULL) != SQLITE_OK)
		return db_error(db, "prepare", err);
	return 0;
}

static int bind_text(sqlite3_stmt *stmt, int i, const char *text, bool empty_is_null)
{
	if (text == NULL || (empty_is_null && text[0] == '\0'))
		return sqlite3_bind_null(stmt, i);
	return sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; *types != '\0' && rc == SQLITE_OK; i++, types++) {
		if (*types == 't' || *types == 'e') {
			rc = bind_text(stmt, i, va_arg(ap, const char *), *types == 'e');
		} else {
			int64_t v = va_arg(ap, int64_t);

			rc = *types == 'z' && v == 0 ? sqlite3_bind_null(stmt, i)
			                             : sqlite3_bind_int64(stmt, i, v);
		}
	}
	return rc;
}

/* To the next row; on anything else the statement is ready to be used again. */
static int step(struct db *db, sqlite3_stmt *stmt, struct rent_error *err)
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

static int start(struct db *db, enum sql_id id, struct rent_error *err, const char *types,
                 va_list ap)
{
	int ret = prepare(db, id, err);

	if (ret == 0 && bind_all(db->stmts[id], types, ap) != SQLITE_OK)
		ret = db_error(db, "bind", err);
	return ret == 0 ? step(db, db->stmts[id], err) : ret;
}

int db_run(struct db *db, enum sql_id id, struct rent_error *err, const char *types, ...)
{
	va_list ap;
	int ret;

	va_start(ap, types);
	ret = start(db, id, err, types, ap);
	va_end(ap);
	while (ret == DB_ROW)
		ret = step(db, db->stmts[id], err);
	return ret;
}

int db_find(struct db *db, enum sql_id id, sqlite3_stmt **ret, struct rent_error *err,
            const char *types, ...)
{
	va_list ap;
	int code;

	va_start(ap, types);
	code = start(db, id, err, types, ap);
	va_end(ap);
	*ret = code == DB_ROW ? db->stmts[id] : NULL;
	return code;
}

int db_next(struct db *db, sqlite3_stmt *stmt, struct rent_error *err)
{
	return step(db, stmt, err);
}

void db_done(sqlite3_stmt *stmt)
{
	(void)sqlite3_reset(stmt);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

const char *db_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text == NULL ? "" : (const char *)text;
}
