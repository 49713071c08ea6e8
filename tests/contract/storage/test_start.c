/* SPDX-License-Identifier: MIT
 *
 * test_start.c - quote_put and start_begin: each of its results, and what it leaves behind.
 */
#include "fixture.h"

#include <stdlib.h>

static void new_rental(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));
	struct start s;

	put_quote(f, "q1", "user-1");
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_int_equal(s.shown, 1);
	assert_string_equal(s.rental.id, "r1");
	assert_string_equal(s.rental.user_id, "user-1");
	assert_string_equal(s.rental.station_id, "station-1");
	assert_string_equal(s.rental.quote_id, "q1");
	assert_string_equal(s.rental.provider, "stub");
	assert_string_equal(s.rental.powerbank_id, "");
	assert_string_equal(s.rental.lease_token, "t-r1");
	assert_int_equal(s.rental.status, RENT_STATUS_PENDING);
	assert_int_equal(s.rental.settlement, RENT_SETTLEMENT_OPEN);
	assert_int_equal(s.rental.price_per_hour, 60);
	assert_int_equal(s.rental.free_period_min, 5);
	assert_int_equal(s.rental.deposit, 300);
	assert_int_equal(s.rental.open_ops, 2);
	assert_true(s.rental.lease_until == s.rental.now + LEASE);
	assert_true(s.rental.work_at == s.rental.now + LEASE);
	assert_true(s.rental.created_at == fixture_now(f));
	assert_int_equal(s.op_count, 2);
	assert_int_equal(s.ops[0].kind, RENT_OP_HOLD);
	assert_int_equal(s.ops[0].state, RENT_OP_INTENT);
	assert_int_equal(s.ops[0].amount, 300);
	assert_string_equal(s.ops[0].id, "r1-hold");
	assert_int_equal(s.ops[1].kind, RENT_OP_EJECT);
	assert_int_equal(s.ops[1].amount, 0);
	/* What start_begin shows is what rental_get shows: nothing is made up. */
	get(f, "r1", shown);
	assert_memory_equal(&shown->rental, &s.rental, sizeof(s.rental));
	assert_int_equal(shown->op_count, s.op_count);
	for (size_t i = 0; i < s.op_count; i++)
		assert_memory_equal(&shown->ops[i], &s.ops[i], sizeof(s.ops[i]));
	free(shown);
}

static void no_deposit_no_hold(void **state)
{
	struct fixture *f = *state;
	struct start s;

	put_quote_deposit(f, "q1", 0);
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_int_equal(s.op_count, 1);
	assert_int_equal(s.ops[0].kind, RENT_OP_EJECT);
	assert_int_equal(s.rental.open_ops, 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"), 1);
}

/* The eject may be intended later, by a change; once. */
static void eject_intended_later(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s;

	put_quote(f, "q1", "user-1");
	start_init(f, &s, "k1", "q1", "r1");
	s.s.eject_id = NULL;
	assert_int_equal(start_run(f, &s), RENT_START_NEW);
	assert_int_equal(s.op_count, 1);
	assert_int_equal(s.ops[0].kind, RENT_OP_HOLD);
	assert_int_equal(s.rental.open_ops, 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"), 1);
	c = change_of(f, "r1");
	c.news[0] = (struct rent_op_new){ "e1", "", RENT_OP_EJECT, RENT_FOR_START, 0 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.news[0] = (struct rent_op_new){ "e2", "", RENT_OP_EJECT, RENT_FOR_START, 0 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"), 2);
}

static void running_then_resume(void **state)
{
	struct fixture *f = *state;
	struct start s, again;

	put_quote(f, "q1", "user-1");
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r1"), RENT_START_NEW);
	fixture_advance(f, 10 * RENT_SECOND);
	assert_int_equal(start_begin(f, &again, "k1", "q1", "r2"), RENT_START_RUNNING);
	assert_int_equal(again.shown, 0);
	assert_true(again.s.ret_retry_us > 0 && again.s.ret_retry_us <= 20 * RENT_SECOND);

	fixture_advance(f, 20 * RENT_SECOND);
	assert_int_equal(start_begin(f, &again, "k1", "q1", "r2"), RENT_START_RESUME);
	assert_int_equal(again.shown, 1);
	assert_string_equal(again.rental.id, "r1");
	assert_string_equal(again.rental.lease_token, "t-r2");
	assert_true(again.rental.version > s.rental.version);
	assert_true(again.rental.lease_until == fixture_now(f) + LEASE);
	assert_true(again.rental.work_at == fixture_now(f) + LEASE);
	assert_int_equal(again.op_count, 2);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
	/* From now on another host holds it. */
	assert_int_equal(start_begin(f, &again, "k1", "q1", "r3"), RENT_START_RUNNING);
}

static void resume_when_lease_was_dropped(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s, again;

	put_quote(f, "q1", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	c = change_of(f, "r1");
	c.lease = RENT_LEASE_DROP;
	c.token = s.token;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(start_begin(f, &again, "k1", "q1", "r2"), RENT_START_RESUME);
}

/* The first answer of a key is its answer, whatever a change says later. */
static void replay(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s;

	make_active(f, "r1");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(start_begin(f, &s, "key-r1", "q-r1", "r2"),
		                 RENT_START_REPLAY);
		assert_string_equal(s.s.ret_outcome, "done");
		assert_string_equal(s.s.ret_answer, "{\"ok\":true}");
		assert_int_equal(s.shown, 0);
		assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
		c = change_of(f, "r1");
		c.outcome = "other";
		c.answer = "{}";
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	}
}

static void mismatch(void **state)
{
	struct fixture *f = *state;
	struct start s;

	put_quote(f, "q1", "user-1");
	put_quote(f, "q2", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	assert_int_equal(start_begin(f, &s, "k1", "q2", "r2"), RENT_START_MISMATCH);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 1);
}

/* I13: the same key of two callers is two keys, and neither sees the other's answer. */
static void a_key_is_its_callers_own(void **state)
{
	static const char *const scopes[] = { "start customer:a", "start customer:b" };
	struct fixture *f = *state;
	char quote[] = "q1", rental[] = "r1";
	struct start s;

	for (int n = 1; n <= 2; n++) {
		quote[1] = rental[1] = (char)('0' + n);
		put_quote(f, quote, "user-1");
		start_init(f, &s, "k1", quote, rental);
		s.s.scope = scopes[n - 1];
		assert_int_equal(start_run(f, &s), RENT_START_NEW);
		assert_string_equal(s.rental.id, rental);
		assert_int_equal(start_run(f, &s), RENT_START_RUNNING);
	}
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 2);
	start_init(f, &s, "k1", "q2", "r3");
	s.s.scope = scopes[0];
	assert_int_equal(start_run(f, &s), RENT_START_MISMATCH);
}

static void ask_for(struct fixture *f, const char *quote, const char *user,
                    const struct rent_quote *cached, enum rent_start_result expected)
{
	struct start s;

	start_init(f, &s, "k1", quote, "r9");
	s.s.user_id = user;
	s.s.quote = cached;
	assert_int_equal(start_run(f, &s), expected);
}

/* I13: another's quote is one that does not exist, new, handed over, used or purged. */
static void a_quote_is_its_users_own(void **state)
{
	struct fixture *f = *state;
	struct rent_quote q = { .struct_size = sizeof(q),
		                .id = "cached",
		                .user_id = "a" };
	struct start s;

	q.expires_at = fixture_now(f) + 60 * RENT_SECOND;
	put_quote(f, "q1", "a");
	ask_for(f, "q1", "b", NULL, RENT_START_QUOTE_UNKNOWN);
	ask_for(f, "cached", "b", &q, RENT_START_QUOTE_UNKNOWN);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 0);
	start_init(f, &s, "k1", "q1", "r1");
	s.s.user_id = "a";
	assert_int_equal(start_run(f, &s), RENT_START_NEW);
	start_init(f, &s, "k2", "q1", "r2");
	s.s.user_id = "b";
	assert_int_equal(start_run(f, &s), RENT_START_QUOTE_UNKNOWN);
	fixture_sql(f, "%s", "DELETE FROM quotes");
	assert_int_equal(start_run(f, &s), RENT_START_QUOTE_UNKNOWN);
	s.s.user_id = "a";
	assert_int_equal(start_run(f, &s), RENT_START_QUOTE_USED);
}

/* I9: nor does it take a rental over whose lease has run out. */
static void a_mismatch_takes_nothing_over(void **state)
{
	struct fixture *f = *state;
	struct shown before, after;
	struct start s;

	put_quote(f, "q1", "user-1");
	put_quote(f, "q2", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	fixture_advance(f, LEASE + RENT_SECOND);
	get(f, "r1", &before);
	assert_int_equal(start_begin(f, &s, "k1", "q2", "r2"), RENT_START_MISMATCH);
	get(f, "r1", &after);
	assert_true(after.rental.version == before.rental.version);
	assert_string_equal(after.rental.lease_token, before.rental.lease_token);
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r2"), RENT_START_RESUME);
}

/* A refused start is its key's answer from then on, and makes no rental. An unknown quote records
 * nothing: its key stays new. */
static void refused_quotes(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *quote;
		bool begun; /* another key has begun a rental with it */
		int64_t wait; /* after the quote was put */
		const char *sql;
		enum rent_start_result result;
		const char *outcome;
	} cases[] = {
		{ "unknown", "nope", false, 0, NULL, RENT_START_QUOTE_UNKNOWN, NULL },
		{ "another unknown one", "nope2", false, 0, NULL, RENT_START_QUOTE_UNKNOWN, NULL },
		{ "expired", "q1", false, 60 * RENT_SECOND, NULL, RENT_START_QUOTE_EXPIRED, "quote_expired" },
		{ "used", "q2", true, 0, NULL, RENT_START_QUOTE_USED, "quote_used" },
		{ "used, and expired since", "q3", true, 61 * RENT_SECOND, NULL, RENT_START_QUOTE_USED, "quote_used" },
		{ "used, and purged since", "q4", true, 61 * RENT_SECOND, "DELETE FROM quotes", RENT_START_QUOTE_USED, "quote_used" },
	};
	/* clang-format on */
	struct fixture *f = *state;
	int64_t rentals = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *quote = cases[i].quote;
		struct start s;

		print_message("  %s\n", cases[i].name);
		if (cases[i].result != RENT_START_QUOTE_UNKNOWN)
			put_quote(f, quote, "user-1");
		if (cases[i].begun) {
			assert_int_equal(start_begin(f, &s, cases[i].name, quote, quote),
			                 RENT_START_NEW);
			rentals++;
		}
		fixture_advance(f, cases[i].wait);
		if (cases[i].sql != NULL)
			fixture_sql(f, "%s", cases[i].sql);
		assert_int_equal(start_begin(f, &s, quote, quote, "r-refused"),
		                 cases[i].result);
		assert_int_equal(s.shown, 0);
		if (cases[i].result == RENT_START_QUOTE_UNKNOWN) {
			assert_int_equal(fixture_int(f, "SELECT count(*) FROM "
			                                "idempotency_keys"),
			                 0);
			continue;
		}
		assert_int_equal(start_begin(f, &s, quote, quote, "r-refused2"),
		                 RENT_START_REPLAY);
		assert_string_equal(s.s.ret_outcome, cases[i].outcome);
		assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), rentals);
		assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"),
		                 2 * rentals);
	}
}

/* To the microsecond. */
static void a_quote_just_before_its_end(void **state)
{
	struct fixture *f = *state;
	struct start s;

	put_quote(f, "q1", "user-1");
	fixture_advance(f, 60 * RENT_SECOND - 1);
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r1"), RENT_START_NEW);
}

static void quote_handed_over(void **state)
{
	struct fixture *f = *state;
	struct rent_quote q = { .struct_size = sizeof(q),
		                .id = "cached",
		                .user_id = "user-7",
		                .station_id = "station-7",
		                .price_per_hour = 77,
		                .free_period_min = 7,
		                .deposit = 700 };
	struct start s;

	q.created_at = fixture_now(f);
	q.expires_at = fixture_now(f) + RENT_SECOND;
	start_init(f, &s, "k1", "cached", "r1");
	s.s.quote = &q;
	assert_int_equal(start_run(f, &s), RENT_START_NEW);
	assert_string_equal(s.rental.user_id, "user-7");
	assert_string_equal(s.rental.station_id, "station-7");
	assert_int_equal(s.rental.price_per_hour, 77);
	assert_int_equal(s.rental.deposit, 700);
	assert_int_equal(s.ops[0].amount, 700);
	/* Single use is checked all the same … */
	start_init(f, &s, "k2", "cached", "r2");
	s.s.quote = &q;
	assert_int_equal(start_run(f, &s), RENT_START_QUOTE_USED);
	/* … and expiry. */
	fixture_advance(f, RENT_SECOND);
	(void)rent_copy(q.id, sizeof(q.id), "cached2");
	start_init(f, &s, "k3", "cached2", "r3");
	s.s.quote = &q;
	assert_int_equal(start_run(f, &s), RENT_START_QUOTE_EXPIRED);
}

/* An operator may write a quote and its end, in any form that the date functions write. */
static void quotes_of_an_operator(void **state)
{
	/* clang-format off */
	static const struct {
		const char *quote, *sql;
		bool wait;
		enum rent_start_result result;
		int64_t deposit;
	} cases[] = {
		{ "q3", "INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit, "
			"expires_at, created_at) VALUES ('q3', 'u', 's', 10, 1, 20, "
			"'2026-11-23 07:22:00', '2026-11-23 07:21:00')", false, RENT_START_NEW, 20 },
		{ "q1", "UPDATE quotes SET expires_at = '2026-11-23 07:00:00' WHERE id = 'q1'", false, RENT_START_QUOTE_EXPIRED, 0 },
		{ "q2", "UPDATE quotes SET expires_at = '2026-11-24T07:00' WHERE id = 'q2'", true, RENT_START_NEW, 300 },
	};
	/* clang-format on */
	struct fixture *f = *state;
	struct start s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].sql[0] == 'U')
			put_quote(f, cases[i].quote, "user-1");
		fixture_sql(f, "%s", cases[i].sql);
		if (cases[i].wait) /* its first end has passed */
			fixture_advance(f, 600 * RENT_SECOND);
		assert_int_equal(start_begin(f, &s, cases[i].quote, cases[i].quote,
		                             cases[i].quote),
		                 cases[i].result);
		if (cases[i].result == RENT_START_NEW)
			assert_int_equal(s.rental.deposit, cases[i].deposit);
	}
}

/* A reused id of a rental must not end in half a start, nor hurt a neighbour. */
static void id_used_twice(void **state)
{
	struct fixture *f = *state;
	struct start s;

	put_quote(f, "q1", "user-1");
	put_quote(f, "q2", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	start_init(f, &s, "k2", "q2", "r1");
	assert_int_equal(f->api->start_begin(f->self, &s.s, &f->err), RENT_EFAIL);
	assert_int_equal(s.shown, 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"), 2);
	assert_int_equal(start_begin(f, &s, "k2", "q2", "r2"), RENT_START_NEW);
}

static void key_row_is_the_contracts(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	assert_int_equal(fixture_int(f,
	                             "SELECT count(*) FROM idempotency_keys WHERE "
	                             "key = 'key-r1' AND scope = 'start' AND user_id = "
	                             "'user-1' AND response_json = '{\"ok\":true}' AND "
	                             "created_at IS NOT NULL"),
	                 1);
}

static int give_up(void *arg, const struct rent_rental *rental,
                   const struct rent_op *const *ops, size_t n)
{
	(void)arg;
	(void)rental;
	(void)ops;
	(void)n;
	return 77;
}

/* The callback's code is the call's; the start stays recorded. */
static void callback_code(void **state)
{
	struct fixture *f = *state;
	struct start s;

	put_quote(f, "q1", "user-1");
	start_init(f, &s, "k1", "q1", "r1");
	s.s.fn = give_up;
	assert_int_equal(f->api->start_begin(f->self, &s.s, &f->err), 77);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(new_rental),
		T(no_deposit_no_hold),
		T(eject_intended_later),
		T(running_then_resume),
		T(resume_when_lease_was_dropped),
		T(replay),
		T(mismatch),
		T(a_key_is_its_callers_own),
		T(a_quote_is_its_users_own),
		T(a_mismatch_takes_nothing_over),
		T(refused_quotes),
		T(a_quote_just_before_its_end),
		T(quote_handed_over),
		T(quotes_of_an_operator),
		T(id_used_twice),
		T(key_row_is_the_contracts),
		T(callback_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
