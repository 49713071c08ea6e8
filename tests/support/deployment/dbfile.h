/* SPDX-License-Identifier: MIT
 *
 * dbfile.h - the database as an operator meets it: own connection, SQL by hand, while the
 * server runs. `where` is a world's db: the path of a SQLite file, or a connection string of
 * libpq. fmt is that of sqlite3_mprintf (%Q quotes a string, as both understand it). Fails the
 * test when the statement cannot be run. Main thread only.
 */
#ifndef TEST_DBFILE_H
#define TEST_DBFILE_H

#include <stdbool.h>
#include <stdint.h>

void db_exec(const char *where, const char *fmt, ...);
/* The first column of the first row; INT64_MIN when there is no row or it is null. */
int64_t db_int(const char *where, const char *fmt, ...);
/* … as text, to be freed; NULL when there is no row or it is null. */
char *db_text(const char *where, const char *fmt, ...);
/* Calls row with the columns as text (NULL: null) of every row. */
void db_each(const char *where, const char *sql,
             void (*row)(void *arg, const char **columns), void *arg);

/* Several statements; makes the file when there is none. */
void db_script(const char *where, const char *text);

/* ---- where both do not read the same SQL */
bool db_is_postgres(const char *where);
/* The expression for the time so many seconds before `from`, a column or "now"; valid until
 * the next call. */
const char *db_before(const char *where, const char *from, int64_t seconds);
/* … for the seconds that have passed since the time in this column. */
const char *db_since(const char *where, const char *column);
/* There is a schema: rentald has been there. */
bool db_is_made(const char *where);

#endif
