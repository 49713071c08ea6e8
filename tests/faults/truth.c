/* SPDX-License-Identifier: MIT
 *
 * truth.c - see truth.h.
 */
#include "truth.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 30000

typedef void truth_row_fn(void *arg, const char **columns);

struct truth {
	struct site *site;
	sqlite3 *file;
	PGconn *pg;
	char text[4096];
};

struct truth *truth_new(struct site *s)
{
	struct truth *t = calloc(1, sizeof(*t));
	char path[300];

	if (t == NULL)
		abort();
	t->site = s;
	if (s->spec.db == SITE_POSTGRES)
		return t;
	(void)snprintf(path, sizeof(path), "%s/rentald.db", s->data);
	if (sqlite3_open_v2(path, &t->file, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		site_die(s, "%s: %s", path, sqlite3_errmsg(t->file));
	(void)sqlite3_busy_timeout(t->file, PATIENCE_MS);
	return t;
}

void truth_free(struct truth *t)
{
	if (t == NULL)
		return;
	(void)sqlite3_close(t->file);
	PQfinish(t->pg);
	free(t);
}

static void file_each(struct truth *t, const char *sql, truth_row_fn *row, void *arg)
{
	const char *columns[TRUTH_COLUMNS];
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(t->file, sql, -1, &stmt, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			break;
		for (int i = 0; i < TRUTH_COLUMNS; i++)
			columns[i] = (const char *)sqlite3_column_text(stmt, i);
		if (row != NULL)
			row(arg, columns);
	}
	if (rc != SQLITE_DONE)
		site_die(t->site, "%s: %s", sql, sqlite3_errmsg(t->file));
	(void)sqlite3_finalize(stmt);
}

/* A statement that met the end of the server is tried again; those here may be repeated. */
static PGresult *pg_result(struct truth *t, const char *sql)
{
	int64_t end = now_ms() + PATIENCE_MS;

	for (;;) {
		PGresult *res;
		ExecStatusType status;

		if (t->pg == NULL)
			t->pg = PQconnectdb(t->site->dsn);
		res = PQexec(t->pg, sql);
		status = PQresultStatus(res);
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
			return res;
		PQclear(res);
		if (PQstatus(t->pg) == CONNECTION_OK || now_ms() >= end)
			site_die(t->site, "%s: %s", sql, PQerrorMessage(t->pg));
		PQfinish(t->pg);
		t->pg = NULL;
		(void)usleep(20000);
	}
}

static void pg_each(struct truth *t, const char *sql, truth_row_fn *row, void *arg)
{
	PGresult *res = pg_result(t, sql);
	const char *columns[TRUTH_COLUMNS];
	int n = PQnfields(res);

	for (int r = 0; r < PQntuples(res) && row != NULL; r++) {
		for (int i = 0; i < TRUTH_COLUMNS; i++)
			columns[i] = i < n && !PQgetisnull(res, r, i)
			                     ? PQgetvalue(res, r, i)
			                     : NULL;
		row(arg, columns);
	}
	PQclear(res);
}

static void vrun(struct truth *t, truth_row_fn *row, void *arg, const char *fmt,
                 va_list ap)
{
	char *sql = sqlite3_vmprintf(fmt, ap);

	if (t->file != NULL)
		file_each(t, sql, row, arg);
	else
		pg_each(t, sql, row, arg);
	sqlite3_free(sql);
}

void truth_exec(struct truth *t, const char *fmt, ...)
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
		(void)snprintf(f->text, sizeof(((struct truth *)0)->text), "%s",
		               columns[0]);
}

int64_t truth_int(struct truth *t, const char *fmt, ...)
{
	struct first f = { .number = INT64_MIN };
	va_list ap;

	va_start(ap, fmt);
	vrun(t, take_first, &f, fmt, ap);
	va_end(ap);
	return f.number;
}

const char *truth_text(struct truth *t, const char *fmt, ...)
{
	struct first f = { .text = t->text };
	va_list ap;

	t->text[0] = '\0';
	va_start(ap, fmt);
	vrun(t, take_first, &f, fmt, ap);
	va_end(ap);
	return t->text;
}

void truth_each(struct truth *t, truth_row_fn *row, void *arg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vrun(t, row, arg, fmt, ap);
	va_end(ap);
}

void truth_age(struct truth *t, const char *user, int64_t seconds)
{
	if (t->file != NULL)
		truth_exec(t,
		           "UPDATE rentals SET started_at = strftime('%%Y-%%m-%%d "
		           "%%H:%%M:%%f', started_at, '%lld seconds') WHERE user_id = %Q "
		           "AND status = 'ACTIVE'",
		           (long long)-seconds, user);
	else
		truth_exec(t,
		           "UPDATE rentals SET started_at = started_at - interval '%lld "
		           "seconds' WHERE user_id = %Q AND status = 'ACTIVE'",
		           (long long)seconds, user);
}

void truth_checkpoint(struct truth *t)
{
	if (t->file != NULL)
		truth_exec(t, "PRAGMA wal_checkpoint(TRUNCATE)");
}
