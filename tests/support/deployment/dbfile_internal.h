/* SPDX-License-Identifier: MIT
 *
 * dbfile_internal.h - the two databases behind dbfile.c: run the statement and call row for
 * every row of its result. False with the reason in why.
 */
#ifndef TEST_DBFILE_INTERNAL_H
#define TEST_DBFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#define DB_COLUMNS_MAX 16

/* The columns as text, NULL for null. */
typedef void (*db_row)(void *arg, const char **columns);

bool db_run_sqlite(const char *path, const char *sql, db_row row, void *arg, char *why,
                   size_t size);
bool db_run_postgres(const char *conninfo, const char *sql, db_row row, void *arg,
                     char *why, size_t size);

#endif
