/* SPDX-License-Identifier: MIT
 *
 * test_operator.c - an operator's transaction that is still open when one of ours reaches the
 * same rows: its changes are neither lost nor overwritten.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <stdatomic.h>

struct advancing {
	struct fixture *f;
	struct rent_change change;
	PGconn *operator;
	_Atomic bool waits;
	_Atomic int applied;
};

/* Somebody waits for a lock that the operator's connection has. */
static bool someone_waits(struct fixture *f)
{
	return fixture_int(f, "SELECT count(*) FROM pg_stat_activity "
	                      "WHERE wait_event_type = 'Lock'") > 0;
}

/* Until somebody does; false: nobody came. */
static bool await_waiter(struct fixture *f)
{
	int64_t until = f->host->mono_us(f->host) + 30 * RENT_SECOND;

	while (!someone_waits(f) && f->host->mono_us(f->host) < until)
		f->host->sleep_us(f->host, 5000);
	return someone_waits(f);
}

static void owe_100(struct advancing *a)
{
	make_active(a->f, "r1");
	fixture_sql(a->f,
	            "INSERT INTO debts (rental_id, amount_total) VALUES ('r1', 100)");
	a->change = change_of(a->f, "r1");
	a->change.debt_delta = -30;
	a->change.debt_reason = "debt collected";
}

/* 0: our change; 1: the operator, who commits once the change has come to his row. */
static void both(void *arg, int i)
{
	struct advancing *a = arg;

	if (i == 0) {
		assert_int_equal(advance_one(a->f, &a->change), RENT_CHANGE_APPLIED);
		return;
	}
	a->waits = await_waiter(a->f);
	backend_run(a->operator, "COMMIT");
}

static void a_debt_raised_meanwhile_is_kept(void **state)
{
	struct fixture *f = *state;
	struct advancing a = { .f = f, .operator= PQconnectdb(f->place) };

	owe_100(&a);
	backend_run(a.operator, "BEGIN");
	backend_run(
		a.operator,
		"UPDATE debts SET amount_total = amount_total + 500 WHERE rental_id = 'r1'");
	run_threads(2, both, &a);
	assert_true(a.waits);
	assert_int_equal(fixture_int(f, "SELECT amount_total FROM debts"), 570);
	assert_int_equal(fixture_int(f, "SELECT amount_after FROM debt_journal"), 570);
	PQfinish(a.operator);
}

/* The operator comes between our look at the row and our change of it: an INSERT of ours
 * passes a trigger that waits until he was there. It cannot touch locked rows. */
static void between(void *arg, int i)
{
	struct advancing *a = arg;
	PGresult *res;
	bool waits;

	if (i == 0) {
		both(arg, 0);
		return;
	}
	if (!await_waiter(a->f))
		return;
	backend_run(a->operator, "BEGIN");
	backend_run(a->operator, "SET LOCAL lock_timeout = '500ms'");
	res = PQexec(a->operator, "UPDATE debts SET amount_total = amount_total + 500");
	waits = PQresultStatus(res) != PGRES_COMMAND_OK;
	PQclear(res);
	a->waits = waits;
	if (waits)
		backend_run(a->operator, "ROLLBACK");
	PQclear(PQexec(a->operator, "SELECT pg_advisory_unlock(42)"));
	if (!waits) {
		(void)await_waiter(a->f);
		backend_run(a->operator, "COMMIT");
	}
}

static void what_is_decided_on_is_locked(void **state)
{
	struct fixture *f = *state;
	struct advancing a = { .f = f, .operator= PQconnectdb(f->place) };

	owe_100(&a);
	fixture_sql(f, "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ "
	               "BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$");
	fixture_sql(f, "CREATE TRIGGER hold_up AFTER INSERT ON debts "
	               "FOR EACH STATEMENT EXECUTE FUNCTION hold_up()");
	PQclear(PQexec(a.operator, "SELECT pg_advisory_lock(42)"));
	run_threads(2, between, &a);
	assert_true(a.waits);
	assert_int_equal(fixture_int(f, "SELECT amount_total FROM debts"), 70);
	PQfinish(a.operator);
}

static int add(void *arg, const struct rent_rental *r, const struct rent_op *const *ops,
               size_t n)
{
	char *ids = arg;

	(void)ops;
	(void)n;
	(void)snprintf(ids + strlen(ids), 64 - strlen(ids), "%s ", r->id);
	return 0;
}

/* A worker takes what is due and free, and does not wait for what somebody has locked: the
 * operator lets go only after the claim.
 */
static void what_is_locked_is_skipped(void **state)
{
	struct fixture *f = *state;
	PGconn *operator= PQconnectdb(f->place);
	char ids[64] = "";

	make_active(f, "r1");
	make_active(f, "r2");
	fixture_sql(f, "UPDATE rentals SET work_at = 1, lease_until = NULL");
	backend_run(operator, "BEGIN");
	backend_run(operator,
	            "UPDATE rentals SET work_tries = work_tries WHERE id = 'r1'");
	assert_int_equal(f->api->claim(f->self, "w", LEASE, 10, add, ids, &f->err), 0);
	assert_string_equal(ids, "r2 ");
	backend_run(operator, "COMMIT");
	ids[0] = '\0';
	assert_int_equal(f->api->claim(f->self, "v", LEASE, 10, add, ids, &f->err), 0);
	assert_string_equal(ids, "r1 ");
	PQfinish(operator);
}

/* 0: a change of the rental that the operator has locked; 1: one of another, who lets go only
 * after that one was made. */
static void side_by_side(void *arg, int i)
{
	struct advancing *a = arg;
	struct rent_change c = change_of(a->f, i == 0 ? "r1" : "r2");

	if (i == 1)
		a->waits = await_waiter(a->f);
	if (advance_one(a->f, &c) == RENT_CHANGE_APPLIED)
		(void)atomic_fetch_add(&a->applied, 1);
	if (i == 1)
		backend_run(a->operator, "ROLLBACK");
}

static void who_is_not_locked_goes_on(void **state)
{
	struct fixture *f = *state;
	struct advancing a = { .f = f, .operator= PQconnectdb(f->place) };

	make_active(f, "r1");
	make_active(f, "r2");
	backend_run(a.operator, "BEGIN");
	backend_run(a.operator,
	            "UPDATE rentals SET work_tries = work_tries WHERE id = 'r1'");
	run_threads(2, side_by_side, &a);
	assert_true(a.waits);
	assert_int_equal(atomic_load(&a.applied), 2);
	PQfinish(a.operator);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup_real, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_debt_raised_meanwhile_is_kept),
		T(what_is_decided_on_is_locked),
		T(what_is_locked_is_skipped),
		T(who_is_not_locked_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
