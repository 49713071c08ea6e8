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

/* ---- refused after he was asked */

/* One more look of recovery, so many seconds after T0. */
static void look_again(struct rental_work *w, int64_t seconds, struct script *s)
{
	for (size_t i = 0; i < w->op_count; i++)
		w->ops[i].fresh = w->ops[i].called = false;
	w->r.now = w->next.now = T0 + seconds * RENT_SECOND;
	w->goal = GOAL_RECOVER;
	w->leased = true;
	w->decided = false;
	(void)decide_to_rest(w, s);
}

/* The provider lets him try again with another card: not after it was refused. Nothing more changes. */
static void what_is_refused_after_he_was_asked_is_cancelled(void **state)
{
	static const struct {
		bool cancels, asked;
		const char *ref, *result;
		int calls;
	} cases[] = { { true, true, "pi_1", REFUSED_ENDED, 1 },
		      { false, true, "pi_1", "", 0 },
		      { true, false, "pi_1", "", 0 },
		      { true, true, "", "", 0 } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED,
			                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
		struct rental_work w =
			waiting(i == 1 ? RENT_STATUS_ACTIVE : RENT_STATUS_FINISHED);

		caps.cancels = cases[i].cancels;
		w.ops[0].op.action =
			cases[i].asked ? RENT_ACTION_REDIRECT : RENT_ACTION_NONE;
		rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), cases[i].ref);
		look_again(&w, 60, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], cases[i].calls);
		assert_int_equal(s.asked[RENT_OP_RELEASE], 0);
		assert_int_equal(w.ops[0].op.state, RENT_OP_DECLINED);
		assert_string_equal(w.ops[0].op.result, cases[i].result);
		assert_string_equal(w.ops[0].op.note, "scripted");
		assert_int_equal(w.r.debt, 900);
		assert_int_equal(w.r.in_flight, 0);
		assert_int_equal(w.r.open_ops, 0);
		assert_int_equal(w.r.debt_attempts, 1);
		assert_int_equal(w.r.work_at, 0);
		assert_false(w.leased);
		work_done(&w);
	}
}

/* He could still confirm it: it is in flight, and a tick takes nothing in its place. */
static void what_is_refused_stays_open_until_it_is_cancelled(void **state)
{
	static const enum rent_op_state ends[] = { RENT_OP_DECLINED, RENT_OP_NOT_EXECUTED,
		                                   RENT_OP_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED,
			                    [RENT_OP_RELEASE] = ends[i] } };
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		look_again(&w, 60, &s);
		assert_int_equal(w.ops[0].op.state, RENT_OP_PENDING);
		assert_string_equal(w.ops[0].op.result, REFUSED);
		assert_null(action_awaited(&w)); /* nobody is sent there again */
		assert_int_equal(w.r.in_flight, 900);
		assert_int_equal(w.r.debt, 900);
		assert_int_not_equal(w.r.work_at, 0);
		s.calls[RENT_OP_CHARGE] = 0;
		w.goal = GOAL_TICK;
		w.decided = w.leased = false;
		w.r.now = w.next.now = T0 + 5000 * RENT_SECOND;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
		s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
		look_again(&w, 5001, &s);
		assert_string_equal(w.ops[0].op.result, REFUSED_ENDED);
		assert_int_equal(w.r.in_flight, 0);
		assert_int_equal(w.r.open_ops, 0);
		work_done(&w);
	}
}

/* Not for ever, also where the provider is away. */
static void cancels_that_cannot_be_sent_have_an_end(void **state)
{
	(void)state;
	for (int failed = 39; failed <= 40; failed++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_PENDING,
			                    [RENT_OP_RELEASE] = RENT_OP_NOT_EXECUTED } };
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		for (int n = 0; n < failed; n++) {
			struct rent_op cancel = { .target_id = "pay",
				                  .kind = RENT_OP_RELEASE,
				                  .purpose = RENT_FOR_SETTLE,
				                  .state = RENT_OP_NOT_EXECUTED };

			(void)snprintf(cancel.id, sizeof(cancel.id), "cancel-%d", n);
			add_full(&w, cancel);
		}
		look_again(&w, 901, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], failed < 40);
		work_done(&w);
	}
}

/* He was faster. Where the provider can be asked, this run asks, once; what he has paid is paid, and nobody
 * collects it again. */
static void a_refused_cancel_looks_its_charge_up(void **state)
{
	static const struct {
		enum rent_op_state charge;
		int64_t seconds;
		bool lookup;
		int calls;
	} cases[] = { { RENT_OP_DECLINED, 60, true, 2 },
		      { RENT_OP_PENDING, 901, true, 2 },
		      { RENT_OP_PENDING, 901, false, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = cases[i].charge,
			                    [RENT_OP_RELEASE] = RENT_OP_DECLINED } };
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		if (!cases[i].lookup)
			caps.operations &= ~RENT_PAY_BIT(RENT_PAY_LOOKUP);
		look_again(&w, cases[i].seconds, &s);
		caps.operations = ~0u;
		assert_int_equal(s.calls[RENT_OP_CHARGE], cases[i].calls);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		assert_int_equal(w.ops[0].op.state, RENT_OP_PENDING);
		s.of[RENT_OP_CHARGE] = RENT_OP_SUCCEEDED;
		look_again(&w, 2000, &s);
		assert_int_equal(w.ops[0].op.state, RENT_OP_SUCCEEDED);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		assert_int_equal(w.r.paid, 900);
		assert_int_equal(w.r.debt, 0);
		assert_int_equal(w.r.open_ops, 0);
		s.calls[RENT_OP_CHARGE] = 0;
		w.goal = GOAL_TICK;
		w.decided = w.leased = false;
		w.r.now = w.next.now = T0 + 90000 * RENT_SECOND;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
		work_done(&w);
	}
}

/* The refusal may be recorded only with what is heard next (seed 6116: hundreds of questions a second). */
static void it_is_looked_up_once_in_a_run(void **state)
{
	struct rental_work w = waiting(RENT_STATUS_FINISHED);
	const struct rent_op cancel = { .id = "cancel",
		                        .target_id = "pay",
		                        .kind = RENT_OP_RELEASE,
		                        .purpose = RENT_FOR_SETTLE,
		                        .state = RENT_OP_PENDING };
	int calls = 0;

	(void)state;
	add_full(&w, cancel);
	work_end_op(work_find_id(&w, "cancel"), RENT_OP_DECLINED, 0, "scripted");
	w.goal = GOAL_RECOVER;
	w.leased = true;
	w.r.now = w.next.now = T0 + 901 * RENT_SECOND;
	for (int i = 0; i < 3; i++) {
		w.ops[0].called = true;
		w.call = NO_CALL;
		w.decided = false;
		decide(&w);
		calls += w.call == 0;
	}
	assert_int_equal(calls, 1);
	work_done(&w);
}

/* He waits for the answer: that he has paid is found out for him at once. */
static void who_pays_hears_of_a_refused_cancel(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED,
		                    [RENT_OP_RELEASE] = RENT_OP_DECLINED } };
	struct rental_work w = waiting(RENT_STATUS_FINISHED);

	(void)state;
	w.goal = GOAL_PAY;
	w.leased = true;
	w.paying.begun = true;
	rent_copy(w.paying.op_id, sizeof(w.paying.op_id), "pay");
	w.r.now = w.next.now = T0 + 60 * RENT_SECOND;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 2);
	work_done(&w);
}

/* Not for ever: then it is what the provider says. */
static void a_cancel_that_is_refused_is_given_up(void **state)
{
	(void)state;
	for (int refused = 7; refused <= 8; refused++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED,
			                    [RENT_OP_RELEASE] = RENT_OP_UNKNOWN } };
		struct rental_work w = waiting(RENT_STATUS_FINISHED);

		for (int n = 0; n < refused; n++) {
			struct rent_op cancel = { .target_id = "pay",
				                  .kind = RENT_OP_RELEASE,
				                  .purpose = RENT_FOR_SETTLE,
				                  .state = RENT_OP_DECLINED };

			(void)snprintf(cancel.id, sizeof(cancel.id), "cancel-%d", n);
			add_full(&w, cancel);
		}
		look_again(&w, 60, &s);
		assert_int_equal(w.ops[0].op.state,
		                 refused < 8 ? RENT_OP_PENDING : RENT_OP_DECLINED);
		assert_int_equal(s.calls[RENT_OP_RELEASE], refused < 8);
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
		      { true, RENT_OP_PENDING, REFUSED, true },
		      { true, RENT_OP_DECLINED, "", false },
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
	assert_false(operation_released_by_capture(
		&w, &(struct rent_op){ .kind = RENT_OP_RELEASE, .target_id = "hold" }));
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
		T(what_is_refused_stays_open_until_it_is_cancelled),
		T(cancels_that_cannot_be_sent_have_an_end),
		T(a_refused_cancel_looks_its_charge_up),
		T(it_is_looked_up_once_in_a_run),
		T(who_pays_hears_of_a_refused_cancel),
		T(a_cancel_that_is_refused_is_given_up),
		T(a_cancel_of_what_has_ended_has_ended_too),
		T(a_cancel_is_sent_whatever_was_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
