/* SPDX-License-Identifier: MIT
 *
 * db.h - one connection to the database file: opening, statements kept prepared, binding,
 * and what the library's errors mean to us. Used by one thread at a time. Knows no table.
 */
#ifndef STORAGE_SQLITE_DB_H
#define STORAGE_SQLITE_DB_H

#include <rent/host.h>
#include <rent/time.h>

#include <sqlite3.h>

#include "sql.h"

#define DB_ROW        1 /* there is a row */
#define DB_CONSTRAINT 2 /* the database refused the change; the statement had no effect */

struct db_options {
	const struct rent_host *host;
	const char *path;
	bool durable;    /* synchronous = FULL, else NORMAL */
	int64_t busy_us; /* how long to wait for a lock of another process */
	int64_t cache_bytes;
};

struct db {
	sqlite3 *handle;
	const struct rent_host *host;
	int64_t busy_us;
	bool failed; /* the transaction is lost: disk, memory, lock, damage */
	int64_t now; /* the database's clock in this transaction */
	char now_text[RENT_TIME_SIZE];
	sqlite3_stmt *stmts[SQL_COUNT];
};

/* The writer's connection, or a reading one. On failure there is nothing to close. */
int db_open(struct db *db, const struct db_options *o, bool reader,
            struct rent_error *err);
void db_close(struct db *db);

/* Takes the host's wall clock as the time of the transaction. */
void db_set_now(struct db *db);

/* Runs text that is not kept prepared. */
int db_exec(struct db *db, const char *text, struct rent_error *err);

/* Runs a statement with values bound by `types`, a letter each:
 *   t  const char *, NULL is null      e  const char *, "" and NULL are null
 *   i  int64_t                         z  int64_t, 0 is null
 * The strings must live until the call (find: until db_done) is over.
 *
 * db_run: to the end; 0, DB_CONSTRAINT or negative.
 * db_find: to its first row: DB_ROW with *ret to be given to db_done(), 0 no row, negative.
 * db_next: to the next row: DB_ROW, 0 at the end, negative. */
int db_run(struct db *db, enum sql_id id, struct rent_error *err, const char *types, ...);
int db_find(struct db *db, enum sql_id id, sqlite3_stmt **ret, struct rent_error *err,
            const char *types, ...);
int db_next(struct db *db, sqlite3_stmt *stmt, struct rent_error *err);
void db_done(sqlite3_stmt *stmt);

/* Rows that the last db_run() changed. */
int64_t db_changes(struct db *db);

/* Fills err from the connection's last error and gives its code. */
int db_error(struct db *db, const char *doing, struct rent_error *err);

/* A column's text, "" for null. Valid until the statement is stepped. */
const char *db_text(sqlite3_stmt *stmt, int column);

#endif
