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

#include "core/rows.h"
#include "core/trouble.h"

#include "sql.h"

/* There is a row. */
#define DB_ROW 1
/* The database refused the change; the statement had no effect. */
#define DB_CONSTRAINT 2

/* What a connection is for. */
enum db_use {
	DB_WRITES,
	DB_READS,
	DB_LOOKS, /* changes no file and makes none, beside whoever runs */
};

struct db_options {
	const struct rent_host *host;
	const char *path;
	bool durable;    /* synchronous = FULL, else NORMAL */
	int64_t busy_us; /* how long to wait for a lock of another process */
	int64_t cache_bytes;
	struct trouble *trouble; /* what failed, and is tried again */
};

/* A statement of sql.h, kept prepared once it was used. */
struct db_statement {
	sqlite3_stmt *stmt;
	int at[STATEMENT_PARAMETERS]; /* the library's number of each parameter */
};

struct db {
	sqlite3 *handle;
	const struct rent_host *host;
	int64_t busy_us;
	enum db_use use;
	bool failed; /* the transaction is lost: disk, memory, lock, damage */
	bool lost;   /* … and the connection with it: to be opened again */
	bool disk;   /* the disk refused to write or read */
	int64_t now; /* the database's clock in this transaction */
	char now_text[RENT_TIME_SIZE];
	struct db_statement statements[SQL_COUNT];
};

/* On failure there is nothing to close. */
int db_open(struct db *db, const struct db_options *o, enum db_use use,
            struct rent_error *err);
/* A zeroed one has nothing to close. */
void db_close(struct db *db);

/* Takes the host's wall clock as the time of the transaction. */
void db_set_now(struct db *db);

/* Executes text that is not kept prepared. */
int db_exec(struct db *db, const char *text, struct rent_error *err);

/* Ends a transaction that a failed COMMIT or a lost statement may have ended already. */
void db_roll_back(struct db *db);

/* Executes a statement with the values of its parameters, in the order of its header: const char *
 * for text (NULL is null), int64_t for int. The strings must live until the call (db_first: until
 * db_done) is over.
 *
 * db_do: to the end; 0, DB_CONSTRAINT or negative.
 * db_first: to its first row: DB_ROW with *ret to be given to db_done(), 0 no row, negative.
 * db_next: to the next row: DB_ROW, 0 at the end, negative. */
int db_do(struct db *db, enum sql_id id, struct rent_error *err, ...);
int db_first(struct db *db, enum sql_id id, sqlite3_stmt **ret, struct rent_error *err,
             ...);
int db_next(struct db *db, sqlite3_stmt *stmt, struct rent_error *err);
void db_done(sqlite3_stmt *stmt);

/* Adds the ids in the first column of all rows to ids; code: what db_first gave. 0 or negative. */
int db_ids(struct db *db, int code, sqlite3_stmt *stmt, char (*ids)[RENT_ID_SIZE],
           size_t *n, struct rent_error *err);

/* Executes a statement with "" and 0 as its parameters, whatever it gives or changes. 0,
 * DB_CONSTRAINT or negative. */
int db_try(struct db *db, enum sql_id id, struct rent_error *err);

/* Rows that the last db_do() changed. */
int64_t db_changes(struct db *db);

/* Fills err from the connection's last error and gives its code. */
int db_error(struct db *db, const char *doing, struct rent_error *err);

/* A column's text, "" for null. Valid until the statement is stepped. */
const char *db_text(sqlite3_stmt *stmt, int column);

/* How core/rows.h reads rows; they are a sqlite3_stmt. */
extern const struct row_dialect db_rows;

#endif
