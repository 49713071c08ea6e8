/* SPDX-License-Identifier: MIT
 *
 * resolve_effects.c - see resolve_effects.h:
 *
 *   charge, capture  any          in doubt - amount
 *                    SUCCEEDED    paid + processed
 *   … for DEBT       SUCCEEDED    attempts = 0; failed: attempts + 1
 *   refund           SUCCEEDED    paid - processed
 *   hold             failed       debt + deposit, while ACTIVE
 *
 * and the debt: of a rental that goes on, what was in doubt and was not taken (for ACCRUAL the
 * rest of a part becomes due again by itself); of one that was settled around the doubt, by as
 * much as the unpaid rest of its price grows. Where the provider has something left to do (a
 * hold that can be released, money that is owed to the customer), its settlement begins again.
 */
#include "resolve_effects.h"

static bool succeeded(const struct rent_op *op)
{
	return op->state == RENT_OP_SUCCEEDED;
}

/* What settle.c makes the debt of it. */
static int64_t unpaid(const struct item *it, const struct rent_rental *r)
{
	int64_t rest = cost_at(it->params, r, r->now) - r->paid - r->in_doubt;

	return rest > 0 ? rest : 0;
}

static void add_debt(struct item *it, int64_t amount, const char *reason)
{
	if (amount == 0)
		return;
	it->next.debt += amount;
	if (it->next.debt < 0)
		it->next.debt = 0;
	it->debt_reason = reason;
}

static void collection_resolved(struct rent_rental *next, const struct rent_op *op)
{
	if (succeeded(op)) {
		next->debt_attempts = 0;
		next->debt_last_attempt_at = 0;
	} else {
		next->debt_attempts++;
		next->debt_last_attempt_at = next->now;
	}
}

/* The debt of a rental that nothing is settled for yet. */
static void take_goes_on(struct item *it, const struct rent_op *op)
{
	int64_t missing = op->amount - (succeeded(op) ? op->processed : 0);

	if (op->purpose == RENT_FOR_DEBT)
		add_debt(it, missing, "a collection in doubt was not made");
	else if (!succeeded(op))
		add_debt(it, missing, "a charge in doubt was not made");
}

static void take_resolved(struct item *it, const struct rent_op *op)
{
	it->next.in_doubt -= op->amount;
	if (succeeded(op))
		it->next.paid += op->processed;
	if (op->purpose == RENT_FOR_DEBT)
		collection_resolved(&it->next, op);
	if (it->next.settlement == RENT_SETTLEMENT_OPEN)
		take_goes_on(it, op);
}

static void hold_resolved(struct item *it, const struct rent_op *op)
{
	if (!succeeded(op) && it->next.status == RENT_STATUS_ACTIVE)
		add_debt(it, unheld_deposit(it->params, &it->next),
		         "deposit could not be held");
}

/* Whether the provider has something left to do for a rental that was settled. */
static bool leaves_work(const struct item *it, const struct rent_op *op)
{
	const struct rent_rental *next = &it->next;
	bool whole = succeeded(op) && op->processed == op->amount;

	switch (op->kind) {
	case RENT_OP_HOLD:
		return succeeded(op);
	case RENT_OP_CAPTURE:
		return !whole || next->paid > cost_at(it->params, next, next->now);
	case RENT_OP_CHARGE:
		return next->paid > cost_at(it->params, next, next->now);
	case RENT_OP_RELEASE:
	case RENT_OP_REFUND:
		return !whole;
	case RENT_OP_EJECT:
	case RENT_OP_NONE:
		break;
	}
	return false;
}

void resolve_effects(struct item *it, const struct rent_op *op)
{
	if (rent_op_takes(op->kind))
		take_resolved(it, op);
	else if (op->kind == RENT_OP_HOLD)
		hold_resolved(it, op);
	else if (op->kind == RENT_OP_REFUND && succeeded(op))
		it->next.paid -= op->processed;
	if (it->next.settlement != RENT_SETTLEMENT_OPEN)
		add_debt(it, unpaid(it, &it->next) - unpaid(it, &it->r),
		         "settled anew: an outcome became known");
	if (it->next.settlement == RENT_SETTLEMENT_DONE && leaves_work(it, op))
		it->next.settlement = RENT_SETTLEMENT_PENDING;
}
