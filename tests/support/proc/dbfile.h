/* SPDX-License-Identifier: MIT
 *
 * dbfile.h - the SQLite file as an operator meets it: own connection, SQL by hand, while the
 * server runs. fmt is that of sqlite3_mprintf (%Q quotes a string). Fails the test (main
 * thread only) when the statement cannot be run.
 */
#ifndef TEST_DBFILE_H
#define TEST_DBFILE_H

#include <stdint.h>

void db_exec(const char *path, const char *fmt, ...);
/* The first column of the first row; INT64_MIN when there is no row or it is null. */
int64_t db_int(const char *path, const char *fmt, ...);
/* … as text, to be freed; NULL when there is no row or it is null. */
char *db_text(const char *path, const char *fmt, ...);
/* Calls row with the columns as text (NULL: null) of every row. */
void db_each(const char *path, const char *sql,
             void (*row)(void *arg, const char **columns), void *arg);

#endif
