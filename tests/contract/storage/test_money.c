/* SPDX-License-Identifier: MIT
 *
 * test_money.c - advance: operations begun and ended, what is used of a target, payment
 * attempts, debts and their journal.
 */
#include "fixture.h"

#include <stdlib.h>

static struct rent_op op_of(struct fixture *f, const char *rental, const char *id)
{
	struct shown *shown = calloc(1, sizeof(*shown));
	struct rent_op op;

	assert_non_null(shown);
	get(f, rental, shown);
	if (find_op(shown, id) == NULL)
		fail_msg("%s shows no %s", rental, id);
	op = *find_op(shown, id);
	free(shown);
	return op;
}

static struct rent_rental rental_of(struct fixture *f, const char *id)
{
	struct shown *shown = calloc(1, sizeof(*shown));
	struct rent_rental r;

	assert_non_null(shown);
	get(f, id, shown);
	r = shown->rental;
	free(shown);
	return r;
}

static enum rent_change_result begin(struct fixture *f, const char *rental,
                                     const char *id, const char *target,
                                     enum rent_op_kind kind, int64_t amount)
{
	struct rent_change c = change_of(f, rental);

	c.news[1] = (struct rent_op_new){ id, target, kind, RENT_FOR_SETTLE, amount };
	return advance_one(f, &c);
}

static void charge_succeeds(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 40), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 40);
	assert_int_equal(rental_of(f, "r1").open_ops, 1);
	c = change_of(f, "r1");
	c.paid_delta = 35;
	c.ends[3] = (struct rent_op_end){
		.id = "c1", .state = RENT_OP_SUCCEEDED, .processed = 35, .ref = "x"
	};
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 0);
	assert_int_equal(rental_of(f, "r1").paid, 35);
	assert_int_equal(
		fixture_int(f, "SELECT amount FROM payment_attempts WHERE rental_id "
	                       "= 'r1' AND success AND error IS NULL"),
		35);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 1);
	assert_int_equal(op_of(f, "r1", "c1").processed, 35);
	/* Ended is ended. */
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_DECLINED, 0),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 1);
}

static void charge_fails(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){
		.id = "c1", .state = RENT_OP_DECLINED, .processed = 9, .note = "no funds"
	};
	c.debt_delta = 40;
	c.debt_reason = "accrual charge declined";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(
		fixture_int(f, "SELECT amount FROM payment_attempts WHERE NOT success "
	                       "AND error = 'no funds'"),
		40);
	assert_int_equal(rental_of(f, "r1").debt, 40);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM debt_journal WHERE rental_id = "
	                       "'r1' AND delta = 40 AND amount_after = 40 AND reason "
	                       "= 'accrual charge declined' AND op_id = 'c1'"),
		1);
	assert_int_equal(charge(f, "r1", "c2", 10), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "c2", RENT_OP_NOT_EXECUTED, 0),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 2);
	assert_int_equal(
		fixture_int(f, "SELECT processed FROM operations WHERE id = 'c1'"), 0);
}

/* The price of the end is kept as it was; a provider is only given to a rental without one. */
static void final_and_provider(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_false(rental_of(f, "r1").has_final);
	c = change_of(f, "r1");
	c.set_final = true;
	c.final_amount = 0;
	c.provider = "other";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").has_final);
	assert_int_equal(rental_of(f, "r1").final_amount, 0);
	assert_string_not_equal(rental_of(f, "r1").provider, "other");
	c = change_of(f, "r1");
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").has_final);
	fixture_sql(f, "UPDATE rentals SET provider = '' WHERE id = 'r1'");
	c = change_of(f, "r1");
	c.provider = "other";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_string_equal(rental_of(f, "r1").provider, "other");
}

/* What collects debt is in flight beside a debt that still stands: shown apart. */
static void a_collection_in_flight_is_shown_apart(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.news[0] = (struct rent_op_new){ "d1", "", RENT_OP_CHARGE, RENT_FOR_DEBT, 30 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 30);
	assert_int_equal(rental_of(f, "r1").in_flight_debt, 30);
	assert_int_equal(end_op(f, "r1", "d1", RENT_OP_DECLINED, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight_debt, 0);
	assert_int_equal(charge(f, "r1", "c1", 40), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 40);
	assert_int_equal(rental_of(f, "r1").in_flight_debt, 0);
}

/* A hold whose success is heard late is released by the change that records it. */
static void an_end_is_applied_before_what_builds_on_it(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 40), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "c1",
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 40 };
	c.news[0] =
		(struct rent_op_new){ "b1", "c1", RENT_OP_REFUND, RENT_FOR_SETTLE, 40 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT used FROM operations WHERE id = 'c1'"),
	                 40);
}

static void unknown_stays_in_flight(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_UNKNOWN, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 40);
	assert_int_equal(op_of(f, "r1", "c1").tries, 1);
	assert_int_equal(op_of(f, "r1", "c1").resolved_at, 0);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_PENDING, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "c1").tries, 2);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 0);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").in_flight, 0);
	assert_int_equal(rental_of(f, "r1").in_doubt, 40);
	assert_int_equal(rental_of(f, "r1").open_ops, 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 0);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 40),
	                 RENT_CHANGE_CONFLICT);
}

/* One charge or capture in flight, for every caller. */
static void one_take_in_flight(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 40), RENT_CHANGE_APPLIED);
	assert_int_equal(charge(f, "r1", "c2", 40), RENT_CHANGE_CONFLICT);
	assert_int_equal(begin(f, "r1", "c3", "r1-hold", RENT_OP_CAPTURE, 40),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 0);
	(void)end_op(f, "r1", "c1", RENT_OP_UNKNOWN, 0);
	assert_int_equal(charge(f, "r1", "c4", 40), RENT_CHANGE_CONFLICT);
	/* Ends are applied before news: one may follow the other in one change. */
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "c1", .state = RENT_OP_DECLINED };
	c.news[0] = (struct rent_op_new){ "c5", "", RENT_OP_CHARGE, RENT_FOR_DEBT, 7 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "c5", .state = RENT_OP_DECLINED };
	c.news[0] = (struct rent_op_new){ "c6", "", RENT_OP_CHARGE, RENT_FOR_DEBT, 7 };
	c.news[1] = (struct rent_op_new){ "c7", "", RENT_OP_CHARGE, RENT_FOR_DEBT, 7 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(rental_of(f, "r1").in_flight, 7);
	assert_int_equal(op_of(f, "r1", "c5").state, RENT_OP_INTENT);
}

/* With the start's purpose. */
static enum rent_change_result begin_again(struct fixture *f, const char *id,
                                           enum rent_op_kind kind, int64_t amount)
{
	struct rent_change c = change_of(f, "r1");

	c.news[0] = (struct rent_op_new){ id, "", kind, RENT_FOR_START, amount };
	return advance_one(f, &c);
}

static void one_hold_one_eject(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	assert_int_equal(begin_again(f, "h2", RENT_OP_HOLD, 5), RENT_CHANGE_CONFLICT);
	assert_int_equal(begin_again(f, "e2", RENT_OP_EJECT, 0), RENT_CHANGE_CONFLICT);
	for (int i = RENT_FOR_START; i <= RENT_FOR_SETTLE; i++) {
		struct rent_change c = change_of(f, "r1");

		c.news[0] = (struct rent_op_new){ "e3", "", RENT_OP_EJECT,
			                          (enum rent_purpose)i, 0 };
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	}
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations"), 2);
}

/* While the rental runs its hold may be made anew: shown newest first, and the newest in the pages. */
static void a_hold_is_made_anew(void **state)
{
	struct fixture *f = *state;
	struct shown shown;
	char id[RENT_ID_SIZE];

	make_active(f, "r1");
	for (int i = 0; i < RENT_VIEW_HOLDS + 1; i++) {
		struct rent_change c = change_of(f, "r1");

		(void)snprintf(id, sizeof(id), "anew-%02d", i);
		c.news[0] =
			(struct rent_op_new){ id, i == 0 ? "r1-hold" : "", RENT_OP_HOLD,
			                      RENT_FOR_ACCRUAL, i == 0 ? 0 : 300 };
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
		assert_int_equal(end_op(f, "r1", id, RENT_OP_SUCCEEDED, i == 0 ? 0 : 300),
		                 RENT_CHANGE_APPLIED);
	}
	get(f, "r1", &shown);
	assert_string_equal(shown.ops[0].id, id);
	assert_int_equal(shown.ops[RENT_VIEW_HOLDS - 1].kind, RENT_OP_HOLD);
	assert_int_equal(shown.ops[RENT_VIEW_HOLDS].kind, RENT_OP_EJECT);
	assert_int_equal(shown.op_count, RENT_VIEW_HOLDS + 1);
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_HELD, "", 9, show_into, &shown, &f->err),
		0);
	assert_int_equal(shown.op_count, 1);
	assert_string_equal(shown.ops[0].id, id);
}

static void has_its_deposit(const struct shown *shown, size_t others)
{
	const struct rent_op *hold = find_op(shown, "r1-hold");

	assert_non_null(hold);
	assert_int_equal(hold->processed, 300);
	for (size_t i = 0; i + 1 < others; i++) {
		assert_int_equal(shown->ops[i].kind, RENT_OP_HOLD);
		assert_string_equal(shown->ops[i].target_id, "r1-hold");
	}
	/* older than all of them */
	assert_ptr_equal(hold, &shown->ops[others - 1]);
	assert_int_equal(shown->ops[others].kind, RENT_OP_EJECT);
}

/* However often it was extended: what holds the money is shown, in every way of reading a rental. */
static void extensions_do_not_hide_their_hold(void **state)
{
	struct fixture *f = *state;
	struct shown shown;
	char id[RENT_ID_SIZE], before[RENT_ID_SIZE] = "";

	make_active(f, "r1");
	for (int i = 0; i < RENT_VIEW_OPS; i++) {
		struct rent_change c = change_of(f, "r1");

		(void)snprintf(id, sizeof(id), "longer-%02d", i);
		if (before[0] != '\0')
			c.ends[0] = (struct rent_op_end){ .id = before,
				                          .state = RENT_OP_SUCCEEDED };
		c.news[0] = (struct rent_op_new){ id, "r1-hold", RENT_OP_HOLD,
			                          RENT_FOR_ACCRUAL, 0 };
		c.work_in_us = 0;
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
		rent_copy(before, sizeof(before), id);
		if (i != RENT_VIEW_HOLDS && i + 1 != RENT_VIEW_OPS)
			continue;
		get(f, "r1", &shown);
		has_its_deposit(&shown, RENT_VIEW_HOLDS);
		assert_string_equal(shown.ops[0].id, id);
	}
	assert_int_equal(
		f->api->claim(f->self, "w", RENT_MINUTE, 1, show_into, &shown, &f->err),
		0);
	has_its_deposit(&shown, RENT_VIEW_HOLDS);
}

static void an_id_acts_once(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	make_active(f, "r2");
	assert_int_equal(charge(f, "r1", "c1", 40), RENT_CHANGE_APPLIED);
	assert_int_equal(charge(f, "r2", "c1", 40), RENT_CHANGE_CONFLICT);
	/* Nor is another rental's operation to be ended or used. */
	assert_int_equal(end_op(f, "r2", "c1", RENT_OP_SUCCEEDED, 40),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(begin(f, "r2", "x", "r1-hold", RENT_OP_CAPTURE, 1),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(begin(f, "r2", "x", "nothing", RENT_OP_CAPTURE, 1),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operations WHERE id = 'x'"),
	                 0);
}

static void ends_named_twice(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "c1", .state = RENT_OP_UNKNOWN };
	c.ends[1] = (struct rent_op_end){ .id = "c1", .state = RENT_OP_DECLINED };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(op_of(f, "r1", "c1").tries, 0);
	c.ends[0].id = "nothing";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(op_of(f, "r1", "c1").tries, 0);
}

static void used_of_a_hold(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	assert_int_equal(begin(f, "r1", "cap", "r1-hold", RENT_OP_CAPTURE, 200),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 200);
	/* More than was held, open ones included, cannot be taken. */
	assert_int_equal(begin(f, "r1", "rel", "r1-hold", RENT_OP_RELEASE, 101),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(begin(f, "r1", "rel", "r1-hold", RENT_OP_RELEASE, 100),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 300);
	/* Not final: nothing comes back. */
	(void)end_op(f, "r1", "cap", RENT_OP_UNKNOWN, 0);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 300);
	/* Less than asked was moved. */
	assert_int_equal(end_op(f, "r1", "cap", RENT_OP_SUCCEEDED, 150),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 250);
	assert_int_equal(end_op(f, "r1", "rel", RENT_OP_DECLINED, 0),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 150);
	/* A release is no attempt to charge. */
	assert_int_equal(fixture_int(f, "SELECT sum(amount) FROM payment_attempts"), 150);
}

static void manual_keeps_what_it_used(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	(void)begin(f, "r1", "cap", "r1-hold", RENT_OP_CAPTURE, 200);
	(void)end_op(f, "r1", "cap", RENT_OP_UNKNOWN, 0);
	assert_int_equal(end_op(f, "r1", "cap", RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(op_of(f, "r1", "r1-hold").used, 200);
	assert_int_equal(rental_of(f, "r1").in_doubt, 200);
}

static void refunds(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	/* Money that is not charged yet cannot be given back. */
	assert_int_equal(begin(f, "r1", "ref1", "c1", RENT_OP_REFUND, 1),
	                 RENT_CHANGE_CONFLICT);
	(void)end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 40);
	assert_int_equal(begin(f, "r1", "ref1", "c1", RENT_OP_REFUND, 30),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(begin(f, "r1", "ref2", "c1", RENT_OP_REFUND, 11),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(end_op(f, "r1", "ref1", RENT_OP_NOT_EXECUTED, 0),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(begin(f, "r1", "ref2", "c1", RENT_OP_REFUND, 40),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "ref2", RENT_OP_SUCCEEDED, 40),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT used FROM operations WHERE id = 'c1'"),
	                 40);
	/* A refund is no payment attempt. */
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 1);
}

static void hold_expiry_and_strings(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s;

	put_quote(f, "q1", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){
		.id = "r1-hold", .state = RENT_OP_PENDING, .ref = "first", .note = "slow"
	};
	(void)advance_one(f, &c);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "r1-hold",
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 300,
		                          .expires_at = fixture_now(f) + RENT_HOUR };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_string_equal(op_of(f, "r1", "r1-hold").ref, "first");
	assert_string_equal(op_of(f, "r1", "r1-hold").note, "slow");
	assert_true(op_of(f, "r1", "r1-hold").expires_at == fixture_now(f) + RENT_HOUR);
}

static enum rent_change_result debt(struct fixture *f, int64_t delta,
                                    enum rent_debt_try try)
{
	struct rent_change c = change_of(f, "r1");

	c.debt_delta = delta;
	c.debt_reason = "test";
	c.debt_try = try;
	return advance_one(f, &c);
}

static void debt_moves(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	/* No row, nothing to lower: no row. */
	assert_int_equal(debt(f, -5, RENT_DEBT_TRY_OK), RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM debts"), 0);
	assert_int_equal(debt(f, 100, RENT_DEBT_TRY_NONE), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").debt, 100);
	assert_int_equal(rental_of(f, "r1").debt_attempts, 0);
	assert_int_equal(rental_of(f, "r1").debt_last_attempt_at, 0);
	assert_int_equal(debt(f, 0, RENT_DEBT_TRY_FAILED), RENT_CHANGE_APPLIED);
	fixture_advance(f, RENT_SECOND);
	assert_int_equal(debt(f, 0, RENT_DEBT_TRY_FAILED), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").debt_attempts, 2);
	assert_true(rental_of(f, "r1").debt_last_attempt_at == fixture_now(f));
	assert_int_equal(debt(f, -30, RENT_DEBT_TRY_OK), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").debt, 70);
	assert_int_equal(rental_of(f, "r1").debt_attempts, 0);
	assert_int_equal(rental_of(f, "r1").debt_last_attempt_at, 0);
	/* Clamped, and journalled with what took effect. */
	assert_int_equal(debt(f, -1000, RENT_DEBT_TRY_NONE), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").debt, 0);
	assert_int_equal(fixture_int(f, "SELECT sum(delta) FROM debt_journal"), 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM debt_journal"), 3);
	assert_int_equal(
		fixture_int(f, "SELECT delta FROM debt_journal ORDER BY id DESC"), -70);
	assert_int_equal(debt(f, INT64_MAX, RENT_DEBT_TRY_NONE), RENT_CHANGE_APPLIED);
	assert_int_equal(debt(f, 1, RENT_DEBT_TRY_NONE), RENT_CHANGE_CONFLICT);
}

static void operator_raises_debt(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	fixture_sql(
		f, "INSERT INTO debts (rental_id, amount_total, updated_at, attempts, "
		   "last_attempt_at) VALUES ('r1', 500, '2026-11-23 07:00:00', 4, NULL)");
	assert_int_equal(rental_of(f, "r1").debt, 500);
	assert_int_equal(rental_of(f, "r1").debt_attempts, 4);
	fixture_sql(f, "UPDATE debts SET amount_total = 700, last_attempt_at = "
	               "'2026-11-23T07:00:01+00:00'");
	assert_int_equal(rental_of(f, "r1").debt, 700);
	assert_true(rental_of(f, "r1").debt_last_attempt_at ==
	            TEST_NOW - 1263 * RENT_SECOND);
	assert_int_equal(debt(f, -100, RENT_DEBT_TRY_NONE), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").debt, 600);
	assert_int_equal(fixture_int(f, "SELECT sum(delta) FROM debt_journal"), -100);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(charge_succeeds),
		T(charge_fails),
		T(final_and_provider),
		T(a_collection_in_flight_is_shown_apart),
		T(an_end_is_applied_before_what_builds_on_it),
		T(unknown_stays_in_flight),
		T(one_take_in_flight),
		T(one_hold_one_eject),
		T(a_hold_is_made_anew),
		T(extensions_do_not_hide_their_hold),
		T(an_id_acts_once),
		T(ends_named_twice),
		T(used_of_a_hold),
		T(manual_keeps_what_it_used),
		T(refunds),
		T(hold_expiry_and_strings),
		T(debt_moves),
		T(operator_raises_debt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
