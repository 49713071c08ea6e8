/* SPDX-License-Identifier: MIT
 *
 * test_decide.c - decisions, driven as drive() does it but with every outcome chosen by
 * the test: each state of a rental, and settlement against an oracle over all outcomes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "debt.h"
#include "decide.h"

#define T0 (INT64_C(1700000000) * RENT_SECOND)

static struct params params = {
	.r_buyout = 5000,
	.charge_min_amount = 1,
	.debt_charge_step = 100,
	.debt_retry_base = 60 * RENT_SECOND,
	.debt_retry_max = 3600 * RENT_SECOND,
	.start_lease = 30 * RENT_SECOND,
	.resolve_base = 5 * RENT_SECOND,
	.resolve_max = 600 * RENT_SECOND,
};
static struct rent_payment_caps caps = { .operations = ~0u };

/* The answers of the world, by kind of operation. */
struct script {
	enum rent_op_state of[RENT_OP_EJECT + 1];
	int64_t processed; /* of a success; 0: all */
	int calls[RENT_OP_EJECT + 1];
	int64_t asked[RENT_OP_EJECT + 1];
};

static void answer(struct rental_work *w, struct script *s)
{
	struct work_op *op = &w->ops[w->call];
	enum rent_op_state state = s->of[op->op.kind];

	assert_false(op->called);
	assert_false(op->unrecorded); /* intent before send */
	op->called = true;
	s->calls[op->op.kind]++;
	s->asked[op->op.kind] += op->op.amount;
	if (op->op.kind == RENT_OP_EJECT && state == RENT_OP_SUCCEEDED)
		rent_copy(op->op.result, sizeof(op->op.result), "PB-1");
	work_end_op(op, state,
	            state != RENT_OP_SUCCEEDED ? 0
	            : s->processed > 0         ? s->processed
	                                       : op->op.amount,
	            "scripted");
}

static void record(struct rental_work *w)
{
	w->change.ret = RENT_CHANGE_APPLIED;
	w->change.ret_version = w->r.version + 1;
	w->change.ret_now = w->r.now;
	work_applied(w);
}

/* Runs the item to rest; changes recorded are counted. */
static int run(struct rental_work *w, struct script *s)
{
	int recorded = 0, rounds;

	for (rounds = 0; rounds < 20; rounds++) {
		decide(w);
		assert_false(w->needs_ops);
		if (w->has_change) {
			recorded++;
			record(w);
		}
		if (w->call == NO_CALL)
			return recorded;
		answer(w, s);
	}
	fail_msg("the plan does not come to rest");
	return -1;
}

/* As storage would show it: with all that is there already. */
static void load_one_more(struct rental_work *w, const struct rent_rental *r,
                          const struct rent_op *op)
{
	struct rent_op there[WORK_OPS];
	const struct rent_op *list[WORK_OPS + 1];
	size_t n = w->op_count;

	for (size_t i = 0; i < n; i++) {
		there[i] = w->ops[i].op;
		list[i] = &there[i];
	}
	list[n] = op;
	assert_int_equal(work_load(w, r, list, n + 1), 0);
}

static void add_op(struct rental_work *w, const char *id, enum rent_op_kind kind,
                   enum rent_op_state state, int64_t amount)
{
	struct rent_op op = {
		.struct_size = sizeof(op),
		.kind = kind,
		.state = state,
		.amount = amount,
		.processed = state == RENT_OP_SUCCEEDED ? amount : 0,
		.created_at = T0,
		.purpose = RENT_FOR_START,
	};
	struct rent_rental r = w->r;

	if (rent_op_is_open(state))
		r.open_ops++;
	rent_copy(op.id, sizeof(op.id), id);
	load_one_more(w, &r, &op);
}

static struct rental_work rental(enum goal goal, enum rent_status status, int64_t seconds)
{
	struct rental_work w;
	struct rent_rental r = {
		.struct_size = sizeof(r),
		.id = "r1",
		.status = status,
		.deposit = 300,
		.settlement = RENT_SETTLEMENT_OPEN,
		.price_per_hour = 3600,
		.now = T0 + seconds * RENT_SECOND,
		.version = 1,
		.started_at = status == RENT_STATUS_PENDING ? 0 : T0,
	};

	work_init(&w, NULL, &params, &caps, goal);
	assert_int_equal(work_load(&w, &r, NULL, 0), 0);
	return w;
}

/* ---- start */

static struct rental_work starting(bool fresh, bool refuse)
{
	struct rental_work w = rental(GOAL_START, RENT_STATUS_PENDING, 0);

	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_INTENT, 300);
	if (!refuse) /* else intended once the deposit is held */
		add_op(&w, "eject", RENT_OP_EJECT, RENT_OP_INTENT, 0);
	rent_copy(w.r.quote_id, sizeof(w.r.quote_id), "q1");
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
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_DONE, 0, 0, 0, "not_available" },
	{ "refuse, hold unknown", true, RENT_OP_UNKNOWN, RENT_OP_SUCCEEDED, 0,
	  RENT_STATUS_FAILED, RENT_SETTLEMENT_PENDING, 0, 0, 0, "not_available" },
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
			record(&w);
		if (w.call == NO_CALL)
			break;
		answer(&w, &s);
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

static void starts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(start_cases) / sizeof(start_cases[0]); i++)
		start_once(&start_cases[i]);
}

static void a_start_records_once_between_money_and_answer(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = starting(true, false);

	(void)state;
	assert_int_equal(run(&w, &s), 1); /* besides start_begin */
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
	rent_copy(eject->op.result, sizeof(eject->op.result), "PB-1");
	work_end_op(eject, RENT_OP_MANUAL, 0,
	            "the powerbank is in another live rental: r0");
	(void)run(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_FAILED);
	assert_int_equal(w.answer.verdict, RENT_NOT_AVAILABLE);
	assert_non_null(strstr(w.answer.detail, "'PB-1'"));
	assert_non_null(strstr(w.answer.text, w.answer.detail));
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
	work_done(&w);
}

/* The hold that stayed unknown at the start turns out declined while the rental runs. */
static void a_late_decline_of_the_hold_becomes_debt(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_DECLINED } };
	struct rental_work w = rental(GOAL_RECOVER, RENT_STATUS_ACTIVE, 10);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_UNKNOWN, 300);
	w.leased = true;
	assert_int_equal(run(&w, &s), 1);
	assert_int_equal(w.r.debt, 300);
	assert_int_equal(w.r.open_ops, 0);
	work_done(&w);
}

/* ---- the tick */

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
			rental(GOAL_TICK, RENT_STATUS_ACTIVE, cases[i].seconds);

		print_message("  %s\n", cases[i].name);
		w.r.paid = cases[i].paid;
		w.r.debt = cases[i].debt;
		w.r.in_flight = cases[i].in_flight;
		w.r.open_ops = cases[i].in_flight > 0;
		(void)run(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], cases[i].calls);
		assert_int_equal(w.r.paid, cases[i].want_paid);
		assert_int_equal(w.r.debt, cases[i].want_debt);
		assert_int_equal(w.r.in_flight, cases[i].want_in_flight);
		work_done(&w);
	}
}

static void a_failed_debt_step_is_counted_and_a_good_one_resets(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED } };
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 10);

	(void)state;
	w.r.debt = 10;
	(void)run(&w, &s);
	assert_int_equal(w.r.debt_attempts, 1);
	assert_int_equal(w.r.debt_last_attempt_at, w.r.now);
	work_done(&w);

	s.of[RENT_OP_CHARGE] = RENT_OP_SUCCEEDED;
	w = rental(GOAL_TICK, RENT_STATUS_FINISHED, 10);
	w.r.finished_at = T0 + 5 * RENT_SECOND;
	w.r.settlement = RENT_SETTLEMENT_DONE;
	w.r.debt = 5;
	w.r.debt_attempts = 3;
	w.r.debt_last_attempt_at = w.r.now - RENT_HOUR;
	(void)run(&w, &s);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(w.r.paid, 5);
	assert_int_equal(w.r.debt_attempts, 0);
	assert_int_equal(w.r.debt_last_attempt_at, 0);
	work_done(&w);
}

static void the_tick_leaves_others_work_alone(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 50);

	(void)state;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "another");
	w.r.lease_until = w.r.now + 1;
	assert_int_equal(run(&w, &s), 0);
	w.r.lease_until = w.r.now; /* has run out */
	assert_int_equal(run(&w, &s), 2);
	assert_int_equal(w.r.paid, 50);
	work_done(&w);
}

static void buyout_when_exposure_reaches_it(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 9000);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	w.r.paid = 4000;
	w.r.debt = 300;
	(void)run(&w, &s);
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
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 9000);

	(void)state;
	w.has_ops = false;
	w.r.paid = 5000;
	decide(&w);
	assert_true(w.needs_ops);
	assert_false(w.has_change);
	work_done(&w);
}

/* ---- stop */

static void a_stop_during_a_charge_only_ends_the_rental(void **state)
{
	struct script s = { 0 };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 50);

	(void)state;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "worker");
	w.r.lease_until = w.r.now + RENT_SECOND;
	w.r.in_flight = 50;
	w.r.open_ops = 1;
	decide(&w);
	assert_int_equal(w.change.lease, RENT_LEASE_NONE);
	record(&w);
	assert_int_equal(w.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.r.finished_at, T0 + 50 * RENT_SECOND);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(w.r.work_at, w.r.now);
	assert_int_equal(run(&w, &s), 0);
	work_done(&w);
}

/* The database's clock was set back between the start and the stop. */
static void a_rental_never_ends_before_it_began(void **state)
{
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, -3);

	(void)state;
	w.leased = true;
	decide(&w);
	assert_int_equal(w.next.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.next.finished_at, T0);
	assert_int_equal(w.next.final_amount, 0);
	work_done(&w);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What settlement must come to, written from the rule's text alone. */
struct settled {
	int64_t paid, debt, captured, released, refunded;
	bool done;
};

static struct settled oracle(int64_t final, int64_t paid, int64_t held,
                             enum rent_op_state capture, enum rent_op_state charge,
                             enum rent_op_state refund, enum rent_op_state release)
{
	struct settled w = { .paid = paid, .done = true };
	int64_t unpaid = final - paid;

	if (unpaid > 0 && held > 0) {
		if (capture == RENT_OP_SUCCEEDED) {
			w.captured = least(unpaid, held);
			w.paid += w.captured;
			unpaid -= w.captured;
		} else if (capture == RENT_OP_NOT_EXECUTED) {
			w.debt = unpaid;
			w.done = false;
			return w;
		}
	}
	if (unpaid > 0 && charge == RENT_OP_SUCCEEDED) {
		w.paid += unpaid;
		unpaid = 0;
	}
	if (unpaid < 0) {
		if (refund == RENT_OP_SUCCEEDED) {
			w.refunded = -unpaid;
			w.paid += unpaid;
		} else {
			w.done = false; /* the rest of the hold goes back all the same */
		}
	}
	w.debt = unpaid > 0 ? unpaid : 0;
	if (held - w.captured > 0) {
		if (release == RENT_OP_SUCCEEDED)
			w.released = held - w.captured;
		else
			w.done = false; /* and tried again */
	}
	return w;
}

static const enum rent_op_state ends[] = { RENT_OP_SUCCEEDED, RENT_OP_DECLINED,
	                                   RENT_OP_NOT_EXECUTED };

static void settle_once(int64_t final, int64_t paid, int64_t held, int64_t debt,
                        const enum rent_op_state e[4])
{
	struct script s = { .of = { [RENT_OP_CAPTURE] = e[0],
		                    [RENT_OP_CHARGE] = e[1],
		                    [RENT_OP_REFUND] = e[2],
		                    [RENT_OP_RELEASE] = e[3] } };
	struct settled want = oracle(final, paid, held, e[0], e[1], e[2], e[3]);
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, final);
	struct work_op *hold;

	if (held > 0)
		add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, held);
	if (paid > 0)
		add_op(&w, "charge", RENT_OP_CHARGE, RENT_OP_SUCCEEDED, paid);
	w.r.paid = paid;
	w.r.debt = debt;
	(void)run(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.r.paid, want.paid);
	assert_int_equal(w.r.debt, want.debt);
	assert_int_equal(w.r.settlement == RENT_SETTLEMENT_DONE, want.done);
	hold = work_find_op(&w, RENT_OP_HOLD);
	if (hold != NULL)
		assert_int_equal(hold->op.used, want.captured + want.released);
	if (want.done) /* I2, exactly; a refund declined is not done */
		assert_int_equal(w.r.paid + w.r.debt, final);
	work_done(&w);
}

static void settlement_oracle(void **state)
{
	static const int64_t finals[] = { 0, 1, 99, 300, 301, 1000 };
	static const int64_t paids[] = { 0, 1, 100, 300, 1500 };
	static const int64_t helds[] = { 0, 1, 150, 300 };
	static const int64_t debts[] = { 0, 300 };
	size_t f, p, h, d, c;

	(void)state;
	for (f = 0; f < 6; f++)
		for (p = 0; p < 5; p++)
			for (h = 0; h < 4; h++)
				for (d = 0; d < 2; d++)
					for (c = 0; c < 81; c++) {
						enum rent_op_state e[4] = {
							ends[c % 3],
							ends[c / 3 % 3],
							ends[c / 9 % 3],
							ends[c / 27 % 3],
						};

						settle_once(finals[f], paids[p], helds[h],
						            debts[d], e);
					}
}

/* Broken off by a dead provider, taken up by recovery: the same end. */
static void a_settlement_put_off_ends_as_if_it_had_not_been(void **state)
{
	struct script s = { .of = { [RENT_OP_CAPTURE] = RENT_OP_NOT_EXECUTED,
		                    [RENT_OP_CHARGE] = RENT_OP_NOT_EXECUTED,
		                    [RENT_OP_RELEASE] = RENT_OP_NOT_EXECUTED } };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 200);
	int64_t first_wait;
	size_t i;

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	(void)run(&w, &s);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(w.r.debt, 200);
	first_wait = w.r.work_at - w.r.now;
	assert_int_equal(first_wait, params.resolve_base);

	for (i = 0; i < RENT_OP_EJECT; i++)
		s.of[i] = RENT_OP_SUCCEEDED;
	for (i = 0; i < w.op_count; i++)
		w.ops[i].called = false; /* a new run */
	w.goal = GOAL_RECOVER;
	w.leased = true;
	(void)run(&w, &s);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(w.r.paid, 200);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(work_find_op(&w, RENT_OP_HOLD)->op.used, 300);
	assert_int_equal(w.r.work_at, 0);
	work_done(&w);
}

static void an_unknown_capture_stops_everything_until_it_is_known(void **state)
{
	struct script s = { .of = { [RENT_OP_CAPTURE] = RENT_OP_UNKNOWN } };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 200);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	(void)run(&w, &s);
	assert_int_equal(w.r.debt, 0); /* unknown is never debt */
	assert_int_equal(w.r.in_flight, 200);
	assert_int_equal(s.calls[RENT_OP_CHARGE] + s.calls[RENT_OP_RELEASE], 0);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	work_done(&w);
}

static void a_part_capture_is_followed_by_the_rest(void **state)
{
	struct script s = { .of = { [RENT_OP_CAPTURE] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED },
		            .processed = 50 };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 100);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 100);
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CAPTURE], 2);
	assert_int_equal(w.r.paid, 100);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

static void an_expired_hold_is_not_captured_and_not_released(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 100);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	w.ops[0].op.expires_at = w.r.now;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CAPTURE] + s.calls[RENT_OP_RELEASE], 0);
	assert_int_equal(w.r.paid, 100);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

/* ---- conflicts */

static void an_outcome_heard_survives_a_reload(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 50);
	struct rent_op recorded;
	const struct rent_op *list[] = { &recorded };
	struct rent_rental now;

	(void)state;
	decide(&w);
	record(&w);
	answer(&w, &s);
	/* meanwhile a stop ended the rental: our change conflicts, we read again */
	recorded = w.ops[0].op;
	recorded.state = RENT_OP_INTENT;
	recorded.processed = 0;
	now = w.r;
	now.version += 1;
	now.status = RENT_STATUS_FINISHED;
	now.settlement = RENT_SETTLEMENT_PENDING;
	now.finished_at = T0 + 40 * RENT_SECOND;
	assert_int_equal(work_load(&w, &now, list, 1), 0);
	s.of[RENT_OP_REFUND] = RENT_OP_SUCCEEDED;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(s.asked[RENT_OP_REFUND], 10); /* charged 50, final is 40 */
	assert_int_equal(w.r.paid, 40);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

/* A stop reads the rental while the tick's charge is on its way; the worker then records that
 * it was never sent and gives the lease back, so that the stop conflicts and reads again. The
 * charge has ended: it must not be sent, although the stop has seen it open. */
static void a_charge_that_ended_meanwhile_is_not_sent_again(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 50);
	struct rent_op charge = { .struct_size = sizeof(charge),
		                  .id = "c",
		                  .kind = RENT_OP_CHARGE,
		                  .purpose = RENT_FOR_ACCRUAL,
		                  .state = RENT_OP_INTENT,
		                  .amount = 50,
		                  .created_at = T0 };
	struct rent_rental now = w.r;

	(void)state;
	now.open_ops = 1;
	now.in_flight = 50;
	rent_copy(now.lease_token, sizeof(now.lease_token), "worker");
	now.lease_until = now.now + RENT_SECOND;
	load_one_more(&w, &now, &charge);
	decide(&w);
	assert_int_equal(w.call, NO_CALL);
	/* not executed: debt, and storage shows it no more */
	now.version++;
	now.open_ops = now.in_flight = 0;
	now.debt = 50;
	now.lease_token[0] = '\0';
	now.lease_until = 0;
	assert_int_equal(work_load(&w, &now, NULL, 0), 0);
	(void)run(&w, &s);
	for (size_t i = 0; i < w.op_count; i++)
		assert_string_not_equal(w.ops[i].op.id, "c");
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1); /* that of the settlement */
	assert_int_equal(w.r.paid, 50);
	assert_int_equal(w.r.debt, 0);
	work_done(&w);
}

/* Loads one more operation: OP without its size and, if it SUCCEEDED, what was processed. */
static void add_full(struct rental_work *w, struct rent_op op)
{
	struct rent_rental r = w->r;

	op.struct_size = sizeof(op);
	if (op.state == RENT_OP_SUCCEEDED)
		op.processed = op.amount;
	load_one_more(w, &r, &op);
}

static struct rental_work settling(int64_t final, int64_t paid)
{
	struct rental_work w = rental(GOAL_RECOVER, RENT_STATUS_FINISHED, 100000);

	w.r.settlement = RENT_SETTLEMENT_PENDING;
	w.r.finished_at = T0 + final * RENT_SECOND; /* 1 a second */
	w.r.paid = paid;
	w.leased = true;
	return w;
}

/* A stop comes upon a settlement whose driver has died or sleeps: it asks for the open capture
 * once more, but only with the lease, else the sleeper might conclude meanwhile that nothing
 * was sent. */
static void whoever_asks_again_takes_the_lease(void **state)
{
	struct rental_work w = settling(50, 0);

	(void)state;
	w.goal = GOAL_STOP;
	w.leased = false;
	w.r.open_ops = 1;
	w.r.in_flight = 50;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "sleeper");
	w.r.lease_until = w.r.now - 1;
	add_full(&w, (struct rent_op){ .id = "c",
	                               .kind = RENT_OP_CAPTURE,
	                               .purpose = RENT_FOR_SETTLE,
	                               .state = RENT_OP_INTENT,
	                               .amount = 50,
	                               .created_at = T0 });
	decide(&w);
	assert_int_not_equal(w.call, NO_CALL);
	assert_true(w.has_change);
	assert_int_equal(w.change.lease, RENT_LEASE_TAKE);
	record(&w);
	assert_true(w.leased);
	work_done(&w);
}

/* A refund whose outcome nobody could tell (MANUAL) must not be made again under another id
 * from another charge. */
static void a_refund_in_doubt_is_not_made_again(void **state)
{
	struct script s = { .of = { [RENT_OP_REFUND] = RENT_OP_SUCCEEDED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(100, 200);

	(void)state;
	add_full(&w, (struct rent_op){ .id = "a",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 100,
	                               .created_at = T0 });
	add_full(&w, (struct rent_op){ .id = "b",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 100,
	                               .used = 100,
	                               .created_at = T0 + 1 });
	add_full(&w, (struct rent_op){ .id = "rb",
	                               .kind = RENT_OP_REFUND,
	                               .purpose = RENT_FOR_SETTLE,
	                               .state = RENT_OP_MANUAL,
	                               .amount = 100,
	                               .target_id = "b",
	                               .created_at = T0 + 2 });
	w.has_ops = w.just_loaded = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_REFUND], 0);
	work_done(&w);
}

/* A refund that the provider declines must not keep the deposit held. */
static void a_declined_refund_does_not_keep_the_hold(void **state)
{
	struct script s = { .of = { [RENT_OP_REFUND] = RENT_OP_DECLINED,
		                    [RENT_OP_RELEASE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(100, 200);

	(void)state;
	add_full(&w, (struct rent_op){ .id = "h",
	                               .kind = RENT_OP_HOLD,
	                               .purpose = RENT_FOR_START,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 300,
	                               .created_at = T0 });
	add_full(&w, (struct rent_op){ .id = "a",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 200,
	                               .created_at = T0 });
	w.has_ops = w.just_loaded = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 1);
	work_done(&w);
}

/* A release that is refused is tried again in later runs, eight times in all; then a person has
 * to give the deposit back, which the audit shows. */
static void a_refused_release_is_tried_eight_times(void **state)
{
	struct script s = { .of = { [RENT_OP_RELEASE] = RENT_OP_DECLINED } };
	struct rental_work w = settling(100, 100);
	int64_t work_at = 0;

	(void)state;
	add_full(&w, (struct rent_op){ .id = "h",
	                               .kind = RENT_OP_HOLD,
	                               .purpose = RENT_FOR_START,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 300,
	                               .created_at = T0 });
	for (int i = 1; i <= 8; i++) {
		(void)run(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], i);
		assert_int_equal(w.r.settlement,
		                 i < 8 ? RENT_SETTLEMENT_PENDING : RENT_SETTLEMENT_DONE);
		assert_true(i == 8 || w.r.work_at > work_at); /* backs off */
		work_at = w.r.work_at;
		w.leased = true;
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false; /* the next run's */
	}
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 8);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(work_left_of(&w, work_find_op(&w, RENT_OP_HOLD)), 300);
	work_done(&w);
}

/* An amount in doubt is no reason to refund money that was certainly paid and is
 * certainly due. */
static void doubt_is_not_refunded_from_certain_money(void **state)
{
	struct script s = { .of = { [RENT_OP_REFUND] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(120, 100);

	(void)state;
	w.r.in_doubt = 80;
	add_full(&w, (struct rent_op){ .id = "a",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 100,
	                               .created_at = T0 });
	add_full(&w, (struct rent_op){ .id = "b",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_DEBT,
	                               .state = RENT_OP_MANUAL,
	                               .amount = 80,
	                               .created_at = T0 });
	w.has_ops = w.just_loaded = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_REFUND], 0);
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
	(void)run(&w, &s);
	assert_int_equal(w.r.debt, params.r_buyout - 1);
	w.goal = GOAL_TICK;
	(void)run(&w, &s);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
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
	assert_int_equal(run(&w, &s), 0);
	w.goal = GOAL_RECOVER;
	w.leased = true;
	(void)run(&w, &s);
	assert_int_equal(w.r.paid, 100);
	work_done(&w);
}

/* A reload of r_buyout does not change what an ended rental costs. */
static void the_price_of_an_ended_rental_is_fixed(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct params later = params;
	struct rental_work w = rental(GOAL_STOP, RENT_STATUS_ACTIVE, 300);

	(void)state;
	(void)run(&w, &s);
	assert_true(w.r.has_final);
	assert_int_equal(w.r.final_amount, 300);
	later.r_buyout = 200;
	assert_int_equal(cost_at(&later, &w.r, w.r.now), 300);
	work_done(&w);
}

/* An amount that may have been collected is not asked for again: it moves from the debt
 * to the doubt. */
static void a_collection_in_doubt_leaves_the_debt(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_MANUAL } };
	struct rental_work w = settling(100, 20);

	(void)state;
	w.r.settlement = RENT_SETTLEMENT_DONE;
	w.r.debt = 80;
	w.r.in_flight = w.r.in_flight_debt = 50;
	w.r.open_ops = 1;
	add_full(&w, (struct rent_op){ .id = "d",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_DEBT,
	                               .state = RENT_OP_UNKNOWN,
	                               .amount = 50,
	                               .created_at = T0 });
	(void)run(&w, &s);
	assert_int_equal(w.r.debt, 30);
	assert_int_equal(w.r.in_doubt, 50);
	assert_int_equal(w.r.in_flight, 0);
	assert_int_equal(w.r.in_flight_debt, 0);
	assert_int_equal(w.r.paid, 20);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	work_done(&w);
}

/* Storage shows 64 operations: what is open beyond them is waited for all the same. */
static void what_is_open_and_not_shown_is_waited_for(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(100, 20);

	(void)state;
	w.r.open_ops = 1;
	w.has_ops = w.just_loaded = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	work_done(&w);
}

/* The newest charge with something left, in whatever order they are shown. */
static void the_newest_charge_is_given_back_first(void **state)
{
	static const char *const ids[] = { "a", "c", "b" };
	static const int64_t at[] = { T0, T0 + 2, T0 + 1 };
	struct script s = { .of = { [RENT_OP_REFUND] = RENT_OP_SUCCEEDED } };
	struct rental_work w = settling(200, 300);
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct rent_op op = { .kind = RENT_OP_CHARGE,
			              .purpose = RENT_FOR_ACCRUAL,
			              .state = RENT_OP_SUCCEEDED,
			              .amount = 100,
			              .created_at = at[i] };

		rent_copy(op.id, sizeof(op.id), ids[i]);
		add_full(&w, op);
	}
	w.has_ops = w.just_loaded = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_REFUND], 1);
	assert_int_equal(w.r.paid, 200);
	assert_string_equal(work_find_op(&w, RENT_OP_REFUND)->op.target_id, "c");
	work_done(&w);
}

/* A row that another program left PENDING: nothing is known of it, nothing is begun. */
static void a_start_of_somebody_else_is_left_alone(void **state)
{
	struct script s = { .of = { [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental(GOAL_RECOVER, RENT_STATUS_PENDING, 100);

	(void)state;
	w.leased = w.has_ops = true;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	assert_int_equal(w.r.status, RENT_STATUS_PENDING);
	work_done(&w);
}

/* The tick's own charge stays open while other work has its time far ahead: it is asked for
 * soon, not with the other. */
static void a_charge_that_stayed_open_is_asked_for_soon(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_UNKNOWN } };
	struct rental_work w = rental(GOAL_TICK, RENT_STATUS_ACTIVE, 50);

	(void)state;
	add_op(&w, "h", RENT_OP_HOLD, RENT_OP_UNKNOWN, 300);
	w.due_at = w.r.now + 600 * RENT_SECOND;
	(void)run(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(s.calls[RENT_OP_HOLD], 0);
	assert_true(w.r.work_at == w.r.now + params.resolve_base);
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(a_start_records_once_between_money_and_answer),
		cmocka_unit_test(a_powerbank_of_another_rental_is_named),
		cmocka_unit_test(a_late_decline_of_the_hold_becomes_debt),
		cmocka_unit_test(ticks),
		cmocka_unit_test(a_failed_debt_step_is_counted_and_a_good_one_resets),
		cmocka_unit_test(the_tick_leaves_others_work_alone),
		cmocka_unit_test(buyout_when_exposure_reaches_it),
		cmocka_unit_test(
			a_row_without_operations_is_read_again_before_it_is_settled),
		cmocka_unit_test(a_stop_during_a_charge_only_ends_the_rental),
		cmocka_unit_test(a_rental_never_ends_before_it_began),
		cmocka_unit_test(settlement_oracle),
		cmocka_unit_test(a_settlement_put_off_ends_as_if_it_had_not_been),
		cmocka_unit_test(an_unknown_capture_stops_everything_until_it_is_known),
		cmocka_unit_test(a_part_capture_is_followed_by_the_rest),
		cmocka_unit_test(an_expired_hold_is_not_captured_and_not_released),
		cmocka_unit_test(an_outcome_heard_survives_a_reload),
		cmocka_unit_test(a_charge_that_ended_meanwhile_is_not_sent_again),
		cmocka_unit_test(whoever_asks_again_takes_the_lease),
		cmocka_unit_test(a_refund_in_doubt_is_not_made_again),
		cmocka_unit_test(a_declined_refund_does_not_keep_the_hold),
		cmocka_unit_test(a_refused_release_is_tried_eight_times),
		cmocka_unit_test(doubt_is_not_refunded_from_certain_money),
		cmocka_unit_test(a_large_deposit_that_is_not_held_sells_nothing),
		cmocka_unit_test(the_tick_leaves_settlements_to_recovery),
		cmocka_unit_test(the_price_of_an_ended_rental_is_fixed),
		cmocka_unit_test(a_collection_in_doubt_leaves_the_debt),
		cmocka_unit_test(what_is_open_and_not_shown_is_waited_for),
		cmocka_unit_test(the_newest_charge_is_given_back_first),
		cmocka_unit_test(a_start_of_somebody_else_is_left_alone),
		cmocka_unit_test(a_charge_that_stayed_open_is_asked_for_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
