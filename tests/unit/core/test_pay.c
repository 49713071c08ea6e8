/* SPDX-License-Identifier: MIT
 *
 * test_pay.c - charges that need the customer, and what he pays himself.
 */
#include "action.h"
#include "decisions.h"
#include "operations.h"
#include "payer.h"

#define MINUTE RENT_MINUTE
#define DAY    (24 * RENT_HOUR)

static int setup(void **state)
{
	(void)state;
	params.action_timeout = 15 * MINUTE;
	params.action_retry = DAY;
	caps.acts = caps.cancels = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	caps.acts = caps.cancels = false;
	return 0;
}

/* A tick, or what recovery does, so many microseconds after T0. */
static void later(struct rental_work *w, enum goal goal, int64_t us, struct script *s)
{
	w->r.now = w->next.now = T0 + us;
	w->goal = goal;
	w->decided = w->charged = w->collected = w->leased = false;
	w->op_count = 0;
	w->r.open_ops = w->r.in_flight = w->r.in_flight_debt = 0;
	(void)decide_to_rest(w, s);
}

static struct rental_work ended_owing(int64_t debt)
{
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_FINISHED, 100);

	w.r.settlement = RENT_SETTLEMENT_DONE;
	w.r.finished_at = T0 + 100 * RENT_SECOND;
	w.r.debt = debt;
	return w;
}

/* ---- without him */

static void a_charge_that_needs_him_is_not_repeated(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED },
		            .wants_payer = true };
	struct rental_work w = ended_owing(10);

	(void)state;
	later(&w, GOAL_TICK, 100 * RENT_SECOND, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(w.r.payer_needed_at, T0 + 100 * RENT_SECOND);
	assert_int_equal(w.change.payer_needed_at, w.r.payer_needed_at);
	later(&w, GOAL_TICK, 99 * RENT_SECOND + DAY, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	later(&w, GOAL_TICK, 100 * RENT_SECOND + DAY, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 2);
	assert_int_equal(w.r.payer_needed_at, T0 + 100 * RENT_SECOND + DAY);
	/* Another refusal is another matter; so is one that is made. */
	s.wants_payer = false;
	later(&w, GOAL_TICK, 100 * RENT_SECOND + 2 * DAY, &s);
	assert_int_equal(w.r.payer_needed_at, 0);
	assert_int_equal(w.change.payer_needed_at, RENT_NO_TIME);
	work_done(&w);
}

static void what_becomes_due_meanwhile_is_debt_at_once(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 0);

	(void)state;
	w.r.payer_needed_at = T0;
	later(&w, GOAL_TICK, 100 * RENT_SECOND, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	assert_int_equal(w.r.debt, 100);
	assert_int_equal(w.change.debt_delta, 100);
	assert_non_null(w.change.debt_reason);
	later(&w, GOAL_TICK, 130 * RENT_SECOND, &s);
	assert_int_equal(w.r.debt, 130);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	work_done(&w);
}

static void a_settlement_does_not_charge_without_him(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(100, 30);

	(void)state;
	w.r.payer_needed_at = w.r.now - MINUTE;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	assert_int_equal(w.r.debt, 70);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

static void a_charge_is_paid_with_what_was_saved(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED },
		            .saved = "pm_saved" };
	struct rental_work w = ended_owing(150);

	(void)state;
	rent_copy(w.r.payment_method, sizeof(w.r.payment_method), "pm_1");
	w.r.payer_needed_at = T0 - 2 * DAY;
	(void)decide_to_rest(&w, &s);
	assert_string_equal(w.ops[0].op.method_ref, "pm_1");
	assert_string_equal(w.ops[0].op.request_key, "");
	assert_string_equal(w.r.payment_method, "pm_saved");
	assert_int_equal(w.r.payer_needed_at, 0);
	later(&w, GOAL_TICK, 200 * RENT_SECOND, &s);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(s.asked[RENT_OP_CHARGE], 150);
	assert_string_equal(w.ops[0].op.method_ref, "pm_saved");
	work_done(&w);
}

/* ---- with him */

static struct rental_work paying(struct rental_work w)
{
	w.goal = GOAL_PAY;
	w.paying = (struct paying){ .key = "0123-45",
		                    .method_ref = "pm_2",
		                    .return_url = "https://shop.example/back" };
	return w;
}

static void he_pays_all_that_he_owes(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = paying(ended_owing(250));

	(void)state;
	w.r.payer_needed_at = w.r.now;
	w.r.debt_attempts = 5;
	w.r.debt_last_attempt_at = w.r.now;
	decide(&w);
	assert_true(w.has_change);
	assert_int_equal(w.change.lease, RENT_LEASE_TAKE);
	assert_string_equal(w.change.news[0].id, w.paying.op_id);
	assert_string_equal(w.change.request->op_id, w.paying.op_id);
	assert_string_equal(w.change.request->key, "0123-45");
	assert_string_equal(w.change.request->method_ref, "pm_2");
	assert_string_equal(w.change.request->return_url, "https://shop.example/back");
	w.op_count =
		0; /* a conflict: it was not recorded, and its key must be looked for again */
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	assert_int_equal(w.r.debt, 250);
	work_done(&w);

	w = paying(ended_owing(250));
	w.r.payer_needed_at = w.r.now;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(s.asked[RENT_OP_CHARGE], 250);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(w.r.paid, 250);
	assert_int_equal(w.r.payer_needed_at, 0);
	work_done(&w);
}

static void nothing_else_is_begun_for_him(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = paying(rental_for(GOAL_PAY, RENT_STATUS_ACTIVE, 100));

	(void)state;
	assert_int_equal(decide_to_rest(&w, &s), 0); /* nothing is owed */
	w.r.debt = 10;
	w.r.in_flight = 5;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	work_done(&w);
	w = paying(ended_owing(10));
	w.r.settlement = RENT_SETTLEMENT_PENDING;
	assert_int_equal(decide_to_rest(&w, &s), 0);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	work_done(&w);
}

static struct rental_work waiting(enum rent_status status)
{
	struct rental_work w = rental_for(GOAL_RECOVER, status, 1000);
	struct rent_op op = { .id = "pay",
		              .ref = "pi_1",
		              .kind = RENT_OP_CHARGE,
		              .purpose = RENT_FOR_DEBT,
		              .state = RENT_OP_PENDING,
		              .action = RENT_ACTION_REDIRECT,
		              .request_key = "0123-45",
		              .amount = 900,
		              .created_at = T0 };

	w.r.debt = 900;
	w.r.in_flight = w.r.in_flight_debt = 900;
	w.r.open_ops = 1;
	if (status == RENT_STATUS_FINISHED) {
		w.r.settlement = RENT_SETTLEMENT_DONE;
		w.r.finished_at = T0 + 900 * RENT_SECOND;
	}
	add_full(&w, op);
	return w;
}

/* Asked for again in time; then cancelled, whatever the rental does. What he owed he owes. */
static void what_he_does_not_confirm_is_cancelled(void **state)
{
	static const enum rent_status states[] = { RENT_STATUS_ACTIVE,
		                                   RENT_STATUS_FINISHED };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_PENDING,
			                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
		struct rental_work w = waiting(states[i]);

		w.r.now = T0 + 890 * RENT_SECOND;
		w.r.work_tries = 20;
		w.leased = true;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
		assert_int_equal(w.r.work_at, T0 + 900 * RENT_SECOND);
		w.ops[0].called = w.decided = false;
		w.r.now = w.next.now = T0 + 901 * RENT_SECOND;
		w.leased = true;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		assert_int_equal(w.ops[0].op.state, RENT_OP_DECLINED);
		assert_string_equal(w.ops[0].op.result, NOT_CONFIRMED);
		assert_int_equal(w.r.debt, 900);
		assert_int_equal(w.r.in_flight, 0);
		assert_int_equal(w.r.paid, 0);
		work_done(&w);
	}
}

/* The provider lets him try again with another card: not after it was refused. Nothing more changes. */
static void what_is_refused_after_he_was_asked_is_cancelled(void **state)
{
	static const struct {
		bool cancels, asked;
		const char *ref;
		int calls;
	} cases[] = { { true, true, "pi_1", 1 },
		      { false, true, "pi_1", 0 },
		      { true, false, "pi_1", 0 },
		      { true, true, "", 0 } };
	static const enum rent_op_state ends[] = { RENT_OP_SUCCEEDED, RENT_OP_DECLINED,
		                                   RENT_OP_NOT_EXECUTED };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		size_t c = i < 4 ? i : 0;
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED,
			                    [RENT_OP_RELEASE] =
			                            ends[i < 4 ? 0 : i - 3] } };
		struct rental_work w =
			waiting(i == 1 ? RENT_STATUS_ACTIVE : RENT_STATUS_FINISHED);

		caps.cancels = cases[c].cancels;
		w.ops[0].op.action =
			cases[c].asked ? RENT_ACTION_REDIRECT : RENT_ACTION_NONE;
		rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), cases[c].ref);
		w.r.now = w.next.now = T0 + 60 * RENT_SECOND;
		w.leased = true;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], cases[c].calls);
		assert_int_equal(s.asked[RENT_OP_RELEASE], 0);
		assert_int_equal(w.ops[0].op.state, RENT_OP_DECLINED);
		assert_string_equal(w.ops[0].op.result, "");
		assert_int_equal(w.r.debt, 900);
		assert_int_equal(w.r.in_flight, 0);
		assert_int_equal(w.r.open_ops, 0);
		assert_false(w.leased);
		/* A cancel that failed is tried again, under a new id: he could still confirm it. */
		assert_int_equal(w.r.work_at != 0, i >= 4);
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false;
		w.r.now = w.next.now = T0 + 120 * RENT_SECOND;
		w.leased = true;
		s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
		if (i >= 4)
			(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], i >= 4 ? 2 : cases[c].calls);
		assert_int_equal(w.r.work_at, 0);
		work_done(&w);
	}
}

/* Not for ever, and not of what has ended otherwise. */
static void a_cancel_that_fails_is_given_up(void **state)
{
	static const struct {
		int refused;
		const char *result;
		enum rent_op_state target;
		bool left;
	} cases[] = { { 1, "", RENT_OP_DECLINED, true },
		      { 7, "", RENT_OP_DECLINED, true },
		      { 8, "", RENT_OP_DECLINED, false },
		      { 1, TARGET_ENDED, RENT_OP_DECLINED, false },
		      { 1, "", RENT_OP_SUCCEEDED, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		w.ops[0].op.state = cases[i].target;
		for (int n = 0; n < cases[i].refused; n++) {
			struct rent_op cancel = { .target_id = "pay",
				                  .kind = RENT_OP_RELEASE,
				                  .purpose = RENT_FOR_SETTLE,
				                  .state = RENT_OP_DECLINED };

			(void)snprintf(cancel.id, sizeof(cancel.id), "cancel-%d", n);
			rent_copy(cancel.result, sizeof(cancel.result), cases[i].result);
			add_full(&w, cancel);
		}
		assert_int_equal(action_cancel_is_left(&w), cases[i].left);
		work_done(&w);
	}
}

/* The rental shows so many: those of one operation must not push those of another out of sight. */
static void all_cancels_of_a_rental_have_an_end(void **state)
{
	(void)state;
	for (int sent = 39; sent <= 40; sent++) {
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		w.ops[0].op.state = RENT_OP_DECLINED;
		for (int n = 0; n < sent; n++) {
			struct rent_op cancel = { .kind = RENT_OP_RELEASE,
				                  .purpose = RENT_FOR_SETTLE,
				                  .state = RENT_OP_NOT_EXECUTED };

			(void)snprintf(cancel.id, sizeof(cancel.id), "cancel-%d", n);
			rent_copy(cancel.target_id, sizeof(cancel.target_id),
			          n % 2 == 0 ? "pay" : "another");
			add_full(&w, cancel);
		}
		assert_int_equal(action_cancel_is_left(&w), sent < 40);
		work_done(&w);
	}
}

/* Without its target a cancel cannot be sent, and need not be. */
static void a_cancel_of_what_has_ended_has_ended_too(void **state)
{
	static const struct {
		bool shown;
		enum rent_op_state state;
		const char *result;
		bool has_target;
	} cases[] = { { true, RENT_OP_PENDING, "", true },
		      { true, RENT_OP_UNKNOWN, "", true },
		      { true, RENT_OP_DECLINED, "", true },
		      { true, RENT_OP_DECLINED, NOT_CONFIRMED, false },
		      { true, RENT_OP_SUCCEEDED, "", false },
		      { true, RENT_OP_MANUAL, "", false },
		      { false, RENT_OP_PENDING, "", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rental_work w = waiting(RENT_STATUS_FINISHED);
		struct rent_exchange x;

		add_full(&w, (struct rent_op){ .id = "cancel",
		                               .target_id = "pay",
		                               .kind = RENT_OP_RELEASE,
		                               .purpose = RENT_FOR_SETTLE,
		                               .state = RENT_OP_UNKNOWN,
		                               .tries = 1 });
		w.ops[0].op.state = cases[i].state;
		rent_copy(w.ops[0].op.result, sizeof(w.ops[0].op.result),
		          cases[i].result);
		if (!cases[i].shown)
			rent_copy(w.ops[0].op.id, sizeof(w.ops[0].op.id), "another");
		assert_int_equal(action_cancel_has_target(&w, &w.ops[1].op),
		                 cases[i].has_target);
		if (!cases[i].has_target) {
			w.call = 1;
			assert_false(operation_prepare(&w, &x));
			assert_int_equal(w.ops[1].op.state, RENT_OP_NOT_EXECUTED);
			assert_true(w.ops[1].ended);
		}
		work_done(&w);
	}
}

/* A final capture gives back its hold's rest; it does not end a payment beside it. */
static void a_cancel_is_sent_whatever_was_captured(void **state)
{
	struct rental_work w = waiting(RENT_STATUS_ACTIVE);

	(void)state;
	caps.capture_releases_rest = true;
	add_full(&w, (struct rent_op){ .id = "capture",
	                               .kind = RENT_OP_CAPTURE,
	                               .purpose = RENT_FOR_SETTLE,
	                               .state = RENT_OP_SUCCEEDED,
	                               .target_id = "hold",
	                               .amount = 100 });
	assert_false(operation_released_by_capture(
		&w, &(struct rent_op){ .kind = RENT_OP_RELEASE, .target_id = "pay" }));
	assert_true(operation_released_by_capture(
		&w, &(struct rent_op){ .kind = RENT_OP_RELEASE,
	                               .amount = 200,
	                               .target_id = "hold" }));
	/* Of a hold that was made anew nothing was captured. */
	assert_false(operation_released_by_capture(
		&w, &(struct rent_op){ .kind = RENT_OP_RELEASE,
	                               .amount = 200,
	                               .target_id = "new-hold" }));
	caps.capture_releases_rest = false;
	work_done(&w);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_charge_that_needs_him_is_not_repeated),
		T(what_becomes_due_meanwhile_is_debt_at_once),
		T(a_settlement_does_not_charge_without_him),
		T(a_charge_is_paid_with_what_was_saved),
		T(he_pays_all_that_he_owes),
		T(nothing_else_is_begun_for_him),
		T(what_he_does_not_confirm_is_cancelled),
		T(what_is_refused_after_he_was_asked_is_cancelled),
		T(a_cancel_that_fails_is_given_up),
		T(all_cancels_of_a_rental_have_an_end),
		T(a_cancel_of_what_has_ended_has_ended_too),
		T(a_cancel_is_sent_whatever_was_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
