/* SPDX-License-Identifier: MIT
 *
 * test_hold_margin.c - a hold that ends before its rental does: what is due is captured, the rest is
 * extended, held anew, or given up; never do two holds count.
 */
#include "decisions.h"
#include "hold.h"
#include "hold_margin.h"

#define DAY (24 * RENT_HOUR)

/* A rental that costs 1 a second and has run for `seconds`, with a hold of 300 that ends in an hour and
 * began five days before that. */
static struct rental_work running(int64_t seconds)
{
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, seconds);

	add_full(&w, (struct rent_op){ .id = "hold-1",
	                               .ref = "pi_1",
	                               .kind = RENT_OP_HOLD,
	                               .purpose = RENT_FOR_START,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 300,
	                               .created_at = w.r.now - 5 * DAY + RENT_HOUR,
	                               .expires_at = w.r.now + RENT_HOUR });
	return w;
}

static struct script all_succeed(void)
{
	return (struct script){ .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                        [RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED,
		                        [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED,
		                        [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED },
		                .extension = RENT_OP_SUCCEEDED,
		                .held_us = 5 * DAY };
}

static int setup(void **state)
{
	(void)state;
	params.hold_margin = 12 * RENT_HOUR;
	params.charge_at_end = false;
	caps.operations = ~0u & ~RENT_PAY_BIT(RENT_PAY_EXTEND);
	caps.capture_releases_rest = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	params.hold_margin = 0;
	params.charge_at_end = false;
	caps.operations = ~0u;
	caps.capture_releases_rest = false;
	return 0;
}

static const struct work_op *last_of(struct rental_work *w, enum rent_op_kind kind)
{
	const struct work_op *last = &w->ops[0];

	for (size_t i = 0; i < w->op_count; i++) {
		if (w->ops[i].op.kind == kind)
			last = &w->ops[i];
	}
	assert_int_equal(last->op.kind, kind);
	return last;
}

static void it_is_held_anew_and_the_old_hold_released(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.asked[RENT_OP_HOLD], 300);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 300);
	assert_string_equal(last_of(&w, RENT_OP_RELEASE)->op.target_id, "hold-1");
	assert_ptr_equal(hold_current(&w), last_of(&w, RENT_OP_HOLD));
	assert_int_equal(hold_left(&w, hold_current(&w)), 300);
	assert_int_equal(last_of(&w, RENT_OP_HOLD)->op.purpose, RENT_FOR_ACCRUAL);
	/* It is not near its end: nothing more to do. */
	w.just_loaded = true;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	work_done(&w);
}

static void where_the_provider_can_it_is_extended(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	caps.operations = ~0u;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.asked[RENT_OP_HOLD], 0);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
	assert_string_equal(hold_current(&w)->op.id, "hold-1");
	assert_int_equal(hold_left(&w, hold_current(&w)), 300);
	assert_int_equal(hold_ends_at(&w, hold_term(&w, hold_current(&w))),
	                 w.r.now + 5 * DAY);
	assert_int_equal(decide_to_rest(&w, &s), 0);
	work_done(&w);
}

/* "the failure of an extension is no end of the rental" */
static void an_extension_that_is_refused_is_a_new_hold(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	caps.operations = ~0u;
	s.extension = RENT_OP_DECLINED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 2);
	assert_int_equal(s.asked[RENT_OP_HOLD], 300);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 300);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	work_done(&w);
}

static void a_refusal_makes_no_debt_and_no_end(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	s.of[RENT_OP_HOLD] = RENT_OP_DECLINED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(hold_left(&w, hold_current(&w)), 300);
	/* A card is not asked again and again. */
	w.ops[0].called = false;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	work_done(&w);
}

static void what_could_not_be_sent_is_tried_again_later(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	s.of[RENT_OP_HOLD] = RENT_OP_NOT_EXECUTED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	for (size_t i = 0; i < w.op_count; i++)
		w.ops[i].called = false;
	w.r.now += params.debt_retry_base;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	w.r.now += params.debt_retry_base;
	s.of[RENT_OP_HOLD] = RENT_OP_SUCCEEDED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 2);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 300);
	work_done(&w);
}

static void whose_bank_wants_to_see_him_is_not_asked(void **state)
{
	(void)state;
	params.action_retry = DAY;
	for (int disputed = 0; disputed < 2; disputed++) {
		struct rental_work w = running(0);
		struct script s = all_succeed();

		w.r.payer_needed_at = disputed ? 0 : w.r.now - RENT_HOUR;
		w.r.outside_at = disputed ? w.r.now - 3 * DAY : 0;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_HOLD], 0);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
		work_done(&w);
	}
	params.action_retry = 0;
}

/* Unknown is unknown: neither another hold nor a release of the one that is known. */
static void while_the_outcome_is_open_nothing_else_begins(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	s.of[RENT_OP_HOLD] = RENT_OP_UNKNOWN;
	(void)decide_to_rest(&w, &s);
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
	assert_int_equal(w.r.open_ops, 1);
	work_done(&w);
}

static void what_is_due_is_captured_first(void **state)
{
	static const struct {
		bool extends, releases_rest;
		int64_t captured, charged, held, left;
	} cases[] = {
		/* the rest held anew */
		{ false, false, 100, 0, 200, 200 },
		{ false, true, 100, 0, 200, 200 },
		/* the rest extended */
		{ true, false, 100, 0, 0, 200 },
		/* a capture would end it: all of it is extended, and covers what is due */
		{ true, true, 0, 0, 0, 300 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = running(100);
		struct script s = all_succeed();

		params.charge_at_end = true;
		caps.capture_releases_rest = cases[i].releases_rest;
		caps.operations =
			~0u & ~(cases[i].extends ? 0 : RENT_PAY_BIT(RENT_PAY_EXTEND));
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.asked[RENT_OP_CAPTURE], cases[i].captured);
		assert_int_equal(s.asked[RENT_OP_CHARGE], cases[i].charged);
		assert_int_equal(s.asked[RENT_OP_HOLD], cases[i].held);
		assert_int_equal(hold_left(&w, hold_current(&w)), cases[i].left);
		assert_int_equal(w.r.paid, cases[i].captured);
		work_done(&w);
	}
}

/* A rental that has something new in every tick would never pay its debt. */
static void what_is_owed_comes_before_what_is_captured(void **state)
{
	struct rental_work w = running(100);
	struct script s = all_succeed();

	(void)state;
	params.charge_at_end = true;
	w.r.debt = 40;
	decide(&w);
	assert_int_equal(w.ops[w.call].op.kind, RENT_OP_CHARGE);
	assert_int_equal(w.ops[w.call].op.purpose, RENT_FOR_DEBT);
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(s.asked[RENT_OP_CHARGE], 40);
	assert_int_equal(s.asked[RENT_OP_CAPTURE], 60);
	work_done(&w);
}

static void a_disputed_rental_is_not_captured_from(void **state)
{
	struct rental_work w = running(100);
	struct script s = all_succeed();

	(void)state;
	params.charge_at_end = true;
	w.r.outside_at = w.r.now - RENT_HOUR;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CAPTURE], 0);
	assert_int_equal(s.calls[RENT_OP_HOLD], 0);
	assert_int_equal(w.r.debt, 100);
	work_done(&w);
}

/* The rest is gone with the capture, and the books say so. */
static void a_capture_without_a_new_hold_gives_the_rest_back(void **state)
{
	struct rental_work w = running(100);
	struct script s = all_succeed();

	(void)state;
	params.charge_at_end = true;
	caps.capture_releases_rest = true;
	s.of[RENT_OP_HOLD] = RENT_OP_DECLINED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.asked[RENT_OP_CAPTURE], 100);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 200);
	work_done(&w);
}

/* A page shows the newest operation of kind HOLD: only where something is to be done the rest is read. */
static void a_page_tells_of_the_end(void **state)
{
	static const struct {
		enum rent_purpose purpose;
		enum rent_op_state state;
		const char *target;
		int64_t ends_in; /* hours */
		bool reads;
	} cases[] = {
		{ RENT_FOR_START, RENT_OP_SUCCEEDED, "", 13, false },
		{ RENT_FOR_START, RENT_OP_SUCCEEDED, "", 12, true },
		{ RENT_FOR_START, RENT_OP_DECLINED, "", 1, false },
		{ RENT_FOR_ACCRUAL, RENT_OP_SUCCEEDED, "", 13, false },
		{ RENT_FOR_ACCRUAL, RENT_OP_SUCCEEDED, "hold-1", 12, true },
		{ RENT_FOR_ACCRUAL, RENT_OP_NOT_EXECUTED, "", 0, true },
		{ RENT_FOR_ACCRUAL, RENT_OP_DECLINED, "", 0, false },
		{ RENT_FOR_ACCRUAL, RENT_OP_DECLINED, "hold-1", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 0);
		struct rent_op op = { .kind = RENT_OP_HOLD,
			              .purpose = cases[i].purpose,
			              .state = cases[i].state,
			              .processed = 300,
			              .created_at = w.r.now - 5 * DAY,
			              .expires_at =
			                      w.r.now + cases[i].ends_in * RENT_HOUR };

		rent_copy(op.target_id, sizeof(op.target_id), cases[i].target);
		w.has_ops = false;
		hold_margin_shown(&w, &op);
		decide(&w);
		assert_int_equal(w.needs_ops, cases[i].reads);
		work_done(&w);
	}
}

/* One that never lasts as long as the margin is not made anew in every tick. */
static void half_of_a_short_life_is_left_alone(void **state)
{
	static const struct {
		int64_t age, left; /* minutes */
		int calls;
	} cases[] = { { 0, 60, 0 }, { 29, 31, 0 }, { 30, 30, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 0);
		struct script s = all_succeed();

		add_full(&w,
		         (struct rent_op){
				 .id = "hold-1",
				 .kind = RENT_OP_HOLD,
				 .purpose = RENT_FOR_START,
				 .state = RENT_OP_SUCCEEDED,
				 .amount = 300,
				 .created_at = w.r.now - cases[i].age * RENT_MINUTE,
				 .expires_at = w.r.now + cases[i].left * RENT_MINUTE });
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_HOLD], cases[i].calls);
		work_done(&w);
	}
}

/* A release that could not be made while it ran is made at the end: of each hold what is left. */
static void the_settlement_resolves_every_hold(void **state)
{
	struct rental_work w = settling(100, 0);
	struct script s = all_succeed();

	(void)state;
	add_full(&w, (struct rent_op){ .id = "hold-1",
	                               .kind = RENT_OP_HOLD,
	                               .purpose = RENT_FOR_START,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 300,
	                               .created_at = T0 });
	add_full(&w, (struct rent_op){ .id = "hold-2",
	                               .kind = RENT_OP_HOLD,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 300,
	                               .created_at = T0 + DAY });
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.asked[RENT_OP_CAPTURE], 100);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 500);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

static void recovery_takes_over(struct rental_work *w)
{
	w->goal = GOAL_RECOVER;
	w->leased = true;
	w->due_at = 0;
	w->r.now = w->r.work_at;
	for (size_t i = 0; i < w->op_count; i++)
		w->ops[i].called = false;
}

/* A release that fails once is no reason to leave the old hold where it is. */
static void a_replaced_hold_is_released_again(void **state)
{
	static const enum rent_op_state fails[] = { RENT_OP_DECLINED,
		                                    RENT_OP_NOT_EXECUTED };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rental_work w = running(0);
		struct script s = all_succeed();

		s.of[RENT_OP_RELEASE] = fails[i];
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		assert_true(w.r.work_at > w.r.now);
		/* The next tick leaves it to recovery, whose time stays. */
		w.due_at = w.r.work_at;
		w.just_loaded = true;
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false;
		assert_int_equal(decide_to_rest(&w, &s), 0);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		recovery_takes_over(&w);
		s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 2);
		assert_int_equal(w.r.work_at, 0);
		work_done(&w);
	}
}

static void a_replaced_hold_is_given_up_after_eight_refusals(void **state)
{
	struct rental_work w = running(0);
	struct script s = all_succeed();

	(void)state;
	s.of[RENT_OP_RELEASE] = RENT_OP_DECLINED;
	(void)decide_to_rest(&w, &s);
	for (int i = 1; i < 8; i++) {
		assert_int_not_equal(w.r.work_at, 0);
		recovery_takes_over(&w);
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], i + 1);
	}
	assert_int_equal(w.r.work_at, 0);
	work_done(&w);
}

/* Like a debt that is not collected: not in every tick, and meanwhile what becomes due is neither captured nor
 * charged. */
static void a_capture_that_fails_has_its_back_off(void **state)
{
	static const enum rent_op_state fails[] = { RENT_OP_DECLINED,
		                                    RENT_OP_NOT_EXECUTED };

	(void)state;
	params.charge_at_end = true;
	for (size_t i = 0; i < 2; i++) {
		struct rental_work w = running(100);
		struct script s = all_succeed();

		s.of[RENT_OP_HOLD] = RENT_OP_DECLINED;
		s.of[RENT_OP_CAPTURE] = fails[i];
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.asked[RENT_OP_CAPTURE], 100);
		assert_int_equal(w.r.debt, 100);
		assert_int_equal(w.r.work_at, w.r.now + params.debt_retry_base);
		/* A tick collects the debt, and nothing else. */
		w.due_at = w.r.work_at;
		w.r.now += 30 * RENT_SECOND;
		w.decided = w.charged = w.collected = false;
		w.wait_us = 0;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CAPTURE], 1);
		assert_int_equal(s.asked[RENT_OP_CHARGE], 100);
		assert_int_equal(w.r.work_at, w.due_at);
		recovery_takes_over(&w);
		w.decided = w.charged = w.collected = false;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CAPTURE], 2);
		assert_int_equal(s.asked[RENT_OP_CAPTURE], 160);
		assert_int_equal(w.r.work_at, w.r.now + 2 * params.debt_retry_base);
		recovery_takes_over(&w);
		w.decided = w.charged = w.collected = false;
		s.of[RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.asked[RENT_OP_CAPTURE], 280);
		assert_int_equal(w.r.work_at, 0);
		assert_int_equal(s.calls[RENT_OP_HOLD], 1);
		work_done(&w);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_is_held_anew_and_the_old_hold_released),
		T(where_the_provider_can_it_is_extended),
		T(an_extension_that_is_refused_is_a_new_hold),
		T(a_refusal_makes_no_debt_and_no_end),
		T(what_could_not_be_sent_is_tried_again_later),
		T(whose_bank_wants_to_see_him_is_not_asked),
		T(while_the_outcome_is_open_nothing_else_begins),
		T(what_is_due_is_captured_first),
		T(what_is_owed_comes_before_what_is_captured),
		T(a_disputed_rental_is_not_captured_from),
		T(a_capture_without_a_new_hold_gives_the_rest_back),
		T(a_page_tells_of_the_end),
		T(half_of_a_short_life_is_left_alone),
		T(the_settlement_resolves_every_hold),
		T(a_replaced_hold_is_released_again),
		T(a_replaced_hold_is_given_up_after_eight_refusals),
		T(a_capture_that_fails_has_its_back_off),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
