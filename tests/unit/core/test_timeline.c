/* SPDX-License-Identifier: MIT
 *
 * test_timeline.c - the money of a rental over time: the next charge is the second at which
 * due_at() grows, points follow the operations, and many of them are few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "timeline.h"

#define T0 (INT64_C(1700000000) * RENT_SECOND)

static const struct params params = {
	.r_buyout = 5000,
	.charge_min_amount = 1,
	.debt_charge_step = 100,
	.debt_retry_base = 60 * RENT_SECOND,
	.debt_retry_max = 3600 * RENT_SECOND,
};

struct points {
	struct rent_money_point list[2 * TIMELINE_POINTS + 16];
	size_t count;
};

static int keep_point(void *arg, const struct rent_money_point *point)
{
	struct points *points = arg;

	assert_in_range(points->count, 0, 2 * TIMELINE_POINTS + 15);
	points->list[points->count++] = *point;
	return 0;
}

static struct rent_rental running(int64_t price, int64_t free_min, int64_t seconds)
{
	return (struct rent_rental){
		.status = RENT_STATUS_ACTIVE,
		.price_per_hour = price,
		.free_period_min = free_min,
		.deposit = 300,
		.started_at = T0,
		.now = T0 + seconds * RENT_SECOND + 250000,
	};
}

static struct rent_op op_of(enum rent_op_kind kind, enum rent_purpose purpose,
                            enum rent_op_state state, int64_t amount, int64_t second)
{
	return (struct rent_op){
		.kind = kind,
		.purpose = purpose,
		.state = state,
		.amount = amount,
		.processed = state == RENT_OP_SUCCEEDED ? amount : 0,
		.created_at = T0 + second * RENT_SECOND,
		.resolved_at =
			rent_op_is_open(state) ? 0 : T0 + (second + 1) * RENT_SECOND,
	};
}

static void the_next_charge_is_where_due_grows(void **state)
{
	static const int64_t prices[] = { 1, 7, 60, 90, 3599, 3600, 7200 };

	(void)state;
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		for (int64_t s = 0; s < 500; s++) {
			struct rent_rental r = running(prices[i], s % 4, s);
			int64_t at = timeline_next_charge(&params, &r);

			assert_true(at > r.now);
			assert_true(due_at(&r, at) > due_at(&r, r.now));
			assert_int_equal(due_at(&r, at - 1), due_at(&r, r.now));
		}
	}
}

static void nothing_grows_for_free_ended_or_sold(void **state)
{
	struct rent_rental r = running(0, 0, 100);

	(void)state;
	assert_int_equal(timeline_next_charge(&params, &r), 0);
	r = running(7200, 0, 10000);
	assert_int_equal(timeline_next_charge(&params, &r), 0);
	r = running(60, 0, 100);
	r.status = RENT_STATUS_FINISHED;
	assert_int_equal(timeline_next_charge(&params, &r), 0);
}

static void a_debt_says_when_it_is_tried_again(void **state)
{
	struct rent_rental r = running(60, 0, 100);

	(void)state;
	assert_int_equal(timeline_next_retry(&params, &r), 0);
	r.debt = 5;
	assert_int_equal(timeline_next_retry(&params, &r), r.now);
	r.debt_attempts = 2;
	r.debt_last_attempt_at = r.now - RENT_SECOND;
	assert_int_equal(timeline_next_retry(&params, &r), r.now + 239 * RENT_SECOND);
	r.debt_last_attempt_at = T0;
	r.now = T0 + 900 * RENT_SECOND;
	assert_int_equal(timeline_next_retry(&params, &r), r.now);
}

static const struct rent_money_point *point_of(const struct points *points,
                                               int64_t second)
{
	const struct rent_money_point *found = &points->list[0];

	for (size_t i = 0; i < points->count; i++) {
		if (points->list[i].at <= T0 + second * RENT_SECOND)
			found = &points->list[i];
	}
	return found;
}

static void points_follow_the_operations(void **state)
{
	static const struct {
		int64_t second, paid, debt, in_flight;
	} rows[] = {
		{ 0, 0, 0, 0 },    { 1, 0, 300, 0 },    { 10, 0, 300, 4 },
		{ 11, 4, 300, 0 }, { 20, 4, 300, 6 },   { 21, 4, 306, 0 },
		{ 30, 4, 306, 0 }, { 31, 104, 206, 0 }, { 40, 104, 206, 9 },
	};
	const struct rent_op ops[] = {
		op_of(RENT_OP_HOLD, RENT_FOR_START, RENT_OP_DECLINED, 300, 0),
		op_of(RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_OP_SUCCEEDED, 4, 10),
		op_of(RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_OP_NOT_EXECUTED, 6, 20),
		op_of(RENT_OP_CHARGE, RENT_FOR_DEBT, RENT_OP_SUCCEEDED, 100, 30),
		op_of(RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_OP_UNKNOWN, 9, 40),
	};
	struct rent_rental r = running(1800, 0, 60);
	struct timeline line = { 0 };
	struct points points = { 0 };

	(void)state;
	r.paid = 104;
	r.debt = 206;
	r.in_flight = 9;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		assert_int_equal(timeline_add(&line, &ops[i]), 0);
	assert_int_equal(timeline_write(&line, &params, &r, keep_point, &points), 0);
	timeline_done(&line);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rent_money_point *p = point_of(&points, rows[i].second);

		assert_int_equal(p->paid, rows[i].paid);
		assert_int_equal(p->debt, rows[i].debt);
		assert_int_equal(p->in_flight, rows[i].in_flight);
		assert_int_equal(p->due, due_at(&r, p->at));
	}
	for (size_t i = 1; i < points.count; i++)
		assert_true(points.list[i].at > points.list[i - 1].at);
	assert_int_equal(points.list[points.count - 1].due, 30);
	assert_int_equal(points.list[points.count - 1].at, r.now);
}

/* A flat line at the final sum was what the page once drew. */
/* A charge that needed the customer was not made: its amount is debt, and no operation says so. */
static void a_debt_goes_by_its_journal(void **state)
{
	struct rent_rental r = running(3600, 0, 100);
	struct timeline line = { .journalled = true };
	struct points points = { .count = 0 };
	struct rent_op declined =
		op_of(RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_OP_DECLINED, 20, 20);
	const struct rent_debt_line lines[] = {
		{ .delta = 20, .created_at = T0 + 20 * RENT_SECOND },
		{ .delta = 30, .created_at = T0 + 50 * RENT_SECOND },
	};
	int64_t debt_at_60 = -1;

	(void)state;
	r.debt = 50;
	assert_int_equal(timeline_add(&line, &declined), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(timeline_add_debt(&line, &lines[i]), 0);
	assert_int_equal(timeline_write(&line, &params, &r, keep_point, &points), 0);
	for (size_t i = 0; i < points.count; i++) {
		if (points.list[i].at <= T0 + 60 * RENT_SECOND)
			debt_at_60 = points.list[i].debt;
	}
	assert_int_equal(debt_at_60, 50);
	timeline_done(&line);
}

static void an_ended_rental_keeps_its_steps(void **state)
{
	struct rent_rental r = running(360, 1, 90);
	struct timeline line = { 0 };
	struct points points = { 0 };

	(void)state;
	r.status = RENT_STATUS_FINISHED;
	r.finished_at = T0 + 90 * RENT_SECOND;
	r.now = T0 + 5000 * RENT_SECOND;
	r.has_final = true;
	r.final_amount = r.paid = 3;
	assert_int_equal(timeline_write(&line, &params, &r, keep_point, &points), 0);
	timeline_done(&line);
	assert_int_equal(points.count, 5);
	assert_int_equal(points.list[0].due, 0);
	assert_int_equal(points.list[1].at, T0 + 61 * RENT_SECOND);
	assert_int_equal(points.list[1].due, 1);
	assert_int_equal(points.list[4].at, r.finished_at);
	assert_int_equal(points.list[4].due, 3);
}

static void many_operations_are_few_points(void **state)
{
	struct rent_rental r = running(60, 0, 36000);
	struct timeline line = { 0 };
	struct points points = { 0 };

	(void)state;
	for (int64_t i = 0; i < 3600; i++) {
		const struct rent_op op = op_of(RENT_OP_CHARGE, RENT_FOR_ACCRUAL,
		                                RENT_OP_SUCCEEDED, 1, i * 10);

		assert_int_equal(timeline_add(&line, &op), 0);
	}
	r.paid = 3600;
	assert_int_equal(timeline_write(&line, &params, &r, keep_point, &points), 0);
	timeline_done(&line);
	assert_in_range(points.count, 100, TIMELINE_POINTS + 2);
	assert_int_equal(points.list[points.count - 1].paid, 3600);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_charge_is_where_due_grows),
		cmocka_unit_test(nothing_grows_for_free_ended_or_sold),
		cmocka_unit_test(a_debt_says_when_it_is_tried_again),
		cmocka_unit_test(points_follow_the_operations),
		cmocka_unit_test(a_debt_goes_by_its_journal),
		cmocka_unit_test(an_ended_rental_keeps_its_steps),
		cmocka_unit_test(many_operations_are_few_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
