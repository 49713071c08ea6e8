/* SPDX-License-Identifier: MIT
 *
 * test_statements.c - the SQL of storage_sqlite as the files of its folder have it: each statement
 * is explained against a migrated schema, so it is right as it stands; its header names its
 * parameters; and what gives rentals or operations gives the columns that core/rows.c reads.
 */
#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "core/rows.h"
#include "core/statements.h"
#include "sql.h"

static char *read_file(const char *folder, const char *name)
{
	char path[512], *text = calloc(1, 65536);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s cannot be read", path);
	assert_true(fread(text, 1, 65535, file) > 0);
	(void)fclose(file);
	return text;
}

static sqlite3 *migrated(void)
{
	static const char *const migrations[] = { "001_tables.sql",
		                                  "002_resolutions.sql",
		                                  "003_inbound_events.sql",
		                                  "005_ends.sql",
		                                  "006_undeposited.sql",
		                                  "007_provider_plugins.sql",
		                                  "008_inventories.sql",
		                                  "009_key_owners.sql",
		                                  "010_actions.sql",
		                                  "012_payers.sql",
		                                  "013_audit_log.sql",
		                                  "014_outbox.sql",
		                                  "015_outside.sql",
		                                  "016_rare.sql",
		                                  "017_notes.sql",
		                                  "018_seals.sql",
		                                  "019_outbox_delivered.sql",
		                                  "020_guards.sql",
		                                  "021_holds.sql",
		                                  "022_record_numbers.sql",
		                                  NULL };
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
	                              "CREATE TABLE schema_migrations (version INTEGER "
	                              "PRIMARY KEY, applied_at TEXT) STRICT",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	for (size_t i = 0; migrations[i] != NULL; i++) {
		char *text = read_file(RENT_TEST_SQL, migrations[i]);

		assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
		free(text);
	}
	return db;
}

/* The text of the plan, lines joined. */
static void explain(sqlite3 *db, const struct statement *s, char ret[4096])
{
	char sql[8192];
	sqlite3_stmt *stmt;

	(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", s->text);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", s->name, sqlite3_errmsg(db));
	ret[0] = '\0';
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		size_t n = strlen(ret);

		(void)snprintf(ret + n, 4096 - n, "%s; ",
		               (const char *)sqlite3_column_text(stmt, 3));
	}
	(void)sqlite3_finalize(stmt);
}

/* Statements that change nothing of tables are not explained. */
static bool is_control(const char *text)
{
	static const char *const words[] = { "BEGIN",    "COMMIT",  "PRAGMA", "SAVEPOINT",
		                             "ROLLBACK", "RELEASE", NULL };

	for (size_t i = 0; words[i] != NULL; i++) {
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	}
	return false;
}

/* No statement reads every row of a table, except those that declare it. */
static void explained(void **state)
{
	sqlite3 *db = migrated();
	char plan[4096];

	(void)state;
	for (size_t i = 0; i < SQL_COUNT; i++) {
		if (is_control(statements[i].text))
			continue;
		explain(db, &statements[i], plan);
		if (strcmp(statements[i].name, "everybody_sums") == 0)
			continue; /* it says so */
		if (strncmp(statements[i].name, "undeposited_", 12) == 0)
			continue; /* a table of a few rows */
		for (const char *scan = strstr(plan, "SCAN "); scan != NULL;
		     scan = strstr(scan + 1, "SCAN ")) {
			const char *end = strchr(scan, ';');
			char step[512];

			(void)snprintf(step, sizeof(step), "%.*s", (int)(end - scan),
			               scan);
			if (strstr(step, "USING") == NULL &&
			    strstr(step, "CONSTANT ROW") == NULL)
				fail_msg("%s: %s", statements[i].name, step);
		}
	}
	(void)sqlite3_close(db);
}

static void parameters(void **state)
{
	sqlite3 *db = migrated();

	(void)state;
	for (size_t i = 0; i < SQL_COUNT; i++) {
		const struct statement *s = &statements[i];
		sqlite3_stmt *stmt;
		int n = 0;

		if (sqlite3_prepare_v2(db, s->text, -1, &stmt, NULL) != SQLITE_OK)
			fail_msg("%s: %s", s->name, sqlite3_errmsg(db));
		for (; s->parameters[n] != NULL; n++) {
			if (sqlite3_bind_parameter_index(stmt, s->parameters[n]) == 0)
				fail_msg("%s: there is no %s", s->name, s->parameters[n]);
			if (strchr("teiz", s->types[n]) == NULL)
				fail_msg("%s: of what type is %s?", s->name,
				         s->parameters[n]);
		}
		if (sqlite3_bind_parameter_count(stmt) != n)
			fail_msg("%s: its header does not name all parameters", s->name);
		assert_true(n <= STATEMENT_PARAMETERS);
		(void)sqlite3_finalize(stmt);
	}
	(void)sqlite3_close(db);
}

static void check_columns(sqlite3 *db, enum sql_id id, const char *const *names)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(db, statements[id].text, -1, &stmt, NULL),
	                 SQLITE_OK);
	for (int i = 0; names[i] != NULL; i++) {
		const char *name = sqlite3_column_name(stmt, i);

		if (name == NULL || strcmp(name, names[i]) != 0)
			fail_msg("%s: column %d is %s, wanted is %s", statements[id].name,
			         i, name, names[i]);
	}
	(void)sqlite3_finalize(stmt);
}

static void columns(void **state)
{
	static const enum sql_id rentals[] = { SQL_RENTAL_GET,  SQL_LIST_ALL,
		                               SQL_LIST_RARE,   SQL_LIST_USER,
		                               SQL_SCAN_ACTIVE, SQL_SCAN_DEBTS,
		                               SQL_AUDIT_PAGE };
	static const enum sql_id ops[] = { SQL_OPS_HOLDS,      SQL_OPS_EJECT,
		                           SQL_OPS_OPEN,       SQL_OPS_SETTLE,
		                           SQL_OPS_REFUNDABLE, SQL_OPS_ALL,
		                           SQL_OP_GET,         SQL_OPS_PAGE,
		                           SQL_OPS_MANUAL,     SQL_OP_REQUESTED };
	sqlite3 *db = migrated();

	(void)state;
	for (size_t i = 0; i < sizeof(rentals) / sizeof(*rentals); i++)
		check_columns(db, rentals[i], row_rental_columns);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		check_columns(db, ops[i], row_op_columns);
	check_columns(db, SQL_RESOLUTIONS, row_resolution_columns);
	check_columns(db, SQL_NOTES, row_note_columns);
	check_columns(db, SQL_DEBT_LINES, row_debt_line_columns);
	(void)sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explained),
		cmocka_unit_test(parameters),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
