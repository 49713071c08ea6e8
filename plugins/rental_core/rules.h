/* SPDX-License-Identifier: MIT
 *
 * rules.h - pricing, what is due, exposure and back-off as pure functions: values in, values
 * out; no clock, no storage, no allocation. docs/explanation/money.md gives the reasons. How much a tick
 * charges is in accrual.h, when a debt is tried again in debt.h.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <rent/catalog.h>
#include <rent/model.h>

/* The clock of a service and that of the database differ by this at most. */
#define CLOCKS_APART RENT_MINUTE

enum stop_rule {
	STOP_AUTO = 0, /* the cabinet is asked where its service can look into it */
	STOP_TRUSTED,
	STOP_VERIFIED,
};

/* The knobs, named as the rules name them. Money in currency units, times in us. */
struct params {
	int64_t quote_ttl;
	int64_t low_stock_threshold;
	/* A whole number of minutes of it is used. */
	int64_t subscriber_free_period;
	int64_t trusted_deposit_percent;
	int64_t r_buyout;
	int64_t charge_min_amount;
	int64_t debt_charge_step, debt_retry_base, debt_retry_max;
	/* Lease of a start, a stop or a batch of billing. */
	int64_t start_lease;
	/* First question after an unknown outcome, and the longest wait between two. */
	int64_t resolve_base, resolve_max;
	/* Past the provider's window: how long lookups go on. */
	int64_t manual_after;
	/* The longest time that a report of a return reaches back. */
	int64_t return_backdate_max;
	/* How long a powerbank may lie in a slot before it is a finding that its rental runs. */
	int64_t return_settle;
	/* So long after its buyout a return still counts; 0: never. */
	int64_t buyout_return_window;
	/* A powerbank that is given out again ends the rental that has it. */
	bool reissue_closes;
	/* Whether a customer who says that the powerbank is back is believed. */
	enum stop_rule stop;
	/* How long a start waits for a cabinet that has taken its order. */
	int64_t start_wait;
	/* How long a customer has to confirm his deposit, or what he pays. */
	int64_t action_timeout;
	/* How long nothing is charged without a customer of whom the provider wants to see more. */
	int64_t action_retry;
	/* deposit_declined, deposit_unavailable = "refuse": whose deposit the provider declined,
	 * and who came while it said neither yes nor no, gets no powerbank. */
	bool refuse_declined, refuse_unavailable;
	/* Rentals that go on without a deposit at once because the provider says neither yes nor
	 * no; 0: any number. */
	int64_t undeposited_max;
	/* charge = "at_end": what the held deposit covers is taken once, when the rental ends. It
	 * covers its rest less charge_margin, and nothing once it ends within hold_margin. */
	bool charge_at_end;
	int64_t charge_margin, hold_margin;
	/* The most that is believed of a catalogue: an hour's price, a deposit; 0: anything. */
	int64_t price_max, deposit_max;
};

struct quote_terms {
	int64_t price_per_hour, free_period_min, deposit;
	bool low_stock;
};

static inline int64_t rules_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t rules_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Whether no eject may be intended before the hold was asked for. */
static inline bool deposit_comes_first(const struct params *p)
{
	return p->refuse_declined || p->refuse_unavailable;
}

/* The row was written by another program: it has no quote, and its payments are attempts only. */
static inline bool rental_is_foreign(const struct rent_rental *r)
{
	return r->quote_id[0] == '\0';
}

/* a · num / den rounded down, INT64_MAX when it does not fit. a, num >= 0, den > 0. */
int64_t scale_down(int64_t a, int64_t num, int64_t den);

/* With at most low_stock_threshold powerbanks available the price is multiplied by
 * last_banks_increase and rounded down. A subscriber has subscriber_free_period free at least. A
 * trusted user's deposit is trusted_deposit_percent of it, rounded down. */
struct quote_terms price_quote(const struct params *p,
                               const struct rent_catalog_tariff *tariff,
                               const struct rent_catalog_user *user,
                               const struct rent_catalog_configs *configs,
                               int64_t available);

/* The name of the option, price_max or deposit_max, that terms are above; NULL: of neither. */
const char *price_limit_passed(const struct params *p, const struct quote_terms *terms);

/* The amount due at t: the price of the whole seconds since started_at beyond the free period,
 * rounded up to a currency unit. 0 for a rental that has not started; INT64_MAX when it does not fit. */
int64_t due_at(const struct rent_rental *r, int64_t t);

/* The cost of a rental as of `now`: what is due at its end once it ended, what is due now while
 * it runs, each at most r_buyout; 0 for one that never ran. */
int64_t cost_at(const struct params *p, const struct rent_rental *r, int64_t now);

/* The part of the cost as of r->now that is still to be taken, never below 0: what is in doubt may
 * have been taken already. The settlement makes the debt of it. */
int64_t unpaid_of(const struct params *p, const struct rent_rental *r);

/* Paid, debt and in flight together, where a charge in flight that collects debt is not
 * counted beside the debt it collects; in_doubt (MANUAL) counts too, for it may have been
 * taken and must not be charged twice. What the provider gave back by itself counts as paid: nobody is
 * charged for it again. */
int64_t exposure_of(const struct rent_rental *r);

/* base · 2^min(n, 8), at most max. */
int64_t backoff_after(int64_t base, int64_t n, int64_t max);

#endif
