/* SPDX-License-Identifier: MIT
 *
 * test_schema.c - migrations, what the database refuses to every client, and the settings that
 * money needs.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>

struct lines {
	int n;
	char text[256];
};

static void on_line(void *arg, bool breach, const char *subject, const char *text)
{
	struct lines *lines = arg;

	assert_false(breach);
	lines->n++;
	(void)snprintf(lines->text, sizeof(lines->text), "%s %s", subject, text);
}

static void drop_schema(struct fixture *f)
{
	f->plugin->stop(f->self);
	fixture_sql(f, "DROP SCHEMA public CASCADE");
	fixture_sql(f, "CREATE SCHEMA public");
}

static void migrations(void **state)
{
	struct fixture *f = *state;
	struct lines lines = { 0 };
	struct rent_report report = { sizeof(report), &lines, on_line };
	struct instance i = instance_new(f, "", "2", "5s");

	drop_schema(f);
	assert_int_equal(i.plugin->migrate(i.self, true, &report, &f->err), 0);
	assert_non_null(strstr(lines.text, "would be applied"));
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EFAIL);
	assert_non_null(strstr(f->err.text, "--migrate"));

	lines.n = 0;
	assert_int_equal(i.plugin->migrate(i.self, false, &report, &f->err), 0);
	assert_int_equal(lines.n, 21);
	assert_string_equal(lines.text, "021_holds applied");
	lines.n = 0;
	assert_int_equal(i.plugin->migrate(i.self, false, &report, &f->err), 0);
	assert_int_equal(i.plugin->migrate(i.self, true, &report, &f->err), 0);
	assert_int_equal(lines.n, 0);
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(i.plugin->check(i.self, &f->err), 0);
	instance_free(&i);
}

static void bad_schemas(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(f, "", "2", "5s");

	fixture_sql(f, "UPDATE schema_migrations SET checksum = 'edited'");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), RENT_ECORRUPT);
	assert_non_null(strstr(f->err.text, "checksum"));
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_ECORRUPT);
	fixture_sql(f, "INSERT INTO schema_migrations VALUES (999, 'future', 'x')");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), RENT_EFAIL);
	assert_non_null(strstr(f->err.text, "999"));
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EFAIL);
	instance_free(&i);
}

struct migrators {
	struct instance i[8];
	int code[8];
};

static void migrator(void *arg, int i)
{
	struct migrators *m = arg;
	struct rent_error err = { 0 };

	m->code[i] = m->i[i].plugin->migrate(m->i[i].self, false, NULL, &err);
	if (m->code[i] != 0)
		(void)fprintf(stderr, "%s\n", err.text);
}

static void migrate_at_once(void **state)
{
	struct fixture *f = *state;
	struct migrators m;

	drop_schema(f);
	for (int i = 0; i < 8; i++)
		m.i[i] = instance_new(f, "", "2", "30s");
	run_threads(8, migrator, &m);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(m.code[i], 0);
		instance_free(&m.i[i]);
	}
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM schema_migrations"), 21);
}

/* The class of the SQLSTATE is "integrity constraint" or "data exception". */
static void constraints(void **state)
{
	static const char *const bad[] = {
		"UPDATE rentals SET status = 'LOST'",
		"UPDATE rentals SET settlement = ''",
		"UPDATE rentals SET total_amount = -1",
		"UPDATE rentals SET final_amount = -1",
		"UPDATE rentals SET deposit = -1",
		"UPDATE rentals SET price_per_hour = -1",
		"UPDATE rentals SET free_period_min = -1",
		"UPDATE rentals SET id = '' WHERE id = 'r2'",
		"UPDATE rentals SET id = repeat('x', 65) WHERE id = 'r2'",
		"UPDATE rentals SET started_at = 'much'",
		"UPDATE rentals SET quote_id = 'q-r1' WHERE id = 'r2'",
		"UPDATE rentals SET powerbank_id = 'pb-r1' WHERE id = 'r2'",
		"UPDATE operations SET used = processed + 1 WHERE kind = 'hold'",
		"UPDATE operations SET kind = 'hold' WHERE kind = 'eject'",
		"UPDATE operations SET kind = 'charge' WHERE id = 'r1-eject'",
		"UPDATE operations SET purpose = 'fun'",
		"UPDATE operations SET state = 'LOST'",
		"UPDATE operations SET kind = 'gift' WHERE id = 'c1'",
		"UPDATE operations SET amount = -1",
		"UPDATE operations SET used = -1, processed = -1",
		"UPDATE quotes SET deposit = -1",
		"INSERT INTO debts (rental_id, amount_total) VALUES ('r1', -1)",
		"INSERT INTO debts (rental_id, amount_total, attempts) VALUES ('r1', 1, -1)",
		("INSERT INTO debt_journal (rental_id, delta, amount_after, reason) "
		 "VALUES ('r1', 1, -1, '')"),
		"INSERT INTO payment_attempts (rental_id, amount, success) VALUES ('r1', -1, true)",
		"INSERT INTO idempotency_keys (key, scope) VALUES ('key-r1', 'start')",
		/* records */
		"UPDATE debt_journal SET delta = 0",
		"DELETE FROM debt_journal",
		"UPDATE payment_attempts SET success = true",
		"DELETE FROM payment_attempts",
		"UPDATE operation_resolutions SET reason = 'another'",
		"DELETE FROM operation_resolutions",
		"UPDATE audit_log SET subject = 'another'",
		"DELETE FROM audit_log",
		"UPDATE notes SET text = 'another'",
		"DELETE FROM notes",
		"UPDATE seals SET hash = ''",
		"DELETE FROM seals",
		"UPDATE outside_movements SET amount = 0",
		"DELETE FROM outside_movements",
		"TRUNCATE debt_journal",
		"TRUNCATE payment_attempts",
		"TRUNCATE operation_resolutions",
		"TRUNCATE audit_log",
		"TRUNCATE outside_movements",
		"TRUNCATE notes",
		"TRUNCATE seals",
	};
	struct fixture *f = *state;
	PGconn *conn = PQconnectdb(f->place);

	make_active(f, "r1");
	make_active(f, "r2");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	fixture_sql(f, "UPDATE operations SET state = 'UNKNOWN' WHERE id = 'r1-eject'");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		PGresult *res = PQexec(conn, bad[i]);
		const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);

		if (code == NULL || code[0] != '2' || (code[1] != '2' && code[1] != '3'))
			fail_msg("%s: %s", bad[i], code == NULL ? "done" : code);
		PQclear(res);
	}
	PQfinish(conn);
}

/* A database whose owner turned synchronous_commit off loses no money all the same: what
 * was acknowledged survives a crash at once. */
static void commits_are_durable(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	struct rent_quote q = { .struct_size = sizeof(q), .id = "q1", .user_id = "u" };

	fixture_sql(f, "ALTER SYSTEM SET wal_writer_delay = '10s'");
	fixture_sql(f, "ALTER SYSTEM SET synchronous_commit = off");
	fixture_sql(f, "SELECT pg_reload_conf()");
	i = instance_with(f, "", "1", "5s",
	                  (struct fake_option){ "quotes_durable", "true" });
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(i.api->quote_put(i.self, &q, RENT_HOUR, &f->err), 0);
	pg_stop(backend_server(), SIGQUIT);
	pg_start(backend_server());
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes"), 1);
	fixture_sql(f, "ALTER SYSTEM RESET ALL");
	fixture_sql(f, "SELECT pg_reload_conf()");
	instance_free(&i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(migrations),  T(bad_schemas),         T(migrate_at_once),
		T(constraints), T(commits_are_durable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
