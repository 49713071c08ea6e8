/* SPDX-License-Identifier: MIT
 *
 * db_sqlite.c - a statement on a SQLite file, with a separate connection.
 */
#include "dbfile_internal.h"

#include <sqlite3.h>
#include <stdio.h>

#define PATIENCE_MS 20000

static bool step_all(sqlite3_stmt *stmt, db_row row, void *arg)
{
	const char *columns[DB_COLUMNS_MAX] = { NULL };
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int n = sqlite3_column_count(stmt);

		for (int i = 0; i < n && i < DB_COLUMNS_MAX; i++)
			columns[i] = (const char *)sqlite3_column_text(stmt, i);
		row(arg, columns);
	}
	return rc == SQLITE_DONE;
}

bool db_run_sqlite(const char *path, const char *sql, db_row row, void *arg, char *why,
                   size_t size)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	bool good;

	good = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
	if (good) {
		(void)sqlite3_busy_timeout(db, PATIENCE_MS);
		good = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;
	}
	if (good)
		good = step_all(stmt, row, arg);
	if (!good)
		(void)snprintf(why, size, "%s", sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return good;
}
