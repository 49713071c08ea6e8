/* SPDX-License-Identifier: MIT
 *
 * dbfile.c - see dbfile.h.
 */
#include "dbfile.h"

#include "cmocka_all.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

struct query {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *sql;
};

static void query_done(struct query *q)
{
	(void)sqlite3_finalize(q->stmt);
	(void)sqlite3_close(q->db);
	sqlite3_free(q->sql);
}

static void query_fail(struct query *q, const char *path)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s: %s: %s", path, q->sql,
	               sqlite3_errmsg(q->db));
	query_done(q);
	fail_msg("%s", text);
}

/* Takes sql. */
static void query_init(struct query *q, const char *path, char *sql)
{
	memset(q, 0, sizeof(*q));
	q->sql = sql;
	if (sqlite3_open_v2(path, &q->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		query_fail(q, path);
	(void)sqlite3_busy_timeout(q->db, 20000);
	if (sqlite3_prepare_v2(q->db, sql, -1, &q->stmt, NULL) != SQLITE_OK)
		query_fail(q, path);
}

static bool query_step(struct query *q, const char *path)
{
	int rc = sqlite3_step(q->stmt);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		query_fail(q, path);
	return rc == SQLITE_ROW;
}

void db_exec(const char *path, const char *fmt, ...)
{
	struct query q;
	va_list ap;

	va_start(ap, fmt);
	query_init(&q, path, sqlite3_vmprintf(fmt, ap));
	va_end(ap);
	while (query_step(&q, path))
		;
	query_done(&q);
}

int64_t db_int(const char *path, const char *fmt, ...)
{
	int64_t value = INT64_MIN;
	struct query q;
	va_list ap;

	va_start(ap, fmt);
	query_init(&q, path, sqlite3_vmprintf(fmt, ap));
	va_end(ap);
	if (query_step(&q, path) && sqlite3_column_type(q.stmt, 0) != SQLITE_NULL)
		value = sqlite3_column_int64(q.stmt, 0);
	query_done(&q);
	return value;
}

char *db_text(const char *path, const char *fmt, ...)
{
	const unsigned char *text = NULL;
	char *copy = NULL;
	struct query q;
	va_list ap;

	va_start(ap, fmt);
	query_init(&q, path, sqlite3_vmprintf(fmt, ap));
	va_end(ap);
	if (query_step(&q, path))
		text = sqlite3_column_text(q.stmt, 0);
	if (text != NULL)
		copy = strdup((const char *)text);
	query_done(&q);
	return copy;
}

void db_each(const char *path, const char *sql,
             void (*row)(void *arg, const char **columns), void *arg)
{
	const char *columns[COLUMNS_MAX] = { NULL };
	struct query q;

	query_init(&q, path, sqlite3_mprintf("%s", sql));
	while (query_step(&q, path)) {
		int n = sqlite3_column_count(q.stmt);

		for (int i = 0; i < n && i < COLUMNS_MAX; i++)
			columns[i] = (const char *)sqlite3_column_text(q.stmt, i);
		row(arg, columns);
	}
	query_done(&q);
}
