/* SPDX-License-Identifier: MIT
 *
 * dbfile.c - see dbfile.h. Which of the two databases it is decides dbfile_internal.h's table.
 */
#include "dbfile.h"

#include "cmocka_all.h"
#include "dbfile_internal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool db_is_postgres(const char *where)
{
	return strstr(where, "dbname=") != NULL;
}

/* Takes sql. */
static void run(const char *where, char *sql, db_row row, void *arg)
{
	char why[1024] = "";
	bool good;

	if (db_is_postgres(where))
		good = db_run_postgres(where, sql, row, arg, why, sizeof(why));
	else
		good = db_run_sqlite(where, sql, row, arg, why, sizeof(why));
	if (!good)
		(void)fprintf(stderr, "%s: %s\n", where, sql);
	sqlite3_free(sql);
	if (!good)
		fail_msg("%s", why);
}

static void ignore(void *arg, const char **columns)
{
	(void)arg;
	(void)columns;
}

void db_exec(const char *where, const char *fmt, ...)
{
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	run(where, sql, ignore, NULL);
}

struct first {
	char *text;
	bool seen;
};

static void keep_first(void *arg, const char **columns)
{
	struct first *first = arg;

	if (!first->seen && columns[0] != NULL)
		first->text = strdup(columns[0]);
	first->seen = true;
}

int64_t db_int(const char *where, const char *fmt, ...)
{
	struct first first = { NULL, false };
	int64_t value = INT64_MIN;
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	run(where, sql, keep_first, &first);
	if (first.text != NULL)
		value = strtoll(first.text, NULL, 10);
	free(first.text);
	return value;
}

char *db_text(const char *where, const char *fmt, ...)
{
	struct first first = { NULL, false };
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	run(where, sql, keep_first, &first);
	return first.text;
}

void db_each(const char *where, const char *sql,
             void (*row)(void *arg, const char **columns), void *arg)
{
	run(where, sqlite3_mprintf("%s", sql), row, arg);
}

void db_script(const char *where, const char *text)
{
	char *why = NULL;
	sqlite3 *db = NULL;
	bool good;

	if (db_is_postgres(where)) {
		run(where, sqlite3_mprintf("%s", text), ignore, NULL);
		return;
	}
	good = sqlite3_open(where, &db) == SQLITE_OK &&
	       sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK;
	if (!good)
		(void)fprintf(stderr, "%s: %s\n", where, why != NULL ? why : "");
	sqlite3_free(why);
	(void)sqlite3_close(db);
	assert_true(good);
}

const char *db_before(const char *where, const char *from, int64_t seconds)
{
	static char text[256];
	bool now = strcmp(from, "now") == 0;

	if (db_is_postgres(where))
		(void)snprintf(text, sizeof(text), "(%s - interval '%lld seconds')",
		               now ? "now()" : from, (long long)seconds);
	else
		(void)snprintf(text, sizeof(text),
		               "strftime('%%Y-%%m-%%d %%H:%%M:%%f', %s, '-%lld seconds')",
		               now ? "'now'" : from, (long long)seconds);
	return text;
}

const char *db_since(const char *where, const char *column)
{
	static char text[256];

	(void)snprintf(text, sizeof(text),
	               db_is_postgres(where)
	                       ? "extract(epoch FROM now() - %s)"
	                       : "((julianday('now') - julianday(%s)) * 86400)",
	               column);
	return text;
}

bool db_is_made(const char *where)
{
	if (!db_is_postgres(where))
		return access(where, F_OK) == 0;
	return db_int(where, "SELECT COUNT(to_regclass('schema_migrations'))") == 1;
}
