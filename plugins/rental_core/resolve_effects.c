/* SPDX-License-Identifier: MIT
 *
 * resolve_effects.c - see resolve_effects.h:
 *
 *   charge, capture  any              in doubt - amount
 *                    SUCCEEDED        paid + processed
 *   … of a rental that goes on, for ACCRUAL
 *                    SUCCEEDED        the rest becomes due again by itself
 *                    failed           debt + amount
 *   … otherwise      any              debt + amount - processed: the doubt had stood in for
 *                                     debt (a collection) or for a part of the price
 *   … for DEBT       SUCCEEDED        attempts = 0; failed: attempts + 1
 *   refund           SUCCEEDED        paid - processed
 *   hold             failed           debt + deposit, while ACTIVE
 *
 * A rental that was settled around the doubt keeps paid + debt = final by this alone. Where
 * there is something left for the provider to do (a hold that can be released, a refund that
 * was not made), its settlement begins again.
 */
#include "resolve_effects.h"

static bool succeeded(const struct rent_op *op)
{
	return op->state == RENT_OP_SUCCEEDED;
}

static void take_resolved(struct item *it, const struct rent_op *op)
{
	struct rent_rental *next = &it->next;
	int64_t missing = op->amount - (succeeded(op) ? op->processed : 0);

	next->in_doubt -= op->amount;
	if (succeeded(op))
		next->paid += op->processed;
	if (next->status == RENT_STATUS_ACTIVE && op->purpose == RENT_FOR_ACCRUAL &&
	    succeeded(op))
		missing = 0;
	if (missing > 0) {
		next->debt += missing;
		it->debt_reason = op->purpose == RENT_FOR_DEBT
		                          ? "a collection in doubt was not made"
		                          : "a charge in doubt was not made";
	}
	if (op->purpose != RENT_FOR_DEBT)
		return;
	if (succeeded(op)) {
		next->debt_attempts = 0;
		next->debt_last_attempt_at = 0;
	} else {
		next->debt_attempts++;
		next->debt_last_attempt_at = next->now;
	}
}

static void hold_resolved(struct item *it, const struct rent_op *op)
{
	if (succeeded(op) || it->next.status != RENT_STATUS_ACTIVE)
		return;
	it->next.debt += unheld_deposit(it->params, &it->next);
	it->debt_reason = "deposit could not be held";
}

/* Whether the provider has something left to do for a rental that was settled. */
static bool leaves_work(const struct rent_op *op)
{
	bool whole = succeeded(op) && op->processed == op->amount;

	switch (op->kind) {
	case RENT_OP_HOLD:
		return succeeded(op);
	case RENT_OP_CAPTURE:
	case RENT_OP_RELEASE:
	case RENT_OP_REFUND:
		return !whole;
	case RENT_OP_CHARGE:
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
	if (it->next.settlement == RENT_SETTLEMENT_DONE && leaves_work(op))
		it->next.settlement = RENT_SETTLEMENT_PENDING;
}
