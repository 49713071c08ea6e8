/* SPDX-License-Identifier: MIT
 *
 * test_rules.c - pricing, accrual and back-off: tables of cases, and oracles that compute the
 * same by counting instead of by formula.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "accrual.h"
#include "debt.h"

#define T0       (INT64_C(1700000000) * RENT_SECOND)
#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static const struct params defaults = {
	.quote_ttl = 60 * RENT_SECOND,
	.low_stock_threshold = 2,
	.subscriber_free_period = 30 * RENT_MINUTE,
	.trusted_deposit_percent = 50,
	.r_buyout = 5000,
	.charge_min_amount = 1,
	.debt_charge_step = 100,
	.debt_retry_base = 60 * RENT_SECOND,
	.debt_retry_max = 3600 * RENT_SECOND,
};

static struct rent_rental active(int64_t price, int64_t free_min, int64_t seconds)
{
	struct rent_rental r = {
		.status = RENT_STATUS_ACTIVE,
		.price_per_hour = price,
		.free_period_min = free_min,
		.started_at = T0,
		.now = T0 + seconds * RENT_SECOND,
	};

	return r;
}

/* ---- due */

static void due_table(void **state)
{
	static const struct {
		int64_t price, free_min, seconds, due;
	} cases[] = {
		{ 60, 0, 0, 0 },
		{ 60, 0, 1, 1 }, /* the first second already costs the first unit */
		{ 60, 0, 60, 1 },
		{ 60, 0, 61, 2 },
		{ 60, 0, 3600, 60 },
		{ 60, 5, 300, 0 }, /* the last free second */
		{ 60, 5, 301, 1 },
		{ 3600, 0, 7, 7 },
		{ 1, 0, 3600, 1 },
		{ 1, 0, 3601, 2 },
		{ 0, 0, 1000000, 0 },
		{ 60, 0, -5, 0 }, /* the clock went back */
		{ INT64_MAX, 0, 3600, INT64_MAX },
		{ INT64_MAX, 0, 7200, INT64_MAX }, /* saturates */
		{ 60, INT64_MAX, 7200, 0 },        /* free for ever */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct rent_rental r = active(cases[i].price, cases[i].free_min, 0);

		assert_int_equal(due_at(&r, T0 + cases[i].seconds * RENT_SECOND),
		                 cases[i].due);
	}
}

static void due_ignores_parts_of_seconds_and_unstarted_rentals(void **state)
{
	struct rent_rental r = active(3600, 0, 0);

	(void)state;
	assert_int_equal(due_at(&r, T0 + 2 * RENT_SECOND - 1), 1);
	assert_int_equal(due_at(&r, T0 + 2 * RENT_SECOND), 2);
	r.started_at = 0;
	assert_int_equal(due_at(&r, T0), 0);
}

/* Counts second by second in 3600ths of a unit, and rounds up by carrying. */
static int64_t due_by_counting(int64_t price, int64_t free_min, int64_t seconds)
{
	int64_t units = 0, rest = 0, s;

	for (s = 1; s <= seconds; s++) {
		if (s <= free_min * 60)
			continue;
		rest += price;
		while (rest >= 3600) {
			rest -= 3600;
			units++;
		}
	}
	return rest > 0 ? units + 1 : units;
}

static void due_oracle(void **state)
{
	int i;

	(void)state;
	srand48(1);
	for (i = 0; i < 2000; i++) {
		int64_t price = lrand48() % 9000, free_min = lrand48() % 20;
		int64_t seconds = lrand48() % 5000;
		struct rent_rental r = active(price, free_min, seconds);

		assert_int_equal(due_at(&r, r.now),
		                 due_by_counting(price, free_min, seconds));
	}
}

static void due_never_shrinks_with_time(void **state)
{
	struct rent_rental r = active(777, 3, 0);
	int64_t s, last = 0;

	(void)state;
	for (s = 0; s < 20000; s++) {
		int64_t due = due_at(&r, T0 + s * RENT_SECOND);

		assert_true(due >= last);
		last = due;
	}
}

static void cost_is_bounded_and_frozen(void **state)
{
	struct rent_rental r = active(1000, 0, 0);

	(void)state;
	assert_int_equal(cost_at(&defaults, &r, T0 + RENT_HOUR), 1000);
	assert_int_equal(cost_at(&defaults, &r, T0 + 100 * RENT_HOUR), 5000);
	r.status = RENT_STATUS_FINISHED;
	r.finished_at = T0 + 2 * RENT_HOUR;
	assert_int_equal(cost_at(&defaults, &r, T0 + 100 * RENT_HOUR), 2000);
	r.status = RENT_STATUS_FAILED;
	assert_int_equal(cost_at(&defaults, &r, T0 + RENT_HOUR), 0);
	r.status = RENT_STATUS_PENDING;
	assert_int_equal(cost_at(&defaults, &r, T0 + RENT_HOUR), 0);
}

/* ---- what a tick charges */

static void accrual_table(void **state)
{
	static const struct {
		int64_t seconds, paid, debt, in_flight, in_doubt, charge;
	} cases[] = {
		/* price 3600 an hour: due = seconds */
		{ 0, 0, 0, 0, 0, 0 },
		{ 10, 0, 0, 0, 0, 10 },
		{ 10, 4, 0, 0, 0, 6 },
		{ 10, 4, 3, 0, 0, 3 },
		{ 10, 4, 3, 2, 0, 1 },
		{ 10, 4, 3, 2, 1, 0 }, /* what may have been taken is not taken again */
		{ 10, 0, 300, 0, 0,
		  0 }, /* a deposit that became debt covers the first 300 */
		{ 310, 0, 300, 0, 0, 10 },
		{ 4990, 4980, 0, 0, 0, 10 },
		{ 6000, 4980, 0, 0, 0, 20 }, /* not above r_buyout */
		{ 6000, 5000, 0, 0, 0, 0 },
		{ 6000, 5500, 0, 0, 0, 0 },
		{ 6000, 0, 0, 0, 0, 5000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct rent_rental r = active(3600, 0, cases[i].seconds);

		r.paid = cases[i].paid;
		r.debt = cases[i].debt;
		r.in_flight = cases[i].in_flight;
		r.in_doubt = cases[i].in_doubt;
		assert_int_equal(accrual_charge(&defaults, &r, 0), cases[i].charge);
	}
}

static void accrual_waits_for_the_minimum(void **state)
{
	struct params p = defaults;
	struct rent_rental r = active(3600, 0, 49);

	(void)state;
	p.charge_min_amount = 50;
	assert_int_equal(accrual_charge(&p, &r, 0), 0);
	r.now += RENT_SECOND;
	assert_int_equal(accrual_charge(&p, &r, 0), 50);
	assert_int_equal(accrual_charge(&p, &r, 51), 0); /* the provider's own minimum */
	r.now = T0 + 9000 * RENT_SECOND;
	r.paid = 4990; /* the last piece up to the buyout may be smaller */
	assert_int_equal(accrual_charge(&p, &r, 0), 10);
}

static void exposure_saturates(void **state)
{
	struct rent_rental r = { .paid = INT64_MAX, .debt = 5 };

	(void)state;
	assert_int_equal(exposure_of(&r), INT64_MAX);
	assert_int_equal(accrual_charge(&defaults, &r, 0), 0);
}

static void unpaid_leaves_out_what_may_be_taken_already(void **state)
{
	static const struct {
		int64_t paid, in_doubt, unpaid;
	} cases[] = {
		{ 0, 0, 60 }, { 20, 0, 40 }, { 20, 30, 10 },
		{ 60, 0, 0 }, { 90, 0, 0 },  { 20, 50, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rent_rental r = active(60, 0, 3600);

		r.paid = cases[i].paid;
		r.in_doubt = cases[i].in_doubt;
		assert_int_equal(unpaid_of(&defaults, &r), cases[i].unpaid);
	}
}

/* ---- debts */

static void debt_table(void **state)
{
	static const struct {
		int64_t debt, attempts, ago_s, charge; /* ago -1: never tried */
	} cases[] = {
		{ 0, 0, -1, 0 },       { 30, 0, -1, 30 },      { 100, 0, -1, 100 },
		{ 450, 0, -1, 100 },   { 450, 1, 119, 0 },     { 450, 1, 120, 100 },
		{ 450, 2, 239, 0 },    { 450, 2, 240, 100 },   { 450, 5, 1919, 0 },
		{ 450, 5, 1920, 100 }, { 450, 6, 3599, 0 },    { 450, 6, 3600, 100 },
		{ 450, 60, 3599, 0 },  { 450, 60, 3600, 100 }, { 450, 0, 59, 0 },
		{ 450, 0, 60, 100 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct rent_rental r = active(0, 0, 100000);

		r.debt = cases[i].debt;
		r.debt_attempts = cases[i].attempts;
		if (cases[i].ago_s >= 0)
			r.debt_last_attempt_at = r.now - cases[i].ago_s * RENT_SECOND;
		assert_int_equal(debt_charge_due(&defaults, &r, 0), cases[i].charge);
	}
}

static void backoff_oracle(void **state)
{
	int64_t n, base;

	(void)state;
	for (base = 1; base < 200; base += 7) {
		for (n = -1; n < 40; n++) {
			int64_t want = base, i;

			for (i = 0; i < n && i < 8; i++)
				want += want;
			if (want > 3600)
				want = 3600;
			assert_int_equal(backoff_after(base, n, 3600), want);
		}
	}
	assert_int_equal(backoff_after(INT64_MAX / 2, 8, INT64_MAX), INT64_MAX);
}

/* ---- quotes */

static void quotes(void **state)
{
	static const struct rent_catalog_configs configs = { .last_banks_increase_ppm =
		                                                     1500000 };
	static const struct {
		int64_t price, free_min, deposit, available;
		bool subscriber, trusted;
		int64_t want_price, want_free, want_deposit;
	} cases[] = {
		{ 60, 5, 300, 3, false, false, 60, 5, 300 },
		{ 60, 5, 300, 2, false, false, 90, 5, 300 },
		{ 61, 5, 300, 0, false, false, 91, 5, 300 }, /* 91.5 down */
		{ 60, 5, 300, 9, true, false, 60, 30, 300 },
		{ 60, 45, 300, 9, true, false, 60, 45, 300 }, /* at least */
		{ 60, 5, 301, 9, false, true, 60, 5, 150 },   /* 150.5 down */
		{ 61, 5, 301, 1, true, true, 91, 30, 150 },
		{ INT64_MAX, 0, 0, 1, false, false, INT64_MAX, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct rent_catalog_tariff tariff = { .price_per_hour = cases[i].price,
			                              .free_period_min =
			                                      cases[i].free_min,
			                              .deposit = cases[i].deposit };
		struct rent_catalog_user user = { .subscriber = cases[i].subscriber,
			                          .trusted = cases[i].trusted };
		struct quote_terms o = price_quote(&defaults, &tariff, &user, &configs,
		                                   cases[i].available);

		assert_int_equal(o.price_per_hour, cases[i].want_price);
		assert_int_equal(o.free_period_min, cases[i].want_free);
		assert_int_equal(o.deposit, cases[i].want_deposit);
		assert_int_equal(o.low_stock, cases[i].available <= 2);
	}
}

/* Issue 15, F25: the catalogue does not set any price. */
static void terms_have_a_limit(void **state)
{
	const struct params p = { .price_max = 100, .deposit_max = 1000 };
	const struct params any = { .price_max = 0 };
	struct quote_terms t = { .price_per_hour = 100, .deposit = 1000 };

	(void)state;
	assert_null(price_limit_passed(&p, &t));
	t.deposit = 1001;
	assert_string_equal(price_limit_passed(&p, &t), "deposit_max");
	t.price_per_hour = 101;
	assert_string_equal(price_limit_passed(&p, &t), "price_max");
	t.price_per_hour = t.deposit = INT64_MAX;
	assert_null(price_limit_passed(&any, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_table),
		cmocka_unit_test(due_ignores_parts_of_seconds_and_unstarted_rentals),
		cmocka_unit_test(due_oracle),
		cmocka_unit_test(due_never_shrinks_with_time),
		cmocka_unit_test(cost_is_bounded_and_frozen),
		cmocka_unit_test(accrual_table),
		cmocka_unit_test(accrual_waits_for_the_minimum),
		cmocka_unit_test(exposure_saturates),
		cmocka_unit_test(unpaid_leaves_out_what_may_be_taken_already),
		cmocka_unit_test(debt_table),
		cmocka_unit_test(backoff_oracle),
		cmocka_unit_test(quotes),
		cmocka_unit_test(terms_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
