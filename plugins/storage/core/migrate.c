/* SPDX-License-Identifier: MIT
 *
 * migrate.c - bringing the schema up to date; see migrate.h.
 */
#include "core/migrate.h"

#include "common/failpoint.h"

#define CHECKSUM_SIZE 17

struct migrating {
	const struct migrate_dialect *dialect;
	void *conn;
};

/* FNV-1a: it is to notice an edit, not an attack. */
static void checksum(const char *text, char out[CHECKSUM_SIZE])
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	(void)snprintf(out, CHECKSUM_SIZE, "%016" PRIx64, h);
}

static void report_one(const struct rent_report *report, const struct migration *m,
                       const char *what)
{
	char subject[RENT_ID_SIZE];

	if (report == NULL || report->line == NULL)
		return;
	(void)snprintf(subject, sizeof(subject), "%03" PRId64 "_%s", m->version, m->name);
	report->line(report->arg, false, subject, what);
}

static int execute_text(const struct migrating *g, const char *text,
                        struct rent_error *err)
{
	return g->dialect->execute(g->conn, text, err);
}

/* 1: there is a table of migrations. */
static int has_table(const struct migrating *g, struct rent_error *err)
{
	char value[RENT_ID_SIZE];

	return g->dialect->ask(g->conn, g->dialect->has_table, value, err);
}

static int64_t newest_known(void)
{
	int64_t version = 0;

	for (const struct migration *m = migrations; m->name != NULL; m++)
		version = m->version;
	return version;
}

/* Refuses a database that a newer binary has been at. */
static int refuse_newer(const struct migrating *g, struct rent_error *err)
{
	char question[128], theirs[RENT_ID_SIZE];
	int code;

	(void)snprintf(question, sizeof(question),
	               "SELECT version FROM schema_migrations WHERE version > %" PRId64
	               " ORDER BY version DESC LIMIT 1",
	               newest_known());
	code = g->dialect->ask(g->conn, question, theirs, err);
	if (code != 1)
		return code;
	return rent_fail(err, RENT_EFAIL,
	                 "database: its schema is version %s, this program knows %" PRId64
	                 ": run a newer rentald",
	                 theirs, newest_known());
}

/* 1: applied already, with the same text. */
static int is_applied(const struct migrating *g, const struct migration *m,
                      struct rent_error *err)
{
	char sum[CHECKSUM_SIZE], question[128], theirs[RENT_ID_SIZE];
	int code;

	(void)snprintf(question, sizeof(question),
	               "SELECT checksum FROM schema_migrations WHERE version = %" PRId64,
	               m->version);
	code = g->dialect->ask(g->conn, question, theirs, err);
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

static int record(const struct migrating *g, const struct migration *m,
                  struct rent_error *err)
{
	char sum[CHECKSUM_SIZE], text[256];

	checksum(m->text, sum);
	(void)snprintf(
		text, sizeof(text),
		"INSERT INTO schema_migrations (version, name, checksum, applied_at) "
		"VALUES (%" PRId64 ", '%s', '%s', %s)",
		m->version, m->name, sum, g->dialect->now);
	return execute_text(g, text, err);
}

/* Under the lock: another host may have been faster, and newer. */
static int apply_locked(const struct migrating *g, const struct migration *m,
                        const struct rent_report *report, struct rent_error *err)
{
	int code = execute_text(g, g->dialect->make_table, err);

	if (code == 0)
		code = refuse_newer(g, err);
	if (code == 0)
		code = is_applied(g, m, err);
	if (code != 0)
		return code < 0 ? code : 0;
	report_one(report, m, "applied");
	RENT_FAILPOINT("migrate.applying");
	code = execute_text(g, m->text, err);
	RENT_FAILPOINT("migrate.applied");
	if (code == 0)
		code = record(g, m, err);
	RENT_FAILPOINT("migrate.recorded");
	return code;
}

static int apply_migration(const struct migrating *g, const struct migration *m,
                           const struct rent_report *report, struct rent_error *err)
{
	int code = execute_text(g, g->dialect->begin, err);

	if (code == 0)
		code = apply_locked(g, m, report, err);
	if (code == 0)
		code = execute_text(g, "COMMIT", err);
	if (code != 0)
		(void)execute_text(g, "ROLLBACK", NULL);
	RENT_FAILPOINT("migrate.committed");
	return code;
}

int migrate_apply(const struct migrate_dialect *dialect, void *conn, bool dry_run,
                  const struct rent_report *report, struct rent_error *err)
{
	const struct migrating g = { dialect, conn };
	int table = has_table(&g, err);
	int code = table < 0 ? table : 0;

	if (table == 1)
		code = refuse_newer(&g, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = table == 1 ? is_applied(&g, m, err) : 0;

		if (done < 0)
			code = done;
		else if (done == 0 && dry_run)
			report_one(report, m, "would be applied");
		else if (done == 0)
			code = apply_migration(&g, m, report, err);
	}
	return code;
}

int migrate_check(const struct migrate_dialect *dialect, void *conn,
                  struct rent_error *err)
{
	const struct migrating g = { dialect, conn };
	int code = has_table(&g, err);

	if (code < 0)
		return code;
	if (code == 0)
		return rent_fail(err, RENT_EFAIL,
		                 "database: has no schema: run rentald --migrate");
	code = refuse_newer(&g, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = is_applied(&g, m, err);

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

void migrate_report_all(const struct rent_report *report)
{
	for (const struct migration *m = migrations; m->name != NULL; m++)
		report_one(report, m, "would be applied");
}
