/* SPDX-License-Identifier: MIT
 *
 * outcomes.c - see outcomes.h. An outcome that was heard:
 *
 *   charge, capture  SUCCEEDED                 paid + processed
 *   … for DEBT       SUCCEEDED                 debt - processed, attempts = 0
 *   … for DEBT       DECLINED, NOT_EXECUTED    attempts + 1
 *   … for ACCRUAL    DECLINED, NOT_EXECUTED    debt + amount
 *   … for SETTLE     any                       settle.c decides what is left
 *   refund           SUCCEEDED                 paid - processed
 *   hold             DECLINED, NOT_EXECUTED    debt + deposit, while ACTIVE
 *   any              UNKNOWN, PENDING          stays in flight: neither paid nor debt
 *   any              MANUAL                    in doubt: perhaps paid, never charged again;
 *                                              what was to collect debt leaves the debt
 *
 * An outcome that a person found out of an operation in MANUAL:
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
#include "outcomes.h"

#include "debt.h"

static bool succeeded(const struct rent_op *op)
{
	return op->state == RENT_OP_SUCCEEDED;
}

static bool failed(const struct rent_op *op)
{
	return op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED;
}

/* ---- heard */

static void no_longer_open(struct rental_work *w, const struct rent_op *op)
{
	w->next.open_ops--;
	if (!rent_op_takes(op->kind))
		return;
	w->next.in_flight -= op->amount;
	if (op->purpose == RENT_FOR_DEBT)
		w->next.in_flight_debt -= op->amount;
	if (op->state == RENT_OP_MANUAL)
		w->next.in_doubt += op->amount;
}

static void take_heard(struct rental_work *w, const struct rent_op *op)
{
	if (succeeded(op))
		w->next.paid += op->processed;
	if (op->purpose == RENT_FOR_ACCRUAL && failed(op))
		debt_accrual_failed(w, op);
	if (op->purpose != RENT_FOR_DEBT)
		return;
	if (succeeded(op))
		debt_collected(w, op);
	else if (failed(op))
		debt_not_collected(&w->next);
	else if (op->state == RENT_OP_MANUAL)
		debt_in_doubt(w, op);
}

void outcomes_apply(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (!w->ops[i].ended || rent_op_is_open(op->state))
			continue;
		no_longer_open(w, op);
		if (rent_op_takes(op->kind))
			take_heard(w, op);
		else if (op->kind == RENT_OP_REFUND && succeeded(op))
			w->next.paid -= op->processed;
		else if (op->kind == RENT_OP_HOLD && failed(op) &&
		         w->next.status == RENT_STATUS_ACTIVE)
			debt_deposit_unheld(w);
	}
}

/* ---- found out by a person */

/* What settle.c makes the debt of it. */
static int64_t unpaid(const struct rental_work *w, const struct rent_rental *r)
{
	int64_t rest = cost_at(w->params, r, r->now) - r->paid - r->in_doubt;

	return rest > 0 ? rest : 0;
}

static void add_debt(struct rental_work *w, int64_t amount, const char *reason)
{
	if (amount == 0)
		return;
	w->next.debt += amount;
	if (w->next.debt < 0)
		w->next.debt = 0;
	w->debt_reason = reason;
}

/* The debt of a rental that nothing is settled for yet. */
static void take_resolved_while_open(struct rental_work *w, const struct rent_op *op)
{
	int64_t missing = op->amount - (succeeded(op) ? op->processed : 0);

	if (op->purpose == RENT_FOR_DEBT)
		add_debt(w, missing, "a collection in doubt was not made");
	else if (!succeeded(op))
		add_debt(w, missing, "a charge in doubt was not made");
}

static void take_resolved(struct rental_work *w, const struct rent_op *op)
{
	w->next.in_doubt -= op->amount;
	if (succeeded(op))
		w->next.paid += op->processed;
	if (op->purpose == RENT_FOR_DEBT && succeeded(op))
		w->next.debt_attempts = w->next.debt_last_attempt_at = 0;
	else if (op->purpose == RENT_FOR_DEBT)
		debt_not_collected(&w->next);
	if (w->next.settlement == RENT_SETTLEMENT_OPEN)
		take_resolved_while_open(w, op);
}

static void hold_resolved(struct rental_work *w, const struct rent_op *op)
{
	if (!succeeded(op) && w->next.status == RENT_STATUS_ACTIVE)
		add_debt(w, debt_of_unheld_deposit(w->params, &w->next),
		         "deposit could not be held");
}

/* Whether the provider has something left to do for a rental that was settled. */
static bool leaves_work(const struct rental_work *w, const struct rent_op *op)
{
	const struct rent_rental *next = &w->next;
	bool whole = succeeded(op) && op->processed == op->amount;

	switch (op->kind) {
	case RENT_OP_HOLD:
		return succeeded(op);
	case RENT_OP_CAPTURE:
		return !whole || next->paid > cost_at(w->params, next, next->now);
	case RENT_OP_CHARGE:
		return next->paid > cost_at(w->params, next, next->now);
	case RENT_OP_RELEASE:
	case RENT_OP_REFUND:
		return !whole;
	case RENT_OP_EJECT:
	case RENT_OP_NONE:
		break;
	}
	return false;
}

void outcome_resolved(struct rental_work *w, const struct rent_op *op)
{
	if (rent_op_takes(op->kind))
		take_resolved(w, op);
	else if (op->kind == RENT_OP_HOLD)
		hold_resolved(w, op);
	else if (op->kind == RENT_OP_REFUND && succeeded(op))
		w->next.paid -= op->processed;
	if (w->next.settlement != RENT_SETTLEMENT_OPEN)
		add_debt(w, unpaid(w, &w->next) - unpaid(w, &w->r),
		         "settled again: an outcome became known");
	if (w->next.settlement == RENT_SETTLEMENT_DONE && leaves_work(w, op))
		w->next.settlement = RENT_SETTLEMENT_PENDING;
}
