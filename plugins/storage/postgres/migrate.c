/* SPDX-License-Identifier: MIT
 *
 * migrate.c - bringing the schema up to date; see migrate.h. Forward only. Hosts that start
 * at once wait for each other at an advisory lock of the transaction (a pooler may give the
 * next transaction another session); what is missing is decided under it. No time-out, whatever
 * the server's or the role's is: a migration takes as long as its tables are large, and waiting
 * for somebody else's does, too.
 */
#include "migrate.h"

#include "common/failpoint.h"

#include <stdlib.h>

/* "rentald" as a number; other programs in the database may use the same, and would wait. */
#define LOCK                                                                   \
	"BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; " \
	"SELECT pg_advisory_xact_lock(32197732811000932)"

#define SCHEMA_TABLE                                                                 \
	"CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, " \
	"name text NOT NULL, checksum text NOT NULL, "                               \
	"applied_at timestamptz NOT NULL DEFAULT now())"

#define CHECKSUM_SIZE 17

/* FNV-1a: it is to notice an edit, not an attack. */
static void checksum(const char *text, char out[CHECKSUM_SIZE])
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	(void)snprintf(out, CHECKSUM_SIZE, "%016" PRIx64, h);
}

static void say(const struct rent_report *report, const struct migration *m,
                const char *what)
{
	char subject[RENT_ID_SIZE];

	if (report == NULL || report->line == NULL)
		return;
	(void)snprintf(subject, sizeof(subject), "%03" PRId64 "_%s", m->version, m->name);
	report->line(report->arg, false, subject, what);
}

/* The text of the first value: 1 with it in value, 0 no row, negative. */
static int ask(struct conn *c, const char *question, char value[RENT_ID_SIZE],
               struct rent_error *err)
{
	PGresult *res;
	int code = conn_exec(c, question, &res, err);

	if (code != 0)
		return code;
	if (PQntuples(res) > 0) {
		(void)rent_copy(value, RENT_ID_SIZE, PQgetvalue(res, 0, 0));
		code = 1;
	}
	PQclear(res);
	return code;
}

/* 1: there is a table of migrations. */
static int has_table(struct conn *c, struct rent_error *err)
{
	char value[RENT_ID_SIZE];

	return ask(c, "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL",
	           value, err);
}

static int64_t newest_known(void)
{
	int64_t version = 0;

	for (const struct migration *m = migrations; m->name != NULL; m++)
		version = m->version;
	return version;
}

/* Refuses a database that a newer binary has been at. */
static int refuse_newer(struct conn *c, struct rent_error *err)
{
	char question[128], theirs[RENT_ID_SIZE];
	int code;

	(void)snprintf(question, sizeof(question),
	               "SELECT version FROM schema_migrations WHERE version > %" PRId64
	               " ORDER BY version DESC LIMIT 1",
	               newest_known());
	code = ask(c, question, theirs, err);
	if (code != 1)
		return code;
	return rent_fail(err, RENT_EFAIL,
	                 "database: its schema is version %s, this program knows %" PRId64
	                 ": run a newer rentald",
	                 theirs, newest_known());
}

/* 1: applied already, with the same text. */
static int is_applied(struct conn *c, const struct migration *m, struct rent_error *err)
{
	char sum[CHECKSUM_SIZE], question[128], theirs[RENT_ID_SIZE];
	int code;

	(void)snprintf(question, sizeof(question),
	               "SELECT checksum FROM schema_migrations WHERE version = %" PRId64,
	               m->version);
	code = ask(c, question, theirs, err);
	checksum(m->text, sum);
	if (code != 1 || strcmp(theirs, sum) == 0)
		return code;
	return rent_fail(
		err, RENT_ECORRUPT,
		"database: migration %03" PRId64 "_%s was applied with checksum %s, "
		"this program has %s: it was edited after it was applied; run the "
		"program that made this schema",
		m->version, m->name, theirs, sum);
}

static int record(struct conn *c, const struct migration *m, struct rent_error *err)
{
	char sum[CHECKSUM_SIZE], text[256];

	checksum(m->text, sum);
	(void)snprintf(text, sizeof(text),
	               "INSERT INTO schema_migrations (version, name, checksum) "
	               "VALUES (%" PRId64 ", '%s', '%s')",
	               m->version, m->name, sum);
	return conn_exec(c, text, NULL, err);
}

static int begin(struct conn *c, struct rent_error *err)
{
	int code = conn_exec(c, LOCK, NULL, err);

	if (code == 0)
		code = conn_exec(c, SCHEMA_TABLE, NULL, err);
	return code == 0 ? refuse_newer(c, err) : code;
}

static int apply(struct conn *c, const struct migration *m,
                 const struct rent_report *report, struct rent_error *err)
{
	int code = begin(c, err);

	if (code == 0)
		code = is_applied(c, m, err);
	if (code == 0) {
		say(report, m, "applied");
		RENT_FAILPOINT("migrate.applying");
		code = conn_exec(c, m->text, NULL, err);
		RENT_FAILPOINT("migrate.applied");
		if (code == 0)
			code = record(c, m, err);
		RENT_FAILPOINT("migrate.recorded");
	}
	if (code >= 0)
		code = conn_exec(c, "COMMIT", NULL, err);
	else
		(void)conn_exec(c, "ROLLBACK", NULL, NULL);
	RENT_FAILPOINT("migrate.committed");
	return code;
}

int migrate_run(struct conn *c, bool dry_run, const struct rent_report *report,
                struct rent_error *err)
{
	int table = has_table(c, err);
	int code = table < 0 ? table : 0;

	if (table == 1)
		code = refuse_newer(c, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = table == 1 ? is_applied(c, m, err) : 0;

		if (done < 0)
			code = done;
		else if (done == 0 && dry_run)
			say(report, m, "would be applied");
		else if (done == 0)
			code = apply(c, m, report, err);
	}
	return code;
}

int migrate_check(struct conn *c, struct rent_error *err)
{
	int code = has_table(c, err);

	if (code < 0)
		return code;
	if (code == 0)
		return rent_fail(err, RENT_EFAIL,
		                 "database: has no schema: run rentald --migrate");
	code = refuse_newer(c, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = is_applied(c, m, err);

		if (done < 0)
			return done;
		if (done == 0)
			return rent_fail(err, RENT_EFAIL,
			                 "database: migration %03" PRId64
			                 "_%s is missing: run rentald --migrate",
			                 m->version, m->name);
	}
	return code;
}
