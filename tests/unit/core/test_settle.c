/* SPDX-License-Identifier: MIT
 *
 * test_settle.c - settlement: against an oracle over all outcomes, and the operations it must wait for.
 */
#include "decisions.h"

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
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, final);
	struct work_op *hold;

	if (held > 0)
		add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, held);
	if (paid > 0)
		add_op(&w, "charge", RENT_OP_CHARGE, RENT_OP_SUCCEEDED, paid);
	w.r.paid = paid;
	w.r.debt = debt;
	(void)decide_to_rest(&w, &s);
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

/* At T0, unless it says otherwise. */
#define OP(id_, kind_, purpose_, state_, amount_, ...)                                \
	{                                                                             \
		.id = (id_), .kind = RENT_OP_##kind_, .purpose = RENT_FOR_##purpose_, \
		.state = RENT_OP_##state_, .amount = (amount_), __VA_ARGS__           \
	}
#define ANSWERS(kind, state) [RENT_OP_##kind] = RENT_OP_##state
#define CALLS(kind, n)       [RENT_OP_##kind] = (n)

/* Rows say all of what a settlement leaves behind; what is not named is 0. */
static const struct settle_case {
	const char *name;
	bool stops; /* a running rental; else one that ended and is to be settled */
	int64_t final;
	/* As it is before. */
	int64_t paid, debt, in_flight, in_flight_debt, in_doubt;
	int open;
	bool was_done;
	struct rent_op ops[4];
	enum rent_op_state answers[RENT_OP_EJECT + 1];
	int64_t processed;
	/* As it is after. */
	int calls[RENT_OP_EJECT + 1];
	int64_t want_paid, want_debt, want_in_flight, want_in_doubt;
	bool done;
	const char *refunded; /* NULL: whatever */
} settle_cases[] = {
	/* clang-format off */
	{ .name = "an unknown capture stops everything, and is no debt", .stops = true, .final = 200,
	  .ops = { OP("hold", HOLD, START, SUCCEEDED, 300) },
	  .answers = { ANSWERS(CAPTURE, UNKNOWN) },
	  .calls = { CALLS(CAPTURE, 1) }, .want_in_flight = 200 },
	{ .name = "a part capture is followed by the rest", .stops = true, .final = 100,
	  .ops = { OP("hold", HOLD, START, SUCCEEDED, 100) },
	  .answers = { ANSWERS(CAPTURE, SUCCEEDED), ANSWERS(RELEASE, SUCCEEDED) }, .processed = 50,
	  .calls = { CALLS(CAPTURE, 2) }, .want_paid = 100, .done = true },
	{ .name = "an expired hold is not captured and not released", .stops = true, .final = 100,
	  .ops = { OP("hold", HOLD, START, SUCCEEDED, 300, .expires_at = T0 + 100 * RENT_SECOND) },
	  .answers = { ANSWERS(CHARGE, SUCCEEDED) },
	  .calls = { CALLS(CHARGE, 1) }, .want_paid = 100, .done = true },
	/* It must not be made again under another id from another charge. */
	{ .name = "a refund in doubt is not made again", .final = 100, .paid = 200,
	  .ops = { OP("a", CHARGE, ACCRUAL, SUCCEEDED, 100),
	           OP("b", CHARGE, ACCRUAL, SUCCEEDED, 100, .used = 100, .created_at = T0 + 1),
	           OP("rb", REFUND, SETTLE, MANUAL, 100, .target_id = "b", .created_at = T0 + 2) },
	  .answers = { ANSWERS(REFUND, SUCCEEDED), ANSWERS(RELEASE, SUCCEEDED) },
	  .want_paid = 200, .done = true },
	{ .name = "a declined refund does not keep the hold", .final = 100, .paid = 200,
	  .ops = { OP("h", HOLD, START, SUCCEEDED, 300), OP("a", CHARGE, ACCRUAL, SUCCEEDED, 200) },
	  .answers = { ANSWERS(REFUND, DECLINED), ANSWERS(RELEASE, SUCCEEDED) },
	  .calls = { CALLS(REFUND, 1), CALLS(RELEASE, 1) }, .want_paid = 200 },
	{ .name = "doubt is not refunded from certain money", .final = 120, .paid = 100, .in_doubt = 80,
	  .ops = { OP("a", CHARGE, ACCRUAL, SUCCEEDED, 100), OP("b", CHARGE, DEBT, MANUAL, 80) },
	  .answers = { ANSWERS(REFUND, SUCCEEDED) },
	  .want_paid = 100, .want_in_doubt = 80, .done = true },
	/* It may have been collected: it moves from the debt to the doubt. */
	{ .name = "a collection in doubt leaves the debt", .final = 100, .paid = 20, .was_done = true,
	  .debt = 80, .in_flight = 50, .in_flight_debt = 50, .open = 1,
	  .ops = { OP("d", CHARGE, DEBT, UNKNOWN, 50) },
	  .answers = { ANSWERS(CHARGE, MANUAL) },
	  .calls = { CALLS(CHARGE, 1) }, .want_paid = 20, .want_debt = 30, .want_in_doubt = 50,
	  .done = true },
	/* Storage shows 64 operations. */
	{ .name = "what is open and not shown is waited for", .final = 100, .paid = 20, .open = 1,
	  .answers = { ANSWERS(CHARGE, SUCCEEDED) }, .want_paid = 20 },
	/* In whatever order they are shown. */
	{ .name = "the newest charge is given back first", .final = 200, .paid = 300,
	  .ops = { OP("a", CHARGE, ACCRUAL, SUCCEEDED, 100),
	           OP("c", CHARGE, ACCRUAL, SUCCEEDED, 100, .created_at = T0 + 2),
	           OP("b", CHARGE, ACCRUAL, SUCCEEDED, 100, .created_at = T0 + 1) },
	  .answers = { ANSWERS(REFUND, SUCCEEDED) },
	  .calls = { CALLS(REFUND, 1) }, .want_paid = 200, .done = true, .refunded = "c" },
	/* clang-format on */
};

static struct rental_work work_of(const struct settle_case *c)
{
	struct rental_work w =
		c->stops ? rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, c->final)
			 : settling(c->final, c->paid);

	if (c->was_done)
		w.r.settlement = RENT_SETTLEMENT_DONE;
	w.r.debt = c->debt;
	w.r.in_flight = c->in_flight;
	w.r.in_flight_debt = c->in_flight_debt;
	w.r.in_doubt = c->in_doubt;
	w.r.open_ops = c->open;
	for (size_t i = 0; i < 4 && c->ops[i].kind != RENT_OP_NONE; i++) {
		struct rent_op op = c->ops[i];

		op.created_at = op.created_at == 0 ? T0 : op.created_at;
		add_full(&w, op);
	}
	w.has_ops = w.just_loaded = true;
	return w;
}

static void settlements_of_all_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(settle_cases) / sizeof(settle_cases[0]); i++) {
		const struct settle_case *c = &settle_cases[i];
		struct script s = { .processed = c->processed };
		struct rental_work w = work_of(c);

		print_message("  %s\n", c->name);
		memcpy(s.of, c->answers, sizeof(s.of));
		(void)decide_to_rest(&w, &s);
		for (int kind = RENT_OP_HOLD; kind <= RENT_OP_EJECT; kind++)
			assert_int_equal(s.calls[kind], c->calls[kind]);
		assert_int_equal(w.r.paid, c->want_paid);
		assert_int_equal(w.r.debt, c->want_debt);
		assert_int_equal(w.r.in_flight, c->want_in_flight);
		assert_int_equal(w.r.in_flight_debt, 0);
		assert_int_equal(w.r.in_doubt, c->want_in_doubt);
		assert_int_equal(w.r.settlement, c->done ? RENT_SETTLEMENT_DONE
		                                         : RENT_SETTLEMENT_PENDING);
		if (c->refunded != NULL)
			assert_string_equal(
				work_find_op(&w, RENT_OP_REFUND)->op.target_id,
				c->refunded);
		work_done(&w);
	}
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
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], i);
		assert_int_equal(w.r.settlement,
		                 i < 8 ? RENT_SETTLEMENT_PENDING : RENT_SETTLEMENT_DONE);
		assert_true(i == 8 || w.r.work_at > work_at); /* backs off */
		work_at = w.r.work_at;
		w.leased = true;
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false; /* the next run's */
	}
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 8);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(work_left_of(&w, work_find_op(&w, RENT_OP_HOLD)), 300);
	work_done(&w);
}

/* The one that is refused eight times is a person's; the other one is not given up with it. */
static void each_hold_has_eight_tries(void **state)
{
	struct script s = { .of = { [RENT_OP_RELEASE] = RENT_OP_DECLINED } };
	struct rental_work w = settling(100, 100);

	(void)state;
	for (int i = 0; i < 2; i++)
		add_full(&w, (struct rent_op){ .id = { (char)('a' + i) },
		                               .kind = RENT_OP_HOLD,
		                               .purpose = RENT_FOR_START,
		                               .state = RENT_OP_SUCCEEDED,
		                               .amount = 300,
		                               .created_at = T0 });
	for (int i = 1; i <= 8; i++) {
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_RELEASE], i);
		w.leased = true;
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false; /* the next run's */
	}
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	s.of[RENT_OP_RELEASE] = RENT_OP_SUCCEEDED;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_RELEASE], 9);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(work_left_of(&w, work_find_id(&w, "b")), 0);
	work_done(&w);
}

/* So is a refund. */
static void a_refused_refund_is_tried_eight_times(void **state)
{
	struct script s = { .of = { [RENT_OP_REFUND] = RENT_OP_DECLINED } };
	struct rental_work w = settling(100, 400);
	int64_t work_at = 0;

	(void)state;
	add_full(&w, (struct rent_op){ .id = "c",
	                               .kind = RENT_OP_CHARGE,
	                               .purpose = RENT_FOR_ACCRUAL,
	                               .state = RENT_OP_SUCCEEDED,
	                               .amount = 400,
	                               .created_at = T0 });
	for (int i = 1; i <= 8; i++) {
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_REFUND], i);
		assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
		assert_true(w.r.work_at > work_at); /* backs off */
		work_at = w.r.work_at;
		w.leased = true;
		for (size_t k = 0; k < w.op_count; k++)
			w.ops[k].called = false; /* the next run's */
	}
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_REFUND], 8);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(w.r.paid, 400);
	work_done(&w);
}

static void an_outcome_heard_survives_a_reload(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 50);
	struct rent_op recorded;
	const struct rent_op *list[] = { &recorded };
	struct rent_rental now;

	(void)state;
	decide(&w);
	record_change(&w);
	answer_call(&w, &s);
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
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1);
	assert_int_equal(s.asked[RENT_OP_REFUND], 10); /* charged 50, final is 40 */
	assert_int_equal(w.r.paid, 40);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settlement_oracle),
		cmocka_unit_test(settlements_of_all_kinds),
		cmocka_unit_test(a_refused_release_is_tried_eight_times),
		cmocka_unit_test(a_refused_refund_is_tried_eight_times),
		cmocka_unit_test(each_hold_has_eight_tries),
		cmocka_unit_test(an_outcome_heard_survives_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
