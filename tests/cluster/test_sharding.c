/* SPDX-License-Identifier: MIT
 *
 * test_sharding.c - docs/explanation/sharding.md and the migrated schema say the same: every table has a
 * distribution key there and every unique constraint a row, nothing is in the document that
 * is not in the schema, what is called local contains the key, and what is not has a reason.
 */
#include <cmocka_all.h>
#include <libpq-fe.h>
#include <pg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

#define CELLS   5
#define ROWS    64
#define COMMENT 8 /* letters that are too few for a reason */

/* A row of a table of the document: its cells without blanks and backquotes around. */
struct row {
	char cells[CELLS][512];
};

struct document {
	struct row tables[ROWS], constraints[ROWS];
	size_t table_count, constraint_count;
};

static struct document doc;
static struct pg *server;
static struct deployment deployment;
static char dsn[160];

/* ---- the document */
static void copy_cell(char out[512], const char *from, const char *to)
{
	static const char around[] = " `";

	while (from < to && strchr(around, *from) != NULL)
		from++;
	while (to > from && strchr(around, to[-1]) != NULL)
		to--;
	(void)snprintf(out, 512, "%.*s", (int)(to - from), from);
}

/* Returns how many cells there are. */
static size_t read_row(const char *line, struct row *ret)
{
	const char *end = line + strcspn(line, "\n"), *at = line + 1;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	while (at < end && n < CELLS) {
		const char *bar = memchr(at, '|', (size_t)(end - at));

		if (bar == NULL)
			break;
		copy_cell(ret->cells[n++], at, bar);
		at = bar + 1;
	}
	return n;
}

/* Rows of interest begin with a name in backquotes; the number of cells tells the tables
 * apart. */
static void read_document(void)
{
	char path[512], *text;

	(void)snprintf(path, sizeof(path), "%s/docs/explanation/sharding.md",
	               source_dir());
	text = file_read(path);
	assert_non_null(text);
	for (const char *line = text; *line != '\0';) {
		const char *next = line + strcspn(line, "\n");
		struct row row;
		size_t n = strncmp(line, "| `", 3) == 0 ? read_row(line, &row) : 0;

		assert_true(doc.table_count < ROWS && doc.constraint_count < ROWS);
		if (n == 3)
			doc.tables[doc.table_count++] = row;
		else if (n == CELLS)
			doc.constraints[doc.constraint_count++] = row;
		line = *next == '\0' ? next : next + 1;
	}
	free(text);
	assert_true(doc.table_count > 0 && doc.constraint_count > 0);
}

static const struct row *find(const struct row *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].cells[0], name) == 0)
			return &rows[i];
	}
	return NULL;
}

/* ---- the schema */
static PGresult *ask(const char *sql)
{
	PGconn *pg = PQconnectdb(dsn);
	PGresult *res = PQexec(pg, sql);

	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s", PQerrorMessage(pg));
	PQfinish(pg);
	return res;
}

/* Both ways: each name of the schema has a row, and each row is in the schema. */
static void same_names(const PGresult *res, const struct row *rows, size_t n,
                       const char *what)
{
	for (int i = 0; i < PQntuples(res); i++) {
		if (find(rows, n, PQgetvalue(res, i, 0)) == NULL)
			fail_msg("%s %s is not in docs/explanation/sharding.md", what,
			         PQgetvalue(res, i, 0));
	}
	for (size_t k = 0; k < n; k++) {
		bool there = false;

		for (int i = 0; i < PQntuples(res); i++)
			there = there ||
			        strcmp(PQgetvalue(res, i, 0), rows[k].cells[0]) == 0;
		if (!there)
			fail_msg(
				"docs/explanation/sharding.md has a %s %s that is not in the schema",
				what, rows[k].cells[0]);
	}
}

/* A name in a list "a, b, c". */
static bool contains(const char *list, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = list; (at = strstr(at, name)) != NULL; at += size) {
		if ((at == list || at[-1] == ' ') &&
		    (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

static void tables_have_a_key(void **state)
{
	PGresult *res =
		ask("SELECT c.relname, string_agg(a.attname, ', ') FROM pg_class c "
	            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
	            "WHERE c.relnamespace = 'public'::regnamespace AND "
	            "c.relkind IN ('r', 'p') GROUP BY c.relname");

	(void)state;
	same_names(res, doc.tables, doc.table_count, "table");
	for (int i = 0; i < PQntuples(res); i++) {
		const char *name = PQgetvalue(res, i, 0);
		const struct row *row = find(doc.tables, doc.table_count, name);
		const char *key = row == NULL ? "" : row->cells[1];

		if (strcmp(key, "reference") != 0 &&
		    !contains(PQgetvalue(res, i, 1), key))
			fail_msg("%s has no column %s", name, key);
	}
	PQclear(res);
}

static void check_constraint(const struct row *row, const char *table,
                             const char *columns)
{
	const struct row *owner = find(doc.tables, doc.table_count, table);
	const char *name = row->cells[0];
	bool local;

	if (owner == NULL) {
		fail_msg("%s: no such table: %s", name, table);
		return;
	}
	assert_string_equal(row->cells[1], table);
	assert_string_equal(row->cells[2], columns);
	local = strcmp(owner->cells[1], "reference") == 0 ||
	        contains(columns, owner->cells[1]);
	if (strcmp(row->cells[3], local ? "local" : "not") != 0)
		fail_msg("%s on (%s) is %s: it %s %s", name, columns,
		         local ? "local" : "not local",
		         local ? "contains" : "does not contain", owner->cells[1]);
	if (!local && strlen(row->cells[4]) < COMMENT)
		fail_msg("%s is not local, and has no reason", name);
}

static void constraints_are_listed(void **state)
{
	PGresult *res = ask(
		"SELECT i.relname, t.relname, string_agg(a.attname, ', ' ORDER BY k.n) "
		"FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
		"JOIN pg_class t ON t.oid = x.indrelid "
		"CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY k (attnum, n) "
		"JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum "
		"WHERE x.indisunique AND k.n <= x.indnkeyatts AND "
		"t.relnamespace = 'public'::regnamespace GROUP BY i.relname, t.relname");

	(void)state;
	same_names(res, doc.constraints, doc.constraint_count, "constraint");
	for (int i = 0; i < PQntuples(res); i++) {
		const struct row *row = find(doc.constraints, doc.constraint_count,
		                             PQgetvalue(res, i, 0));

		if (row != NULL)
			check_constraint(row, PQgetvalue(res, i, 1),
			                 PQgetvalue(res, i, 2));
	}
	PQclear(res);
}

/* Each would be a constraint across shards that nobody has thought about. */
static void nothing_else_reaches_across(void **state)
{
	(void)state;
	assert_int_equal(pg_int(dsn,
	                        "SELECT count(*) FROM pg_constraint WHERE contype IN "
	                        "('f', 'x') AND connamespace = 'public'::regnamespace"),
	                 0);
	/* rent_append_only() refuses without reading a row. */
	assert_int_equal(
		pg_int(dsn, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND "
	                    "tgfoid <> 'rent_append_only'::regproc"),
		0);
}

static int open_all(void **state)
{
	(void)state;
	read_document();
	server = pg_new(NULL);
	(void)snprintf(dsn, sizeof(dsn), "%s dbname=postgres", pg_conninfo(server));
	cluster_init(&deployment, &(struct cluster_spec){ .dsn = dsn, .apis = 1 });
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	deployment.stopped = true; /* nothing was started */
	deployment_free(&deployment);
	pg_free(server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_have_a_key),
		cmocka_unit_test(constraints_are_listed),
		cmocka_unit_test(nothing_else_reaches_across),
	};

	return cmocka_run_group_tests_name("sharding", tests, open_all, free_all);
}
