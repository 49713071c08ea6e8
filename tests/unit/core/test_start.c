/* SPDX-License-Identifier: MIT
 *
 * test_start.c - starts: every outcome of hold and eject, what is recorded and what is answered.
 */
#include "decisions.h"

static struct rental_work starting(bool fresh, bool refuse)
{
	struct rental_work w = rental_for(GOAL_START, RENT_STATUS_PENDING, 0);

	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_INTENT, 300);
	if (!refuse) /* else intended once the deposit is held */
		add_op(&w, "eject", RENT_OP_EJECT, RENT_OP_INTENT, 0);
	rent_copy(w.r.quote_id, sizeof(w.r.quote_id), "q1");
	params.refuse_declined = params.refuse_unavailable = refuse;
	w.leased = true;
	w.ops[0].fresh = fresh;
	if (!refuse)
		w.ops[1].fresh = fresh;
	return w;
}

static const struct start_case {
	const char *name;
	bool refuse;
	enum rent_op_state hold, eject, release;
	enum rent_status status;
	enum rent_settlement settlement;
	int64_t debt;
	int ejects, releases;
	const char *outcome; /* NULL: not answered yet */
} start_cases[] = {
	{ "all well", false, RENT_OP_SUCCEEDED, RENT_OP_SUCCEEDED, 0, RENT_STATUS_ACTIVE,
	  RENT_SETTLEMENT_OPEN, 0, 1, 0, "done" },
	{ "hold declined", false, RENT_OP_DECLINED, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_ACTIVE, RENT_SETTLEMENT_OPEN, 300, 1, 0, "done" },
	{ "hold not executed", false, RENT_OP_NOT_EXECUTED, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_ACTIVE, RENT_SETTLEMENT_OPEN, 300, 1, 0, "done" },
	{ "hold unknown is no debt", false, RENT_OP_UNKNOWN, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_ACTIVE, RENT_SETTLEMENT_OPEN, 0, 1, 0, "done" },
	{ "deposit held, under refuse", true, RENT_OP_SUCCEEDED, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_ACTIVE, RENT_SETTLEMENT_OPEN, 0, 1, 0, "done" },
	{ "refused without deposit", true, RENT_OP_DECLINED, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 0, 0, "deposit_declined" },
	{ "refuse, provider away", true, RENT_OP_NOT_EXECUTED, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 0, 0, "payment_unavailable" },
	{ "refuse, hold unknown", true, RENT_OP_UNKNOWN, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_PENDING, 0, 0, 0, "payment_unavailable" },
	{ "station refuses", false, RENT_OP_SUCCEEDED, RENT_OP_DECLINED,
	  RENT_OP_SUCCEEDED, RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 1, 1,
	  "station_refused" },
	{ "station refuses, no release", false, RENT_OP_SUCCEEDED, RENT_OP_DECLINED,
	  RENT_OP_NOT_EXECUTED, RENT_STATUS_FAILED, RENT_SETTLEMENT_PENDING, 0, 1, 1,
	  "station_refused" },
	{ "station refuses, no hold", false, RENT_OP_DECLINED, RENT_OP_DECLINED, 0,
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 1, 0, "station_refused" },
	{ "station away", false, RENT_OP_SUCCEEDED, RENT_OP_NOT_EXECUTED,
	  RENT_OP_SUCCEEDED, RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 1, 1,
	  "not_available" },
	{ "eject unknown", false, RENT_OP_SUCCEEDED, RENT_OP_UNKNOWN, 0,
	  RENT_STATUS_PENDING, RENT_SETTLEMENT_OPEN, 0, 1, 0, NULL },
	{ "all unknown", false, RENT_OP_UNKNOWN, RENT_OP_UNKNOWN, 0, RENT_STATUS_PENDING,
	  RENT_SETTLEMENT_OPEN, 0, 1, 0, NULL },
};

static void start_once(const struct start_case *c)
{
	struct script s = { .of = { [RENT_OP_HOLD] = c->hold,
		                    [RENT_OP_EJECT] = c->eject,
		                    [RENT_OP_RELEASE] = c->release } };
	struct rental_work w = starting(true, c->refuse);
	const char *outcome = NULL;
	int rounds;

	print_message("  %s\n", c->name);
	for (rounds = 0; rounds < 10; rounds++) {
		decide(&w);
		if (w.answers)
			outcome = rent_name_of(rent_verdict_names, (int)w.answer.verdict);
		if (w.has_change)
			record_change(&w);
		if (w.call == NO_CALL)
			break;
		answer_call(&w, &s);
	}
	assert_int_equal(w.r.status, c->status);
	assert_int_equal(w.r.settlement, c->settlement);
	assert_int_equal(w.r.debt, c->debt);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.calls[RENT_OP_EJECT], c->ejects);
	assert_int_equal(s.calls[RENT_OP_RELEASE], c->releases);
	assert_int_equal(s.asked[RENT_OP_RELEASE], c->releases * 300);
	assert_false(w.leased);
	if (c->outcome == NULL)
		assert_null(outcome);
	else
		assert_string_equal(outcome, c->outcome);
	if (w.r.open_ops > 0 || w.r.settlement == RENT_SETTLEMENT_PENDING)
		assert_true(w.r.work_at > w.r.now);
	else
		assert_int_equal(w.r.work_at, 0);
	work_done(&w);
}

/* Another run has the lease, and may die: what this one records must not take the start off the
 * list of those that are looked at again. */
static void an_outcome_beside_anothers_run_keeps_its_time(void **state)
{
	struct rental_work w = starting(true, false);

	(void)state;
	w.leased = false;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "another");
	w.r.lease_until = w.r.now + 30 * RENT_SECOND;
	w.r.work_at = w.r.lease_until;
	work_end_op(&w.ops[0], RENT_OP_SUCCEEDED, 300, NULL);
	work_end_op(&w.ops[1], RENT_OP_SUCCEEDED, 0, NULL);
	decide(&w);
	assert_true(w.has_change);
	assert_int_equal(w.next.status, RENT_STATUS_PENDING);
	assert_int_not_equal(w.change.work_in_us, RENT_NO_WORK);
	work_done(&w);
}

static void starts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(start_cases) / sizeof(start_cases[0]); i++)
		start_once(&start_cases[i]);
}

/* ---- a deposit that the customer has to confirm */

static struct rental_work asking(void)
{
	struct rental_work w = starting(true, false);

	caps.acts = true;
	params.action_timeout = 15 * RENT_MINUTE;
	params.resolve_base = 5 * RENT_SECOND;
	params.resolve_max = 10 * RENT_MINUTE;
	w.op_count = 1; /* the eject is intended later */
	w.r.open_ops = w.next.open_ops = 1;
	decide(&w);
	assert_int_equal(w.call, 0);
	w.ops[0].op.action = RENT_ACTION_REDIRECT;
	rent_copy(w.ops[0].op.action_value, sizeof(w.ops[0].op.action_value),
	          "https://bank.example");
	w.ops[0].acts = w.ops[0].called = true;
	work_end_op(&w.ops[0], RENT_OP_PENDING, 0, NULL);
	decide(&w);
	assert_int_equal(w.call, NO_CALL);
	assert_true(w.has_change);
	assert_non_null(w.change.action);
	assert_string_equal(w.change.action->op_id, "hold");
	assert_int_equal(w.change.action->action, RENT_ACTION_REDIRECT);
	record_change(&w);
	assert_int_equal(w.r.status, RENT_STATUS_PENDING);
	assert_false(w.leased);
	assert_false(w.answers);
	return w;
}

/* Taken up again after `seconds`, by recovery or with the key; the hold is asked for and is so. */
static void take_up(struct rental_work *w, enum goal goal, int64_t seconds,
                    struct script *s)
{
	w->r.now = w->next.now = T0 + seconds * RENT_SECOND;
	w->goal = goal;
	w->leased = true;
	w->decided = false;
	for (size_t i = 0; i < w->op_count; i++)
		w->ops[i].fresh = w->ops[i].called = false;
	(void)decide_to_rest(w, s);
}

static void look_again(struct rental_work *w, int64_t seconds, struct script *s)
{
	take_up(w, GOAL_RECOVER, seconds, s);
}

static void asking_done(struct rental_work *w)
{
	work_done(w);
	caps.acts = caps.cancels = false;
}

static void a_deposit_is_confirmed(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = asking();

	(void)state;
	look_again(&w, 60, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.calls[RENT_OP_EJECT], 1);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(w.r.debt, 0);
	asking_done(&w);
}

/* PENDING and UNKNOWN alike: nothing leaves the cabinet, and somebody looks before the time is up. */
static void a_deposit_is_waited_for(void **state)
{
	const enum rent_op_state states[] = { RENT_OP_PENDING, RENT_OP_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct script s = { .of = { [RENT_OP_HOLD] = states[i] } };
		struct rental_work w = asking();

		w.r.work_tries = w.next.work_tries = 20;
		look_again(&w, 890, &s);
		assert_int_equal(w.r.status, RENT_STATUS_PENDING);
		assert_int_equal(s.calls[RENT_OP_EJECT], 0);
		assert_int_equal(w.r.work_at, T0 + 900 * RENT_SECOND);
		asking_done(&w);
	}
}

static void a_deposit_is_forgotten_and_confirmed_too_late(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_PENDING,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = asking();

	(void)state;
	look_again(&w, 901, &s);
	assert_int_equal(w.r.status, RENT_STATUS_FAILED);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(w.answer.verdict, RENT_DEPOSIT_DECLINED);
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	s.of[RENT_OP_HOLD] = RENT_OP_SUCCEEDED;
	w.has_ops = true;
	look_again(&w, 1000, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 300);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	asking_done(&w);
}

/* ---- … and forgets, at a provider that can be told so */

static struct rental_work forgotten(struct script *s)
{
	struct rental_work w = asking();

	caps.cancels = true;
	rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), "pi_1");
	s->of[RENT_OP_HOLD] = RENT_OP_PENDING;
	look_again(&w, 901, s);
	assert_int_equal(w.r.status, RENT_STATUS_FAILED);
	assert_int_equal(w.answer.verdict, RENT_DEPOSIT_DECLINED);
	assert_int_equal(s->calls[RENT_OP_RELEASE], 1);
	assert_int_equal(s->asked[RENT_OP_RELEASE], 0);
	assert_int_equal(s->calls[RENT_OP_EJECT], 0);
	return w;
}

/* Not one moment before his time is over, and only what the provider has named. */
static void what_may_be_confirmed_is_not_cancelled(void **state)
{
	static const struct {
		int64_t seconds;
		const char *ref;
		bool cancels;
	} cases[] = { { 899, "pi_1", true }, { 901, "", true }, { 901, "pi_1", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_PENDING } };
		struct rental_work w = asking();

		caps.cancels = cases[i].cancels;
		rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), cases[i].ref);
		look_again(&w, cases[i].seconds, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 0);
		asking_done(&w);
	}
}

static void a_forgotten_deposit_is_cancelled(void **state)
{
	struct script s = { .of = { [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = forgotten(&s);

	(void)state;
	assert_int_equal(w.ops[0].op.state, RENT_OP_DECLINED);
	assert_string_equal(w.ops[0].op.result, NOT_CONFIRMED);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(w.r.open_ops, 0);
	assert_int_equal(w.ops[0].op.used, 0);
	asking_done(&w);
}

/* Asked again, each time under another id; an unknown end is found out first. */
static void a_cancel_that_fails_is_tried_again(void **state)
{
	static const struct {
		enum rent_op_state cancel;
		size_t ids; /* of 12 looks */
	} cases[] = { { RENT_OP_NOT_EXECUTED, 12 },
		      { RENT_OP_DECLINED, 8 },
		      { RENT_OP_UNKNOWN, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct script s = { .of = { [RENT_OP_RELEASE] = cases[i].cancel } };
		struct rental_work w = forgotten(&s);

		for (int n = 1; n < 12; n++)
			look_again(&w, 1000 + n, &s);
		assert_int_equal(w.op_count - 1, cases[i].ids);
		assert_int_equal(w.ops[0].op.state, RENT_OP_PENDING);
		assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
		asking_done(&w);
	}
}

/* He confirms it, and the cancel is refused: what stands is given back. */
static void a_hold_that_stands_in_spite_is_released(void **state)
{
	struct script s = { .of = { [RENT_OP_RELEASE] = RENT_OP_DECLINED } };
	struct rental_work w = forgotten(&s);

	(void)state;
	s.of[RENT_OP_HOLD] = RENT_OP_SUCCEEDED;
	s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
	look_again(&w, 1000, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 2);
	assert_int_equal(s.asked[RENT_OP_RELEASE], 300);
	assert_int_equal(w.ops[0].op.state, RENT_OP_SUCCEEDED);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	asking_done(&w);
}

/* He is refused, and could still confirm his deposit with another card. */
static void a_deposit_that_was_refused_is_cancelled(void **state)
{
	(void)state;
	for (int refuses = 0; refuses < 2; refuses++) {
		struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_DECLINED,
			                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED,
			                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
		struct rental_work w = asking();

		caps.cancels = true;
		params.refuse_declined = refuses != 0;
		rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), "pi_1");
		look_again(&w, 60, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
		assert_int_equal(s.asked[RENT_OP_RELEASE], 0);
		assert_int_equal(s.calls[RENT_OP_EJECT], !refuses);
		assert_int_equal(w.r.status,
		                 refuses ? RENT_STATUS_FAILED : RENT_STATUS_ACTIVE);
		assert_int_equal(w.r.debt, refuses ? 0 : 300);
		assert_int_equal(w.r.open_ops, 0);
		assert_false(w.leased);
		params.refuse_declined = false;
		asking_done(&w);
	}
}

/* A run that died has begun to cancel it: the next one goes on with that, and the start waits for nothing else. */
static void a_cancel_of_a_run_that_died_is_called(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_DECLINED,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_UNKNOWN } };
	struct rental_work w = asking();

	(void)state;
	caps.cancels = true;
	rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), "pi_1");
	look_again(&w, 60, &s);
	assert_int_equal(w.r.status, RENT_STATUS_PENDING);
	assert_int_equal(w.r.open_ops, 2);
	s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
	look_again(&w, 70, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 2);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(w.r.debt, 300);
	assert_int_equal(w.r.open_ops, 0);
	asking_done(&w);
}

/* Declined and unavailable are two things, and each may be refused on its own. */
static void a_no_and_no_answer_are_refused_apart(void **state)
{
	static const struct {
		bool declined, unavailable;
		enum rent_op_state hold;
		enum rent_status status;
		enum rent_verdict verdict;
	} cases[] = {
		{ true, false, RENT_OP_DECLINED, RENT_STATUS_FAILED,
		  RENT_DEPOSIT_DECLINED },
		{ true, false, RENT_OP_NOT_EXECUTED, RENT_STATUS_ACTIVE, RENT_DONE },
		{ true, false, RENT_OP_UNKNOWN, RENT_STATUS_ACTIVE, RENT_DONE },
		{ true, false, RENT_OP_PENDING, RENT_STATUS_ACTIVE, RENT_DONE },
		{ false, true, RENT_OP_DECLINED, RENT_STATUS_ACTIVE, RENT_DONE },
		{ false, true, RENT_OP_NOT_EXECUTED, RENT_STATUS_FAILED,
		  RENT_PAYMENT_UNAVAILABLE },
		{ false, true, RENT_OP_UNKNOWN, RENT_STATUS_FAILED,
		  RENT_PAYMENT_UNAVAILABLE },
		{ false, true, RENT_OP_PENDING, RENT_STATUS_FAILED,
		  RENT_PAYMENT_UNAVAILABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script s = { .of = { [RENT_OP_HOLD] = cases[i].hold,
			                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
		struct rental_work w = starting(true, true);

		params.refuse_declined = cases[i].declined;
		params.refuse_unavailable = cases[i].unavailable;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(w.r.status, cases[i].status);
		assert_int_equal(w.answer.verdict, cases[i].verdict);
		assert_int_equal(s.calls[RENT_OP_EJECT], cases[i].verdict == RENT_DONE);
		work_done(&w);
	}
	params.refuse_declined = params.refuse_unavailable = false;
}

/* A start on which the provider says neither yes nor no, after its hold. */
static struct rental_work after_no_answer(struct script *s, bool refuses)
{
	struct rental_work w = starting(true, refuses);

	params.undeposited_max = 7;
	params.refuse_declined = refuses;
	params.refuse_unavailable = false;
	decide(&w);
	if (w.has_change)
		record_change(&w);
	answer_call(&w, s);
	decide(&w);
	assert_true(w.has_change);
	assert_int_equal(w.change.undeposited_max, 7);
	assert_int_equal(s->calls[RENT_OP_EJECT], 0);
	return w;
}

/* The place is recorded before the eject leaves, once. */
static void without_a_deposit_a_place_comes_first(void **state)
{
	static const enum rent_op_state holds[] = { RENT_OP_NOT_EXECUTED, RENT_OP_UNKNOWN,
		                                    RENT_OP_PENDING };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct script s = { .of = { [RENT_OP_HOLD] = holds[i % 3],
			                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
		struct rental_work w = after_no_answer(&s, i >= 3);

		record_change(&w);
		answer_call(&w, &s);
		decide(&w);
		assert_int_equal(w.change.undeposited_max, 0);
		assert_int_equal(w.change.status, RENT_STATUS_ACTIVE);
		assert_int_equal(w.change.notes[0].kind, RENT_NOTE_UNDEPOSITED);
		(void)decide_to_rest(&w, &s);
		assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
		work_done(&w);
	}
	params.undeposited_max = 0;
	params.refuse_declined = false;
}

static void without_a_place_nothing_is_ejected(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_NOT_EXECUTED } };
	struct rental_work w = after_no_answer(&s, false);

	(void)state;
	w.undeposited_full = true;
	work_end_op(work_find_op(&w, RENT_OP_EJECT), RENT_OP_NOT_EXECUTED, 0, "full");
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_FAILED);
	assert_int_equal(w.answer.verdict, RENT_PAYMENT_UNAVAILABLE);
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	work_done(&w);
	params.undeposited_max = 0;
}

/* The powerbank may be out: it counts, and the eject is asked for again. */
static void a_start_taken_over_has_its_place(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_UNKNOWN,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, false);

	(void)state;
	params.undeposited_max = 7;
	for (size_t i = 0; i < w.op_count; i++)
		w.ops[i].fresh = false;
	decide(&w);
	answer_call(&w, &s);
	decide(&w);
	assert_true(w.change.undeposited_max == INT64_MAX);
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	work_done(&w);
	params.undeposited_max = 0;
}

/* A powerbank of a rental that began while the deposit was held has come back if it comes out for
 * this order. */
static void an_order_is_as_old_as_its_row(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, true);

	(void)state;
	decide(&w);
	answer_call(&w, &s);
	decide(&w);
	assert_true(w.has_change);
	w.change.ret = RENT_CHANGE_APPLIED;
	w.change.ret_version = w.r.version + 1;
	w.change.ret_now = T0 + 7 * RENT_SECOND;
	work_applied(&w);
	assert_int_equal(work_find_op(&w, RENT_OP_EJECT)->op.created_at,
	                 T0 + 7 * RENT_SECOND);
	assert_int_equal(work_find_op(&w, RENT_OP_HOLD)->op.created_at, T0);
	work_done(&w);
	params.refuse_declined = params.refuse_unavailable = false;
}

static void a_start_records_once_between_money_and_answer(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, false);

	(void)state;
	assert_int_equal(decide_to_rest(&w, &s), 1); /* besides start_begin */
	assert_string_equal(w.r.powerbank_id, "PB-1");
	assert_string_equal(w.answer.text, "{\"order_id\":\"r1\",\"status\":\"ACTIVE\","
	                                   "\"powerbank_id\":\"PB-1\",\"total_amount\":0,"
	                                   "\"debt\":0}");
	work_done(&w);
}

/* drive() found that the powerbank is in another rental: the start fails and says so, for the
 * customer may have it in his hands. */
static void a_powerbank_of_another_rental_is_named(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, false);
	struct work_op *eject = work_find_op(&w, RENT_OP_EJECT);

	(void)state;
	params.reissue_closes = true;
	rent_copy(eject->op.result, sizeof(eject->op.result), "PB-1");
	work_end_op(eject, RENT_OP_MANUAL, 0,
	            "the powerbank is in another live rental: r0");
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_FAILED);
	assert_int_equal(w.answer.verdict, RENT_NOT_AVAILABLE);
	assert_non_null(strstr(w.answer.detail, "'PB-1'"));
	assert_non_null(strstr(w.answer.text, w.answer.detail));
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
	work_done(&w);
	params.reissue_closes = false;
}

/* Nothing tells whether a powerbank came out: its customer is not told that the service is away. */
static void an_unclear_eject_is_called_so(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, false);

	(void)state;
	work_end_op(work_find_op(&w, RENT_OP_EJECT), RENT_OP_MANUAL, 0,
	            "2 powerbanks are gone from the cabinet");
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.answer.verdict, RENT_NOT_AVAILABLE);
	assert_non_null(strstr(w.answer.detail, "nobody can tell yet"));
	assert_non_null(strstr(w.answer.text, w.answer.detail));
	work_done(&w);
}

/* A deposit that is not held must not sell the powerbank by itself. */
static void a_large_deposit_that_is_not_held_sells_nothing(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_DECLINED,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_CHARGE] = RENT_OP_DECLINED } };
	struct rental_work w = starting(true, false);

	(void)state;
	w.r.deposit = 6000;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.debt, params.r_buyout - 1);
	w.goal = GOAL_TICK;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	work_done(&w);
}

/* A cabinet has taken the order, and the client asks again and again until it says what came out: the
 * next look of recovery must not move away with that. */
static void waiting_for_a_cabinet_is_no_failure(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_EJECT] = RENT_OP_PENDING } };
	struct rental_work w = starting(true, false);

	(void)state;
	(void)decide_to_rest(&w, &s);
	for (int i = 1; i <= 10; i++) {
		assert_int_equal(w.r.work_at - w.r.now, params.resolve_base);
		assert_int_equal(w.r.work_tries, 0);
		take_up(&w, GOAL_START, (int64_t)2 * i, &s);
		assert_int_equal(s.calls[RENT_OP_EJECT], 1 + i);
	}
	/* He went away. */
	for (int i = 0; i < 3; i++) {
		look_again(&w, 30 + 10 * i, &s);
		assert_int_equal(w.r.work_at - w.r.now, params.resolve_base << i);
	}
	work_done(&w);
}

/* Who waits for his powerbank does not stumble over his deposit again: the hold has its own time. */
static void while_a_cabinet_is_waited_for_the_hold_is_not_asked_for(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_UNKNOWN,
		                    [RENT_OP_EJECT] = RENT_OP_PENDING } };
	struct rental_work w = starting(true, false);

	(void)state;
	(void)decide_to_rest(&w, &s);
	w.only_eject = true;
	w.wait_us = 90 * RENT_SECOND; /* as the provider said to the first round */
	take_up(&w, GOAL_START, 2, &s);
	assert_int_equal(w.r.work_at - w.r.now, 90 * RENT_SECOND);
	s.of[RENT_OP_EJECT] = RENT_OP_SUCCEEDED;
	take_up(&w, GOAL_START, 4, &s);
	assert_int_equal(s.calls[RENT_OP_HOLD], 1);
	assert_int_equal(s.calls[RENT_OP_EJECT], 3);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	assert_true(w.r.work_at > w.r.now);
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(a_no_and_no_answer_are_refused_apart),
		cmocka_unit_test(a_deposit_is_confirmed),
		cmocka_unit_test(a_deposit_is_waited_for),
		cmocka_unit_test(a_deposit_is_forgotten_and_confirmed_too_late),
		cmocka_unit_test(what_may_be_confirmed_is_not_cancelled),
		cmocka_unit_test(a_forgotten_deposit_is_cancelled),
		cmocka_unit_test(a_cancel_that_fails_is_tried_again),
		cmocka_unit_test(a_deposit_that_was_refused_is_cancelled),
		cmocka_unit_test(a_cancel_of_a_run_that_died_is_called),
		cmocka_unit_test(a_hold_that_stands_in_spite_is_released),
		cmocka_unit_test(without_a_deposit_a_place_comes_first),
		cmocka_unit_test(without_a_place_nothing_is_ejected),
		cmocka_unit_test(a_start_taken_over_has_its_place),
		cmocka_unit_test(an_outcome_beside_anothers_run_keeps_its_time),
		cmocka_unit_test(waiting_for_a_cabinet_is_no_failure),
		cmocka_unit_test(while_a_cabinet_is_waited_for_the_hold_is_not_asked_for),
		cmocka_unit_test(an_order_is_as_old_as_its_row),
		cmocka_unit_test(a_start_records_once_between_money_and_answer),
		cmocka_unit_test(a_powerbank_of_another_rental_is_named),
		cmocka_unit_test(an_unclear_eject_is_called_so),
		cmocka_unit_test(a_large_deposit_that_is_not_held_sells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
