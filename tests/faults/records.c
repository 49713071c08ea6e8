/* SPDX-License-Identifier: MIT
 *
 * records.c - see records.h.
 */
#include "records.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 30000

typedef void records_row_fn(void *arg, const char **columns);

struct records {
	struct deployment *deployment;
	sqlite3 *file;
	PGconn *pg;
	char text[4096];
};

struct records *records_new(struct deployment *d)
{
	struct records *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->deployment = d;
	if (fault_deployment_db(d) == DB_POSTGRES)
		return t;
	if (sqlite3_open_v2(d->db, &t->file, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		deployment_fail(d, "%s: %s", d->db, sqlite3_errmsg(t->file));
	(void)sqlite3_busy_timeout(t->file, PATIENCE_MS);
	return t;
}

void records_free(struct records *t)
{
	if (t == NULL)
		return;
	(void)sqlite3_close(t->file);
	PQfinish(t->pg);
	free(t);
}

static void file_each(struct records *t, const char *sql, records_row_fn *row, void *arg)
{
	const char *columns[RECORDS_COLUMNS];
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(t->file, sql, -1, &stmt, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			break;
		for (int i = 0; i < RECORDS_COLUMNS; i++)
			columns[i] = (const char *)sqlite3_column_text(stmt, i);
		if (row != NULL)
			row(arg, columns);
	}
	if (rc != SQLITE_DONE)
		deployment_fail(t->deployment, "%s: %s", sql, sqlite3_errmsg(t->file));
	(void)sqlite3_finalize(stmt);
}

/* A statement that met the end of the server is tried again; those here may be repeated. */
static PGresult *pg_result(struct records *t, const char *sql)
{
	int64_t end = now_ms() + PATIENCE_MS;

	for (;;) {
		PGresult *res;
		ExecStatusType status;

		if (t->pg == NULL)
			t->pg = PQconnectdb(t->deployment->db);
		res = PQexec(t->pg, sql);
		status = PQresultStatus(res);
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
			return res;
		PQclear(res);
		if (PQstatus(t->pg) == CONNECTION_OK || now_ms() >= end)
			deployment_fail(t->deployment, "%s: %s", sql,
			                PQerrorMessage(t->pg));
		PQfinish(t->pg);
		t->pg = NULL;
		(void)usleep(20000);
	}
}

static void pg_each(struct records *t, const char *sql, records_row_fn *row, void *arg)
{
	PGresult *res = pg_result(t, sql);
	const char *columns[RECORDS_COLUMNS];
	int n = PQnfields(res);

	for (int r = 0; r < PQntuples(res) && row != NULL; r++) {
		for (int i = 0; i < RECORDS_COLUMNS; i++)
			columns[i] = i < n && !PQgetisnull(res, r, i)
			                     ? PQgetvalue(res, r, i)
			                     : NULL;
		row(arg, columns);
	}
	PQclear(res);
}

static void vrun(struct records *t, records_row_fn *row, void *arg, const char *fmt,
                 va_list ap)
{
	char *sql = sqlite3_vmprintf(fmt, ap);

	if (t->file != NULL)
		file_each(t, sql, row, arg);
	else
		pg_each(t, sql, row, arg);
	sqlite3_free(sql);
}

void records_exec(struct records *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vrun(t, NULL, NULL, fmt, ap);
	va_end(ap);
}

struct first {
	bool there;
	int64_t number;
	char *text;
};

static void take_first(void *arg, const char **columns)
{
	struct first *f = arg;

	if (f->there)
		return;
	f->there = true;
	if (columns[0] == NULL)
		return;
	f->number = strtoll(columns[0], NULL, 10);
	if (f->text != NULL)
		(void)snprintf(f->text, sizeof(((struct records *)0)->text), "%s",
		               columns[0]);
}

int64_t records_int(struct records *t, const char *fmt, ...)
{
	struct first f = { .number = INT64_MIN };
	va_list ap;

	va_start(ap, fmt);
	vrun(t, take_first, &f, fmt, ap);
	va_end(ap);
	return f.number;
}

const char *records_text(struct records *t, const char *fmt, ...)
{
	struct first f = { .text = t->text };
	va_list ap;

	t->text[0] = '\0';
	va_start(ap, fmt);
	vrun(t, take_first, &f, fmt, ap);
	va_end(ap);
	return t->text;
}

void records_each(struct records *t, records_row_fn *row, void *arg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vrun(t, row, arg, fmt, ap);
	va_end(ap);
}

void records_age(struct records *t, const char *user, int64_t seconds)
{
	if (t->file != NULL)
		records_exec(
			t,
			"UPDATE rentals SET started_at = strftime('%%Y-%%m-%%d "
			"%%H:%%M:%%f', started_at, '%lld seconds') WHERE user_id = %Q "
			"AND status = 'ACTIVE'",
			(long long)-seconds, user);
	else
		records_exec(
			t,
			"UPDATE rentals SET started_at = started_at - interval '%lld "
			"seconds' WHERE user_id = %Q AND status = 'ACTIVE'",
			(long long)seconds, user);
}

void records_checkpoint(struct records *t)
{
	if (t->file != NULL)
		records_exec(t, "PRAGMA wal_checkpoint(TRUNCATE)");
}
