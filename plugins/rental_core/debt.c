/* SPDX-License-Identifier: MIT
 *
 * debt.c - see debt.h. A debt is tried in steps, each after a back-off that doubles with every
 * failure, while the rental runs and after it has ended.
 */
#include "debt.h"

#include "payer.h"

int64_t debt_retry_at(const struct params *p, const struct rent_rental *r)
{
	if (r->outside_at != 0)
		return DEBT_NEVER;
	if (payer_is_needed(p, r))
		return r->payer_needed_at + p->action_retry;
	if (r->debt_last_attempt_at == 0)
		return 0;
	return r->debt_last_attempt_at +
	       backoff_after(p->debt_retry_base, r->debt_attempts, p->debt_retry_max);
}

int64_t debt_charge_due(const struct params *p, const struct rent_rental *r,
                        int64_t min_charge)
{
	int64_t amount = rules_min(r->debt, p->debt_charge_step);

	if (amount <= 0 || amount < min_charge)
		return 0;
	return r->now >= debt_retry_at(p, r) ? amount : 0;
}

int64_t debt_of_unheld_deposit(const struct params *p, const struct rent_rental *r)
{
	return rules_min(r->deposit, rules_max(0, p->r_buyout - 1 - exposure_of(r)));
}

static bool begin_tick_take(struct rental_work *w, enum rent_op_kind kind,
                            enum rent_purpose purpose, int64_t amount,
                            const struct rent_op *target)
{
	struct work_op *op;

	if (amount <= 0 || w->charged || w->next.in_flight > 0 ||
	    (w->goal != GOAL_TICK && kind != RENT_OP_CAPTURE))
		return false;
	if (purpose == RENT_FOR_DEBT && (w->collected || w->next.outside_at != 0))
		return false;
	op = work_add_op(w, kind, purpose, amount, target);
	if (op == NULL)
		return false;
	w->charged = purpose == RENT_FOR_ACCRUAL;
	w->collected = true;
	work_call(w, op);
	return true;
}

bool debt_begin_tick_charge(struct rental_work *w, enum rent_purpose purpose,
                            int64_t amount)
{
	return begin_tick_take(w, RENT_OP_CHARGE, purpose, amount, NULL);
}

bool debt_begin_tick_capture(struct rental_work *w, int64_t amount,
                             const struct work_op *hold)
{
	return begin_tick_take(w, RENT_OP_CAPTURE, RENT_FOR_ACCRUAL, amount, &hold->op);
}

bool debt_next(struct rental_work *w)
{
	int64_t amount = debt_charge_due(w->params, &w->next, w->caps->min_charge);

	return debt_begin_tick_charge(w, RENT_FOR_DEBT, amount);
}

void debt_deposit_unheld(struct rental_work *w)
{
	w->next.debt += debt_of_unheld_deposit(w->params, &w->next);
	w->debt_reason = "deposit could not be held";
}

void debt_accrual_failed(struct rental_work *w, const struct rent_op *op)
{
	w->next.debt += op->amount;
	w->debt_reason = op->state == RENT_OP_DECLINED ? "accrual charge declined"
	                                               : "accrual charge not executed";
}

void debt_accrual_unasked(struct rental_work *w, int64_t amount)
{
	if (amount <= 0 || w->goal != GOAL_TICK || w->next.in_flight > 0)
		return;
	w->next.debt += amount;
	w->debt_reason = "accrual, and the customer must confirm a charge";
}

void debt_collected(struct rental_work *w, const struct rent_op *op)
{
	w->next.debt -= rules_min(op->processed, w->next.debt);
	w->next.debt_attempts = 0;
	w->next.debt_last_attempt_at = 0;
	w->debt_reason = "debt collected";
}

void debt_not_collected(struct rent_rental *next)
{
	next->debt_attempts++;
	next->debt_last_attempt_at = next->now;
}

void debt_in_doubt(struct rental_work *w, const struct rent_op *op)
{
	w->next.debt -= rules_min(op->amount, w->next.debt);
	w->debt_reason = "a collection is in doubt";
}
