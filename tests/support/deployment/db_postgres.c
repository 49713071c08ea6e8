/* SPDX-License-Identifier: MIT
 *
 * db_postgres.c - a statement on a PostgreSQL. The connection is kept for the next one: a test
 * that waits for something asks every few milliseconds.
 */
#include "dbfile_internal.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	PGconn *conn;
	char *conninfo;
} kept;

static void forget(void)
{
	PQfinish(kept.conn);
	free(kept.conninfo);
	kept.conn = NULL;
	kept.conninfo = NULL;
}

static PGconn *connection(const char *conninfo)
{
	static bool registered;

	if (!registered)
		(void)atexit(forget);
	registered = true;
	if (kept.conn != NULL && strcmp(kept.conninfo, conninfo) == 0 &&
	    PQstatus(kept.conn) == CONNECTION_OK)
		return kept.conn;
	forget();
	kept.conn = PQconnectdb(conninfo);
	kept.conninfo = strdup(conninfo);
	return kept.conn;
}

bool db_run_postgres(const char *conninfo, const char *sql, db_row row, void *arg,
                     char *why, size_t size)
{
	const char *columns[DB_COLUMNS_MAX] = { NULL };
	PGconn *conn = connection(conninfo);
	PGresult *res = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(res);
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

	if (!good)
		(void)snprintf(why, size, "%s", PQerrorMessage(conn));
	for (int i = 0; i < PQntuples(res); i++) {
		for (int j = 0; j < PQnfields(res) && j < DB_COLUMNS_MAX; j++)
			columns[j] =
				PQgetisnull(res, i, j) ? NULL : PQgetvalue(res, i, j);
		row(arg, columns);
	}
	PQclear(res);
	return good;
}
