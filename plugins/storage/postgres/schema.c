/* SPDX-License-Identifier: MIT
 *
 * schema.c - finding the schema, migrating it, and looking at its sequences; see schema.h.
 *
 * Hosts that start at once wait for each other at an advisory lock of the transaction (a pooler
 * may give the next transaction another session). No time-out, whatever the server's or the
 * role's is: a migration takes as long as its tables are large, and waiting for somebody else's
 * does, too.
 */
#include "schema.h"

#include <stdlib.h>

#include "core/migrate.h"

/* Runs a question in a transaction with the settings of ours; a pooler may give each another
 * session. Before the schema is found its tables cannot be named. */
static int run_question(struct conn *conn, const char *question, PGresult **ret,
                        struct rent_error *err)
{
	const struct conn_options *o = conn->o;
	bool found = o->schema[0] != '\0';
	char text[4096];

	(void)snprintf(text, sizeof(text),
	               "SET LOCAL statement_timeout = %" PRId64 "; %s%s%s%s",
	               o->statement_us / 1000, found ? "SET LOCAL search_path = " : "",
	               o->schema, found ? "; " : "", question);
	return conn_exec(conn, text, ret, err);
}

/* ---- finding it */

/* Columns of SQL_SCHEMAS. */
enum {
	S_NAME,
	S_CURRENT,
	S_USABLE,
	S_OURS,
	S_HAS_MIGRATIONS,
	S_TABLE,
};

static bool is_true(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column)[0] == 't';
}

/* The option names a schema as it is called, the server answers with quotes where needed. */
static bool is_called(const PGresult *res, int row, const char *wanted)
{
	const char *name = PQgetvalue(res, row, S_NAME);
	size_t n = strlen(wanted);

	return strcmp(name, wanted) == 0 ||
	       (name[0] == '"' && strncmp(name + 1, wanted, n) == 0 &&
	        strcmp(name + 1 + n, "\"") == 0);
}

static int refuse_two(const char *one, const char *other, struct rent_error *err)
{
	return rent_fail(
		err, RENT_EINVAL,
		"database: the schemas %s and %s both have tables of rentald; name the "
		"one to use with the option 'schema', or drop the other",
		one, other);
}

/* There are no tables of ours: they are to be made in the current schema, unless somebody else
 * is there. */
static int judge_current(const PGresult *res, struct rent_error *err)
{
	const char *name = PQntuples(res) == 0 ? "" : PQgetvalue(res, 0, S_NAME);

	if (PQntuples(res) == 0 || !is_true(res, 0, S_CURRENT))
		return rent_fail(
			err, RENT_EINVAL,
			"database: there is no schema to make tables in: CREATE SCHEMA "
			"rentald AUTHORIZATION the role of the dsn, and name it with "
			"the option 'schema'");
	if (is_true(res, 0, S_HAS_MIGRATIONS))
		return rent_fail(
			err, RENT_EINVAL,
			"database: %s.schema_migrations belongs to another program; give "
			"rentald a schema (CREATE SCHEMA rentald) and name it with the "
			"option 'schema', or give it a database",
			name);
	if (PQgetvalue(res, 0, S_TABLE)[0] != '\0')
		return rent_fail(
			err, RENT_EINVAL,
			"database: the table %s.%s belongs to another program; give "
			"rentald a schema (CREATE SCHEMA rentald) and name it with the "
			"option 'schema', or give it a database",
			name, PQgetvalue(res, 0, S_TABLE));
	return 0;
}

/* The row of the schema to use, or negative. */
static int pick(const PGresult *res, struct rent_error *err)
{
	int found = -1, closed = -1, code;

	for (int row = 0; row < PQntuples(res); row++) {
		if (!is_true(res, row, S_OURS))
			continue;
		if (!is_true(res, row, S_USABLE))
			closed = row;
		else if (found >= 0)
			return refuse_two(PQgetvalue(res, found, S_NAME),
			                  PQgetvalue(res, row, S_NAME), err);
		else
			found = row;
	}
	if (found >= 0)
		return found;
	if (closed >= 0)
		return rent_fail(
			err, RENT_EPERM,
			"database: the tables of rentald are in the schema %s, which this "
			"role may not use: GRANT USAGE ON SCHEMA %s TO it",
			PQgetvalue(res, closed, S_NAME), PQgetvalue(res, closed, S_NAME));
	code = judge_current(res, err);
	return code < 0 ? code : 0;
}

static int look_around(struct conn *conn, struct conn_options *options,
                       struct rent_error *err)
{
	PGresult *res = NULL;
	int row, code = run_question(conn, statements[SQL_SCHEMAS].text, &res, err);

	if (code != 0)
		return code;
	row = pick(res, err);
	if (row >= 0)
		(void)rent_copy(options->schema, sizeof(options->schema),
		                PQgetvalue(res, row, S_NAME));
	PQclear(res);
	return row < 0 ? row : 0;
}

static int quote(struct conn *conn, struct conn_options *options, const char *wanted,
                 struct rent_error *err)
{
	char *quoted = PQescapeIdentifier(conn->pg, wanted, strlen(wanted));

	if (quoted == NULL)
		return rent_fail(err, RENT_EINVAL, "schema: cannot be read");
	if (!rent_copy(options->schema, sizeof(options->schema), quoted))
		options->schema[0] = '\0';
	PQfreemem(quoted);
	return options->schema[0] == '\0'
	               ? rent_fail(err, RENT_EINVAL, "schema: is too long")
	               : 0;
}

/* With the option: it must be there, and be ours or empty. */
static int judge_wanted(const PGresult *res, const char *wanted, struct rent_error *err)
{
	int row = 0;

	while (row < PQntuples(res) && !is_called(res, row, wanted))
		row++;
	if (row == PQntuples(res))
		return rent_fail(
			err, RENT_EINVAL,
			"database: there is no schema \"%s\": CREATE SCHEMA it, with the "
			"role of the dsn as its owner",
			wanted);
	if (!is_true(res, row, S_USABLE))
		return rent_fail(
			err, RENT_EPERM,
			"database: this role may not use the schema \"%s\": GRANT USAGE "
			"ON SCHEMA it TO the role",
			wanted);
	return is_true(res, row, S_OURS) ? 0 : judge_current(res, err);
}

static int look_at(struct conn *conn, const char *wanted, struct rent_error *err)
{
	PGresult *res = NULL;
	int code = run_question(conn, statements[SQL_SCHEMAS].text, &res, err);

	if (code != 0)
		return code;
	code = judge_wanted(res, wanted, err);
	PQclear(res);
	return code;
}

int schema_find(struct conn *conn, struct conn_options *options, const char *wanted,
                struct rent_error *err)
{
	bool named = wanted[0] != '\0';
	int code = named ? quote(conn, options, wanted, err)
	                 : look_around(conn, options, err);

	if (code != 0)
		return code;
	return code == 0 && named ? look_at(conn, wanted, err) : code;
}

/* ---- migrating */

static int execute_postgres(void *conn, const char *text, struct rent_error *err)
{
	return conn_exec(conn, text, NULL, err);
}

static int ask_postgres(void *conn, const char *question, char value[RENT_ID_SIZE],
                        struct rent_error *err)
{
	PGresult *res;
	int code = run_question(conn, question, &res, err);

	if (code != 0)
		return code;
	if (PQntuples(res) > 0) {
		(void)rent_copy(value, RENT_ID_SIZE, PQgetvalue(res, 0, 0));
		code = 1;
	}
	PQclear(res);
	return code;
}

/* The number is "rentald"; other programs in the database may use the same, and would wait. */
#define BEGIN                                                                  \
	"BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; " \
	"SET LOCAL search_path = %s; SELECT pg_advisory_xact_lock(32197732811000932)"

static const struct migrate_dialect dialect = {
	.execute = execute_postgres,
	.ask = ask_postgres,
	.make_table =
		"CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, "
		"name text NOT NULL, checksum text NOT NULL, "
		"applied_at timestamptz NOT NULL DEFAULT now())",
	.has_table = "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL",
	.now = "now()",
};

int schema_migrate(struct conn *conn, bool dry_run, const struct rent_report *report,
                   struct rent_error *err)
{
	struct migrate_dialect here = dialect;
	char begin[sizeof(BEGIN) + sizeof(conn->o->schema)];

	(void)snprintf(begin, sizeof(begin), BEGIN, conn->o->schema);
	here.begin = begin;
	return migrate_apply(&here, conn, dry_run, report, err);
}

int schema_check(struct conn *conn, struct rent_error *err)
{
	return migrate_check(&dialect, conn, err);
}

/* ---- sequences */

static const struct {
	const char *table, *column, *constraint, *trouble;
} sequences[] = {
	{ "payment_attempts", "id", "payment_attempts_pkey",
	  "sequence payment_attempts" },
	{ "debt_journal", "id", "debt_journal_pkey", "sequence debt_journal" },
	{ "notes", "id", "notes_pkey", "sequence notes" },
	{ "outbox", "seq", "outbox_pkey", "sequence outbox" },
	{ "audit_log", "id", "audit_log_pkey", "sequence audit_log" },
	{ "outside_movements", "seq", "outside_movements_seq",
	  "sequence outside_movements" },
	{ "operation_resolutions", "seq", "operation_resolutions_seq",
	  "sequence operation_resolutions" },
	{ "operations", "seq", NULL, "sequence operations" },
};

#define SEQUENCES (sizeof(sequences) / sizeof(*sequences))

static int write_remedy(size_t i, const char *schema, struct rent_error *err)
{
	const char *table = sequences[i].table, *column = sequences[i].column;

	return rent_fail(
		err, RENT_EUNAVAIL,
		"database: the sequence of %s.%s.%s gives numbers that are in the table "
		"already; SELECT setval(pg_get_serial_sequence('%s.%s', '%s'), "
		"(SELECT max(%s) FROM %s.%s))",
		schema, table, column, schema, table, column, column, schema, table);
}

const char *schema_sequence_of(const char *constraint)
{
	for (size_t i = 0; i < SEQUENCES; i++) {
		if (sequences[i].constraint != NULL &&
		    strcmp(sequences[i].constraint, constraint) == 0)
			return sequences[i].trouble;
	}
	return NULL;
}

int schema_sequence_remedy(const struct conn_options *options, const char *constraint,
                           struct rent_error *err)
{
	size_t i = 0;

	while (sequences[i].constraint != NULL &&
	       strcmp(sequences[i].constraint, constraint) != 0)
		i++;
	return write_remedy(i, options->schema, err);
}

static bool is_behind(const PGresult *res, size_t i)
{
	for (int row = 0; row < PQntuples(res); row++) {
		if (strcmp(PQgetvalue(res, row, 0), sequences[i].table) == 0)
			return true;
	}
	return false;
}

int schema_check_sequences(struct conn *conn, struct rent_error *err)
{
	PGresult *res = NULL;
	int code = run_question(conn, statements[SQL_SEQUENCES_BEHIND].text, &res, err);

	if (code != 0)
		return code;
	for (size_t i = 0; i < SEQUENCES; i++) {
		struct rent_error remedy;

		if (!is_behind(res, i)) {
			trouble_over(conn->o->trouble, sequences[i].trouble);
			continue;
		}
		(void)write_remedy(i, conn->o->schema, &remedy);
		trouble_met(conn->o->trouble, TROUBLE_SEQUENCES, sequences[i].trouble,
		            &remedy);
	}
	PQclear(res);
	return 0;
}
