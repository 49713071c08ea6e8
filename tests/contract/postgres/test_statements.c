/* SPDX-License-Identifier: MIT
 *
 * test_statements.c - the files of plugins/storage/postgres/sql run as they stand against a
 * migrated schema, and what they prepare is planned without reading a whole table.
 */
#include "backend_postgres.h"

#include <glob.h>
#include <stdlib.h>

/* As the sessions of the storage have them (connect.c). */
#define SETTINGS                                                    \
	"SET enable_seqscan = off; SET enable_hashjoin = off; "     \
	"SET enable_mergejoin = off; SET enable_bitmapscan = off; " \
	"SET enable_memoize = off; SET jit = off; SET plan_cache_mode = force_generic_plan"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, file) > 0);
	(void)fclose(file);
	return text;
}

static void run_file(PGconn *conn, const char *path)
{
	char *text = read_file(path);
	PGresult *res = PQexec(conn, text);

	if (PQresultStatus(res) == PGRES_FATAL_ERROR)
		fail_msg("%s: %s", path, PQerrorMessage(conn));
	PQclear(res);
	free(text);
}

static size_t run_files(PGconn *conn)
{
	glob_t found;
	size_t n;

	assert_int_equal(glob(RENT_POSTGRES_SQL "/*/*.sql", 0, NULL, &found), 0);
	n = found.gl_pathc;
	for (size_t i = 0; i < n; i++)
		run_file(conn, found.gl_pathv[i]);
	globfree(&found);
	return n;
}

/* EXPLAIN EXECUTE name (NULL, …), as text. */
#define EXPLAINS                                                            \
	"SELECT name, 'EXPLAIN EXECUTE ' || quote_ident(name) || "          \
	"CASE cardinality(parameter_types) WHEN 0 THEN '' ELSE '(NULL' || " \
	"repeat(', NULL', cardinality(parameter_types) - 1) || ')' END "    \
	"FROM pg_prepared_statements ORDER BY name"

/* All rentals are its subject. */
static bool reads_a_table(const char *name)
{
	return strcmp(name, "everybody_sums") == 0;
}

static void expect_plan(PGconn *conn, const char *name, const char *explain)
{
	PGresult *res = PQexec(conn, explain);

	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", explain, PQerrorMessage(conn));
	for (int row = 0; row < PQntuples(res); row++) {
		if (!reads_a_table(name) &&
		    strstr(PQgetvalue(res, row, 0), "Seq Scan") != NULL)
			fail_msg("%s: %s", name, PQgetvalue(res, row, 0));
	}
	PQclear(res);
}

static void each_is_explained(void **state)
{
	struct fixture *f = *state;
	PGconn *conn = PQconnectdb(f->place);
	PGresult *res;
	int n;

	backend_run(conn, SETTINGS);
	assert_true(run_files(conn) >= 9);
	backend_run(conn, SETTINGS);
	res = PQexec(conn, EXPLAINS);
	n = PQntuples(res);
	assert_true(n > 30);
	for (int row = 0; row < n; row++)
		expect_plan(conn, PQgetvalue(res, row, 0), PQgetvalue(res, row, 1));
	PQclear(res);
	PQfinish(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_is_explained, fixture_setup,
		                                fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
