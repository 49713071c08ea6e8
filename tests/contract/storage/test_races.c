/* SPDX-License-Identifier: MIT
 *
 * test_races.c - many threads at once: one key, one quote, one rental, one powerbank.
 */
#include "fixture.h"

#include <stdatomic.h>
#include <stdlib.h>

#define THREADS     64
#define UNDEPOSITED 20

struct race {
	struct fixture *f;
	bool one_key;
	int64_t version;
	atomic_int results[16];
	atomic_int failures;
};

static void starter(void *arg, int i)
{
	struct race *race = arg;
	struct start *s = calloc(1, sizeof(*s));
	char key[RENT_ID_SIZE], rental[RENT_ID_SIZE];

	(void)snprintf(key, sizeof(key), "key-%d", race->one_key ? 0 : i);
	(void)snprintf(rental, sizeof(rental), "rental-%d", i);
	start_init(NULL, s, key, "quote", rental);
	s->s.arena = race->f->host->arena_new(race->f->host);
	if (race->f->api->start_begin(race->f->self, &s->s, NULL) != 0)
		(void)atomic_fetch_add(&race->failures, 1);
	else
		(void)atomic_fetch_add(&race->results[s->s.ret], 1);
	race->f->host->arena_free(race->f->host, s->s.arena);
	free(s);
}

static void one_quote_many_keys(void **state)
{
	struct race race = { .f = *state };

	put_quote(race.f, "quote", "user-1");
	run_threads(THREADS, starter, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(atomic_load(&race.results[RENT_START_NEW]), 1);
	assert_int_equal(atomic_load(&race.results[RENT_START_QUOTE_USED]), THREADS - 1);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM rentals"), 1);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM operations"), 2);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM idempotency_keys"),
	                 THREADS);
}

static void one_key_many_times(void **state)
{
	struct race race = { .f = *state, .one_key = true };

	put_quote(race.f, "quote", "user-1");
	run_threads(THREADS, starter, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(atomic_load(&race.results[RENT_START_NEW]), 1);
	assert_int_equal(atomic_load(&race.results[RENT_START_RUNNING]), THREADS - 1);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM rentals"), 1);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM idempotency_keys"), 1);
}

static void changer(void *arg, int i)
{
	struct race *race = arg;
	struct rent_change c = { .struct_size = sizeof(c),
		                 .rental_id = "r1",
		                 .expect_version = race->version,
		                 .paid_delta = 1,
		                 .work_in_us = RENT_NO_WORK };
	struct rent_change *one[] = { &c };

	(void)i;
	if (race->f->api->advance(race->f->self, one, 1, NULL) != 0)
		(void)atomic_fetch_add(&race->failures, 1);
	else
		(void)atomic_fetch_add(&race->results[c.ret], 1);
}

/* Decided on the same version, one wins. */
static void one_version(void **state)
{
	struct race race = { .f = *state };

	make_active(race.f, "r1");
	race.version = change_of(race.f, "r1").expect_version;
	run_threads(THREADS, changer, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(atomic_load(&race.results[RENT_CHANGE_APPLIED]), 1);
	assert_int_equal(atomic_load(&race.results[RENT_CHANGE_CONFLICT]), THREADS - 1);
	assert_int_equal(fixture_int(race.f, "SELECT total_amount FROM rentals"), 1);
}

/* Each goes on with its own rental though the deposit could not be held. */
static void undeposited(void *arg, int i)
{
	struct race *race = arg;
	char id[RENT_ID_SIZE];
	struct rent_change c = { .struct_size = sizeof(c),
		                 .rental_id = id,
		                 .expect_version = race->version,
		                 .undeposited_max = UNDEPOSITED,
		                 .work_in_us = RENT_NO_WORK };
	struct rent_change *one[] = { &c };
	int code = 0;

	(void)snprintf(id, sizeof(id), "r%02d", i);
	do
		code = race->f->api->advance(race->f->self, one, 1, NULL);
	while (code == 0 && c.ret == RENT_CHANGE_CONFLICT);
	if (code != 0)
		(void)atomic_fetch_add(&race->failures, 1);
	else
		(void)atomic_fetch_add(&race->results[c.ret], 1);
}

/* However many come at once, so many get a place, and no fewer. */
static void so_many_without_a_deposit(void **state)
{
	struct race race = { .f = *state };
	char id[RENT_ID_SIZE];

	for (int i = 0; i < THREADS; i++) {
		(void)snprintf(id, sizeof(id), "r%02d", i);
		insert_active(race.f, id, id);
	}
	race.version = change_of(race.f, "r00").expect_version;
	run_threads(THREADS, undeposited, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(atomic_load(&race.results[RENT_CHANGE_APPLIED]), UNDEPOSITED);
	assert_int_equal(atomic_load(&race.results[RENT_CHANGE_UNDEPOSITED]),
	                 THREADS - UNDEPOSITED);
}

/* Buggy callers that meet constraints, among correct ones: each result is its own. */
static void bad_neighbour(void *arg, int i)
{
	struct race *race = arg;
	struct fixture *f = race->f;
	struct rent_error err = { 0 };
	char id[RENT_ID_SIZE], op[RENT_ID_SIZE];
	struct rent_change c = { .struct_size = sizeof(c),
		                 .rental_id = id,
		                 .expect_version = 0,
		                 .work_in_us = RENT_NO_WORK };
	struct rent_change *one[] = { &c };

	(void)snprintf(id, sizeof(id), "r%02d", i);
	for (int k = 0; k < 20; k++) {
		bool bad = (i + k) % 5 == 0;

		(void)snprintf(op, sizeof(op), "op-%d-%d", i, k);
		c.paid_delta = bad ? -1000000 : 1;
		c.debt_delta = 1;
		c.debt_reason = "test";
		if (f->api->advance(f->self, one, 1, &err) != 0 ||
		    c.ret != (bad ? RENT_CHANGE_CONFLICT : RENT_CHANGE_APPLIED))
			(void)atomic_fetch_add(&race->failures, 1);
		if (c.ret == RENT_CHANGE_APPLIED)
			c.expect_version = c.ret_version;
	}
}

static void bad_neighbours(void **state)
{
	struct race race = { .f = *state };
	char id[RENT_ID_SIZE], powerbank[RENT_ID_SIZE];

	for (int i = 0; i < 16; i++) {
		(void)snprintf(id, sizeof(id), "r%02d", i);
		(void)snprintf(powerbank, sizeof(powerbank), "pb%02d", i);
		insert_active(race.f, id, powerbank);
	}
	run_threads(16, bad_neighbour, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(fixture_int(race.f, "SELECT sum(total_amount) FROM rentals"),
	                 16 * 16);
	assert_int_equal(fixture_int(race.f, "SELECT sum(amount_total) FROM debts"),
	                 16 * 16);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM debt_journal"),
	                 16 * 16);
}

/* Whole rentals side by side, with readers looking on: what a call returned is seen. */
static void liver(void *arg, int i)
{
	struct race *race = arg;
	struct fixture *f = race->f;
	struct shown *shown = calloc(1, sizeof(*shown));
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	char quote[RENT_ID_SIZE], rental[RENT_ID_SIZE];
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 1,
		                .deposit = 5 };
	struct start *s = calloc(1, sizeof(*s));

	(void)snprintf(quote, sizeof(quote), "q-%d", i);
	(void)snprintf(rental, sizeof(rental), "r-%d", i);
	(void)rent_copy(q.id, sizeof(q.id), quote);
	start_init(NULL, s, quote, quote, rental);
	if (f->api->quote_put(f->self, &q, RENT_HOUR, NULL) != 0 ||
	    f->api->start_begin(f->self, &s->s, NULL) != 0 ||
	    s->s.ret != RENT_START_NEW ||
	    f->api->rental_get(f->self, rental, show_into, shown, NULL) != 0 ||
	    f->api->totals(f->self, &totals, NULL) != 0 || totals.pending < 1 ||
	    shown->rental.version != s->rental.version)
		(void)atomic_fetch_add(&race->failures, 1);
	free(s);
	free(shown);
}

static void side_by_side(void **state)
{
	struct race race = { .f = *state };

	run_threads(THREADS, liver, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
	assert_int_equal(fixture_int(race.f, "SELECT count(*) FROM rentals"), THREADS);
}

#define CROWD_RENTALS 7
#define CROWD_MANY    70 /* operations of the last, more than are shown */

static bool sees_its_own(struct fixture *f, struct shown *shown, int i)
{
	char id[RENT_ID_SIZE], hold[RENT_ID_SIZE];
	int code;

	(void)snprintf(id, sizeof(id), "r%d", i);
	(void)snprintf(hold, sizeof(hold), "r%d-hold", i);
	code = f->api->rental_get(f->self, id, show_into, shown, NULL);
	if (i >= CROWD_RENTALS)
		return code == 1; /* there is none */
	return code == 0 && strcmp(shown->rental.id, id) == 0 && shown->op_count > 0 &&
	       strcmp(shown->ops[0].id, hold) == 0 &&
	       shown->rental.in_flight == (i == CROWD_RENTALS - 1 ? 1 : i);
}

static void looker(void *arg, int i)
{
	struct race *race = arg;
	struct shown *shown = calloc(1, sizeof(*shown));

	for (int k = 0; k < 50; k++) {
		int which = (i + k) % (CROWD_RENTALS + 2);

		/* Of an id that is no text nothing is asked but that it harms nobody. */
		if (i == 0)
			(void)race->f->api->rental_get(race->f->self, "\xff", show_into,
			                               shown, NULL);
		else if (!sees_its_own(race->f, shown, which))
			(void)atomic_fetch_add(&race->failures, 1);
	}
	free(shown);
}

/* Reads at once may share a statement; each shows the rental that it asked for. */
static void a_crowd_that_looks(void **state)
{
	struct race race = { .f = *state };
	char id[RENT_ID_SIZE], op[RENT_ID_SIZE];

	for (int i = 0; i < CROWD_RENTALS; i++) {
		(void)snprintf(id, sizeof(id), "r%d", i);
		make_active(race.f, id);
		if (i > 0 && i < CROWD_RENTALS - 1)
			(void)charge(race.f, id, id, i); /* stays open */
	}
	for (int k = 0; k < CROWD_MANY; k++) {
		(void)snprintf(op, sizeof(op), "many-%d", k);
		(void)charge(race.f, id, op, 1);
		if (k < CROWD_MANY - 1)
			(void)end_op(race.f, id, op, RENT_OP_DECLINED, 0);
	}
	run_threads(THREADS, looker, &race);
	assert_int_equal(atomic_load(&race.failures), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_quote_many_keys),       T(one_key_many_times), T(one_version),
		T(so_many_without_a_deposit), T(bad_neighbours),     T(side_by_side),
		T(a_crowd_that_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
