/* SPDX-License-Identifier: MIT
 *
 * rules.h - the rules of pricing, accrual and back-off as pure functions: values in, values
 * out; no clock, no storage, no allocation. The rule texts are quoted from the contract
 * (docs/explanation/money.md); these are the only places where they are computed.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <rent/catalog.h>
#include <rent/model.h>

/* The knobs, named as the rules name them. Money in currency units, times in us. */
struct params {
	int64_t quote_ttl;
	int64_t low_stock_threshold;
	int64_t subscriber_free_period; /* us; a whole number of minutes is used */
	int64_t trusted_deposit_percent;
	int64_t r_buyout;
	int64_t charge_min_amount;
	int64_t debt_charge_step, debt_retry_base, debt_retry_max;
	int64_t start_lease;  /* lease of a start, a stop or a batch of billing */
	int64_t resolve_base; /* first question after an unknown outcome */
	int64_t resolve_max;
	int64_t manual_after;    /* past the provider's window: how long lookups go on */
	bool refuse_undeposited; /* deposit_policy = "refuse" */
};

struct offer {
	int64_t price_per_hour, free_period_min, deposit;
	bool low_stock;
};

/* a · num / den rounded down, INT64_MAX when it does not fit. a, num >= 0, den > 0. */
int64_t scale_down(int64_t a, int64_t num, int64_t den);

/* "Powerbanks available ≤ low_stock_threshold: price × last_banks_increase, rounded down.
 * Subscriber: free period at least subscriber_free_period. Trusted: deposit ×
 * trusted_deposit_percent, rounded down." */
struct offer price_offer(const struct params *p, const struct rent_catalog_tariff *tariff,
                         const struct rent_catalog_user *user,
                         const struct rent_catalog_configs *configs, int64_t available);

/* "due(t) = ceil(price_per_hour · max(0, ⌊t − started_at⌋s − free_period_min·60) / 3600)".
 * 0 for a rental that has not started; INT64_MAX when it does not fit. */
int64_t due_at(const struct rent_rental *r, int64_t t);

/* What a rental costs as of `now`: "min(due(finished_at), R_BUYOUT)" once it ended, the same
 * of now while it runs, 0 for one that never ran. */
int64_t cost_at(const struct params *p, const struct rent_rental *r, int64_t now);

/* "exposure = paid + debt + in_flight", where a charge in flight that collects debt is not
 * counted beside the debt it collects; in_doubt (MANUAL) counts too, for it may have been
 * taken and must not be charged twice. */
int64_t exposure_of(const struct rent_rental *r);

/* What a deposit that could not be held adds to the debt: the deposit, but never so much that
 * the debt alone would buy the powerbank ("nobody owes more than R_BUYOUT"). */
int64_t unheld_deposit(const struct params *p, const struct rent_rental *r);

/* "charge = min(max(0, due − exposure), max(0, R_BUYOUT − exposure)), not below
 * charge_min_amount"; the last piece up to R_BUYOUT may be smaller. 0: nothing. */
int64_t accrual_charge(const struct params *p, const struct rent_rental *r,
                       int64_t min_charge);

/* "min(debt, debt_charge_step) once min(debt_retry_base · 2^min(attempts, 8),
 * debt_retry_max) has passed since last_attempt_at". 0: not now. */
int64_t debt_charge(const struct params *p, const struct rent_rental *r,
                    int64_t min_charge);

/* base · 2^min(n, 8), at most max. */
int64_t backoff_after(int64_t base, int64_t n, int64_t max);

#endif
