/* SPDX-License-Identifier: MIT
 *
 * test_accrual.c - the tick of a running rental: what it charges, what it leaves to others, the buyout.
 */
#include "decisions.h"
#include "hold_margin.h"

static void ticks(void **state)
{
	static const struct {
		const char *name;
		int64_t seconds, paid, debt, in_flight;
		enum rent_op_state charge;
		int calls;
		int64_t want_paid, want_debt, want_in_flight;
	} cases[] = {
		{ "charges what is new", 50, 20, 0, 0, RENT_OP_SUCCEEDED, 1, 50, 0, 0 },
		{ "declined: debt", 50, 20, 0, 0, RENT_OP_DECLINED, 1, 20, 30, 0 },
		{ "not executed: debt", 50, 20, 0, 0, RENT_OP_NOT_EXECUTED, 1, 20, 30,
		  0 },
		{ "unknown: neither", 50, 20, 0, 0, RENT_OP_UNKNOWN, 1, 20, 0, 30 },
		{ "pending: neither", 50, 20, 0, 0, RENT_OP_PENDING, 1, 20, 0, 30 },
		{ "one in flight: waits", 50, 20, 0, 10, RENT_OP_SUCCEEDED, 0, 20, 0,
		  10 },
		{ "old goes before new, which follows", 50, 0, 30, 0, RENT_OP_SUCCEEDED,
		  2, 50, 0, 0 },
		{ "old refused: new is tried", 50, 0, 30, 0, RENT_OP_DECLINED, 2, 0, 50,
		  0 },
		{ "old unknown: new waits", 50, 0, 30, 0, RENT_OP_UNKNOWN, 1, 0, 30, 30 },
		{ "nothing new: old debt", 50, 0, 50, 0, RENT_OP_SUCCEEDED, 1, 50, 0, 0 },
		{ "in steps", 500, 0, 500, 0, RENT_OP_SUCCEEDED, 1, 100, 400, 0 },
		{ "failed step", 500, 0, 500, 0, RENT_OP_DECLINED, 1, 0, 500, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = cases[i].charge } };
		struct rental_work w =
			rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, cases[i].seconds);

		print_message("  %s\n", cases[i].name);
		w.r.paid = cases[i].paid;
		w.r.debt = cases[i].debt;
		w.r.in_flight = cases[i].in_flight;
		w.r.open_ops = cases[i].in_flight > 0;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], cases[i].calls);
		assert_int_equal(w.r.paid, cases[i].want_paid);
		assert_int_equal(w.r.debt, cases[i].want_debt);
		assert_int_equal(w.r.in_flight, cases[i].want_in_flight);
		work_done(&w);
	}
}

/* charge = "at_end": the deposit of 300 covers 280 of a rental that costs 1 a second. */
static void what_the_deposit_covers_is_not_charged(void **state)
{
	static const struct {
		const char *name;
		int64_t seconds, paid;
		enum rent_op_state hold;
		int64_t ends_in; /* seconds; 0: not known */
		int calls;
		int64_t want_paid;
		int64_t used; /* of the hold */
	} cases[] = {
		{ "covered", 280, 0, RENT_OP_SUCCEEDED, 0, 0, 0, 0 },
		{ "beyond", 281, 0, RENT_OP_SUCCEEDED, 0, 1, 1, 0 },
		{ "far beyond", 1000, 0, RENT_OP_SUCCEEDED, 0, 1, 720, 0 },
		{ "beyond, again", 1010, 720, RENT_OP_SUCCEEDED, 0, 1, 730, 0 },
		{ "no hold", 50, 0, RENT_OP_DECLINED, 0, 1, 50, 0 },
		{ "the hold lasts", 50, 0, RENT_OP_SUCCEEDED, 3601, 0, 0, 0 },
		{ "the hold ends soon", 50, 0, RENT_OP_SUCCEEDED, 3600, 1, 50, 0 },
		{ "the hold has ended", 50, 0, RENT_OP_SUCCEEDED, -1, 1, 50, 0 },
		{ "the hold is gone", 50, 0, RENT_OP_SUCCEEDED, 0, 1, 50, 300 },
	};

	(void)state;
	params.charge_at_end = true;
	params.charge_margin = 20;
	params.hold_margin = RENT_HOUR;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
		struct rental_work w =
			rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, cases[i].seconds);

		print_message("  %s\n", cases[i].name);
		w.r.paid = cases[i].paid;
		add_op(&w, "hold", RENT_OP_HOLD, cases[i].hold, 300);
		w.ops[0].op.used = cases[i].used;
		if (cases[i].ends_in != 0)
			w.ops[0].op.expires_at = w.r.now + cases[i].ends_in * RENT_SECOND;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], cases[i].calls);
		assert_int_equal(w.r.paid, cases[i].want_paid);
		work_done(&w);
	}
	params.charge_at_end = false;
	params.charge_margin = params.hold_margin = 0;
}

/* A hold may be gone long before its time, and the row of its rental does not show it. */
static void no_hold_is_believed_in_unread(void **state)
{
	static const struct {
		bool at_end;
		int64_t seconds, paid;
		bool reads;
	} cases[] = { { true, 300, 0, true },  { true, 301, 0, true },
		      { true, 0, 0, false },   { true, 50, 1, true },
		      { true, 50, 50, false }, { false, 50, 0, false } };

	(void)state;
	params.r_buyout = INT64_MAX;
	caps.hold_us = RENT_HOUR * 24 * 7;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, cases[i].seconds);

		params.charge_at_end = cases[i].at_end;
		w.r.paid = cases[i].paid;
		w.has_ops = false;
		decide(&w);
		assert_int_equal(w.needs_ops, cases[i].reads);
		assert_int_equal(w.has_change, !cases[i].at_end);
		work_done(&w);
	}
	params.charge_at_end = false;
	params.r_buyout = 5000;
	caps.hold_us = 0;
}

/* A page shows the hold: nothing is read for what it covers, and all before anything is charged. */
static void a_hold_in_the_page_covers_unread(void **state)
{
	static const struct {
		int64_t seconds, used;
		enum rent_op_state hold;
		int64_t ends_in; /* seconds; 0: not known */
		bool reads;
	} cases[] = {
		{ 280, 0, RENT_OP_SUCCEEDED, 0, false },
		{ 281, 0, RENT_OP_SUCCEEDED, 0, true },
		{ 280, 1, RENT_OP_SUCCEEDED, 0, true },
		{ 50, 0, RENT_OP_DECLINED, 0, true },
		{ 50, 0, RENT_OP_SUCCEEDED, 3601, false },
		{ 50, 0, RENT_OP_SUCCEEDED, 3600, true },
	};

	(void)state;
	params.charge_at_end = true;
	params.charge_margin = 20;
	params.hold_margin = RENT_HOUR;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, cases[i].seconds);
		struct rent_op hold = { .kind = RENT_OP_HOLD,
			                .state = cases[i].hold,
			                .processed = 300,
			                .used = cases[i].used };

		if (cases[i].ends_in != 0)
			hold.expires_at = w.r.now + cases[i].ends_in * RENT_SECOND;
		w.has_ops = false;
		hold_margin_shown(&w, &hold);
		decide(&w);
		assert_int_equal(w.needs_ops, cases[i].reads);
		assert_false(w.has_change);
		work_done(&w);
	}
	params.charge_at_end = false;
	params.charge_margin = params.hold_margin = 0;
}

/* What was never charged is due all the same. */
static void buyout_when_what_is_due_reaches_it(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 5000);

	(void)state;
	params.charge_at_end = true;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	w.r.paid = 4600;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_BUYOUT);
	assert_int_equal(w.r.paid, 5000);
	assert_int_equal(s.asked[RENT_OP_CAPTURE], 300);
	assert_int_equal(s.asked[RENT_OP_CHARGE], 100);
	work_done(&w);
	params.charge_at_end = false;
}

/* A cancel that is to be tried again: the row of the rental says when, and no open operation does. */
static void the_tick_leaves_the_time_of_others(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 50);

	(void)state;
	w.r.work_at = w.due_at = w.r.now + RENT_MINUTE;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(w.r.work_at, w.r.now + RENT_MINUTE);
	work_done(&w);
}

static void the_tick_leaves_others_work_alone(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 50);

	(void)state;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "another");
	w.r.lease_until = w.r.now + 1;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	w.r.lease_until = w.r.now; /* has run out */
	assert_int_equal(decide_to_rest(&w, &s), 2);
	assert_int_equal(w.r.paid, 50);
	work_done(&w);
}

static void buyout_when_exposure_reaches_it(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 9000);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	w.r.paid = 4000;
	w.r.debt = 300;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_BUYOUT);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(w.r.paid,
	                 5000); /* 100 of the debt and 700 charged, 200 captured */
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(s.asked[RENT_OP_CHARGE], 800);
	assert_int_equal(s.asked[RENT_OP_CAPTURE], 200);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 100);
	work_done(&w);
}

static void a_row_without_operations_is_read_again_before_it_is_settled(void **state)
{
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 9000);

	(void)state;
	w.has_ops = false;
	w.r.paid = 5000;
	decide(&w);
	assert_true(w.needs_ops);
	assert_false(w.has_change);
	work_done(&w);
}

/* A settlement that was put off has its own back-off; the tick is not to drive it. */
static void the_tick_leaves_settlements_to_recovery(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(100, 50);

	(void)state;
	w.leased = false;
	w.goal = GOAL_TICK;
	w.r.debt = 50;
	w.r.work_at = w.r.now + RENT_HOUR;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	w.goal = GOAL_RECOVER;
	w.leased = true;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.paid, 100);
	work_done(&w);
}

/* The tick's own charge stays open while other work has its time far ahead: it is asked for
 * soon, not with the other. */
static void a_charge_that_stayed_open_is_asked_for_soon(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_UNKNOWN } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 50);

	(void)state;
	add_op(&w, "h", RENT_OP_HOLD, RENT_OP_UNKNOWN, 300);
	w.due_at = w.r.now + 600 * RENT_SECOND;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(s.calls[RENT_OP_HOLD], 0);
	assert_true(w.r.work_at == w.r.now + params.resolve_base);
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks),
		cmocka_unit_test(what_the_deposit_covers_is_not_charged),
		cmocka_unit_test(a_hold_in_the_page_covers_unread),
		cmocka_unit_test(no_hold_is_believed_in_unread),
		cmocka_unit_test(buyout_when_what_is_due_reaches_it),
		cmocka_unit_test(the_tick_leaves_the_time_of_others),
		cmocka_unit_test(the_tick_leaves_others_work_alone),
		cmocka_unit_test(buyout_when_exposure_reaches_it),
		cmocka_unit_test(
			a_row_without_operations_is_read_again_before_it_is_settled),
		cmocka_unit_test(the_tick_leaves_settlements_to_recovery),
		cmocka_unit_test(a_charge_that_stayed_open_is_asked_for_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
