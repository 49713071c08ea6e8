/* SPDX-License-Identifier: MIT
 *
 * test_late_lines.c - a transaction has taken the id of a line and commits late: the book does not end
 * behind it before that.
 */
#include "fixture.h"

#include <libpq-fe.h>

#define LOOKS 8

static void run(PGconn *conn, const char *sql)
{
	PGresult *res = PQexec(conn, sql);

	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	PQclear(res);
}

static int64_t look(struct fixture *f)
{
	int64_t end = -1;

	for (int i = 0; i < LOOKS; i++)
		assert_int_equal(
			f->api->book_end(f->self, RENT_BOOK_DEBTS, &end, &f->err), 0);
	return end;
}

#define LINE                                                                        \
	"INSERT INTO debt_journal (rental_id, delta, amount_after, reason, op_id) " \
	"VALUES ('r1', 1, 1, 'test', 'op')"

static void a_late_commit_is_waited_for(void **state)
{
	struct fixture *f = *state;
	PGconn *late = PQconnectdb(f->place);
	int64_t before;

	fixture_sql(f, LINE);
	before = fixture_int(f, "SELECT max(id) FROM debt_journal");
	run(late, "BEGIN");
	run(late, LINE);
	fixture_sql(f, LINE);
	assert_int_equal(fixture_int(f, "SELECT max(id) FROM debt_journal"), before + 2);
	/* However often: not behind the line that is on its way. */
	assert_true(look(f) <= before);
	run(late, "COMMIT");
	assert_int_equal(look(f), before + 2);
	run(late, "BEGIN");
	run(late, LINE);
	run(late, "ROLLBACK");
	fixture_sql(f, LINE);
	assert_int_equal(look(f), before + 4);
	PQfinish(late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_late_commit_is_waited_for,
		                                fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("late lines", tests, NULL, NULL);
}
