/* SPDX-License-Identifier: MIT
 *
 * migrate.c - bringing the schema up to date; see migrate.h. Forward only. Several processes
 * may start at once: what is missing is decided inside the writing transaction.
 */
#include "migrate.h"

#include "common/failpoint.h"

#define SCHEMA_TABLE                                                                  \
	"CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, " \
	"name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"

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

/* The statements here run a few times in the life of a file, and before the tables that
 * those of sql.c need are there. */
static int read_row(struct db *db, const char *text, int64_t version, sqlite3_stmt **ret,
                    struct rent_error *err)
{
	int rc;

	if (sqlite3_prepare_v2(db->handle, text, -1, ret, NULL) != SQLITE_OK)
		return db_error(db, "migrate", err);
	(void)sqlite3_bind_int64(*ret, 1, version);
	rc = sqlite3_step(*ret);
	if (rc == SQLITE_ROW)
		return DB_ROW;
	if (rc != SQLITE_DONE)
		rc = db_error(db, "migrate", err);
	else
		rc = 0;
	(void)sqlite3_finalize(*ret);
	return rc;
}

/* 1: there is a table of migrations. */
static int has_table(struct db *db, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code =
		read_row(db,
	                 "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations' "
	                 "AND 1 = ?1",
	                 1, &stmt, err);

	if (code == DB_ROW)
		(void)sqlite3_finalize(stmt);
	return code;
}

static int64_t newest_known(void)
{
	int64_t version = 0;

	for (const struct migration *m = migrations; m->name != NULL; m++)
		version = m->version;
	return version;
}

/* Refuses a file that a newer binary has been at. */
static int refuse_newer(struct db *db, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int64_t theirs;
	int code = read_row(db,
	                    "SELECT version FROM schema_migrations WHERE version > ?1 "
	                    "ORDER BY version DESC",
	                    newest_known(), &stmt, err);

	if (code != DB_ROW)
		return code;
	theirs = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return rent_fail(err, RENT_EFAIL,
	                 "database: its schema is version %" PRId64
	                 ", this program knows "
	                 "%" PRId64 ": run a newer rentald",
	                 theirs, newest_known());
}

/* 1: applied already, with the same text. */
static int is_applied(struct db *db, const struct migration *m, struct rent_error *err)
{
	char sum[CHECKSUM_SIZE];
	sqlite3_stmt *stmt;
	bool same;
	int code =
		read_row(db, "SELECT checksum FROM schema_migrations WHERE version = ?1",
	                 m->version, &stmt, err);

	if (code != DB_ROW)
		return code;
	checksum(m->text, sum);
	same = strcmp(db_text(stmt, 0), sum) == 0;
	if (!same)
		code = rent_fail(
			err, RENT_ECORRUPT,
			"database: migration %03" PRId64 "_%s was applied with "
			"checksum %s, this program has %s: it was edited after it was "
			"applied; run the program that made this file",
			m->version, m->name, db_text(stmt, 0), sum);
	(void)sqlite3_finalize(stmt);
	return same ? 1 : code;
}

static int record(struct db *db, const struct migration *m, struct rent_error *err)
{
	char sum[CHECKSUM_SIZE], text[256];

	checksum(m->text, sum);
	db_set_now(db);
	(void)snprintf(text, sizeof(text),
	               "INSERT INTO schema_migrations VALUES (%" PRId64
	               ", '%s', '%s', '%s')",
	               m->version, m->name, sum, db->now_text);
	return db_exec(db, text, err);
}

/* The version is read again under the lock: another process may have been faster. */
static int apply(struct db *db, const struct migration *m,
                 const struct rent_report *report, struct rent_error *err)
{
	int code = db_exec(db, "BEGIN IMMEDIATE; " SCHEMA_TABLE, err);

	if (code == 0)
		code = is_applied(db, m, err);
	if (code == 0) {
		say(report, m, "applied");
		RENT_FAILPOINT("migrate.applying");
		code = db_exec(db, m->text, err);
		RENT_FAILPOINT("migrate.applied");
		if (code == 0)
			code = record(db, m, err);
		RENT_FAILPOINT("migrate.recorded");
	}
	if (code >= 0)
		code = db_exec(db, "COMMIT", err);
	RENT_FAILPOINT("migrate.committed");
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

int migrate_run(struct db *db, bool dry_run, const struct rent_report *report,
                struct rent_error *err)
{
	int table = has_table(db, err);
	int code = table < 0 ? table : 0;

	if (table == DB_ROW)
		code = refuse_newer(db, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = table == DB_ROW ? is_applied(db, m, err) : 0;

		if (done < 0)
			code = done;
		else if (done == 0 && dry_run)
			say(report, m, "would be applied");
		else if (done == 0)
			code = apply(db, m, report, err);
	}
	return code;
}

int migrate_check(struct db *db, struct rent_error *err)
{
	int code = has_table(db, err);

	if (code < 0)
		return code;
	if (code == 0)
		return rent_fail(err, RENT_EFAIL,
		                 "database: has no schema: run rentald --migrate");
	code = refuse_newer(db, err);
	for (const struct migration *m = migrations; m->name != NULL && code == 0; m++) {
		int done = is_applied(db, m, err);

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
