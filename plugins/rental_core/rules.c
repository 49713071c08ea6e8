/* SPDX-License-Identifier: MIT
 *
 * rules.c - pricing, accrual and back-off. See rules.h.
 */
#include "rules.h"

#include <assert.h>

#define BACKOFF_DOUBLINGS  8
#define PPM                INT64_C(1000000)
#define SECONDS_PER_HOUR   3600
#define SECONDS_PER_MINUTE 60

/* Sums saturate: a sum that does not fit is above every limit it is compared with. */
static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

int64_t scale_down(int64_t a, int64_t num, int64_t den)
{
	__int128 wide = (__int128)a * num / den;

	assert(a >= 0 && num >= 0 && den > 0);
	return wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
}

struct quote_terms price_quote(const struct params *p,
                               const struct rent_catalog_tariff *tariff,
                               const struct rent_catalog_user *user,
                               const struct rent_catalog_configs *configs,
                               int64_t available)
{
	struct quote_terms t = {
		.price_per_hour = tariff->price_per_hour,
		.free_period_min = tariff->free_period_min,
		.deposit = tariff->deposit,
		.low_stock = available <= p->low_stock_threshold,
	};

	if (t.low_stock)
		t.price_per_hour = scale_down(t.price_per_hour,
		                              configs->last_banks_increase_ppm, PPM);
	if (user->subscriber)
		t.free_period_min = rules_max(t.free_period_min,
		                              p->subscriber_free_period / RENT_MINUTE);
	if (user->trusted)
		t.deposit = scale_down(t.deposit, p->trusted_deposit_percent, 100);
	return t;
}

const char *price_limit_passed(const struct params *p, const struct quote_terms *terms)
{
	if (p->price_max > 0 && terms->price_per_hour > p->price_max)
		return "price_max";
	if (p->deposit_max > 0 && terms->deposit > p->deposit_max)
		return "deposit_max";
	return NULL;
}

int64_t due_at(const struct rent_rental *r, int64_t t)
{
	int64_t seconds, free_s;
	__int128 due;

	if (r->started_at == 0 || t <= r->started_at)
		return 0;
	seconds = (t - r->started_at) / RENT_SECOND;
	if (__builtin_mul_overflow(r->free_period_min, SECONDS_PER_MINUTE, &free_s) ||
	    seconds <= free_s)
		return 0;
	due = (__int128)r->price_per_hour * (seconds - free_s);
	due = (due + SECONDS_PER_HOUR - 1) / SECONDS_PER_HOUR;
	return due > INT64_MAX ? INT64_MAX : (int64_t)due;
}

int64_t cost_at(const struct params *p, const struct rent_rental *r, int64_t now)
{
	switch (r->status) {
	case RENT_STATUS_ACTIVE:
		return rules_min(due_at(r, now), p->r_buyout);
	case RENT_STATUS_FINISHED:
	case RENT_STATUS_BUYOUT:
		if (r->has_final)
			return r->final_amount;
		return rules_min(due_at(r, r->finished_at), p->r_buyout);
	case RENT_STATUS_NONE:
	case RENT_STATUS_PENDING:
	case RENT_STATUS_FAILED:
		break;
	}
	return 0;
}

int64_t unpaid_of(const struct params *p, const struct rent_rental *r)
{
	return rules_max(0, cost_at(p, r, r->now) - rent_kept(r) - r->in_doubt);
}

int64_t exposure_of(const struct rent_rental *r)
{
	return add_saturating(
		add_saturating(rent_kept(r), r->debt),
		add_saturating(r->in_flight - r->in_flight_debt, r->in_doubt));
}

int64_t backoff_after(int64_t base, int64_t n, int64_t max)
{
	int64_t wait;

	if (n < 0)
		n = 0;
	if (__builtin_mul_overflow(base, INT64_C(1) << rules_min(n, BACKOFF_DOUBLINGS),
	                           &wait))
		return max;
	return rules_min(wait, max);
}
