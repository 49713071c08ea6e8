/* SPDX-License-Identifier: MIT
 *
 * effects.c - what the outcome of an operation does to the money of its rental:
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
 */
#include "plan_parts.h"

static void no_longer_open(struct item *it, const struct rent_op *op)
{
	it->next.open_ops--;
	if (!rent_op_takes(op->kind))
		return;
	it->next.in_flight -= op->amount;
	if (op->purpose == RENT_FOR_DEBT)
		it->next.in_flight_debt -= op->amount;
	if (op->state == RENT_OP_MANUAL)
		it->next.in_doubt += op->amount;
}

/* What may have been taken is not asked for again: it moves from the debt to the doubt. */
static void debt_in_doubt(struct item *it, const struct rent_op *op)
{
	it->next.debt -= op->amount < it->next.debt ? op->amount : it->next.debt;
	it->debt_reason = "a collection is in doubt";
}

static void take_succeeded(struct item *it, const struct rent_op *op)
{
	it->next.paid += op->processed;
	if (op->purpose != RENT_FOR_DEBT)
		return;
	it->next.debt -= op->processed < it->next.debt ? op->processed : it->next.debt;
	it->next.debt_attempts = 0;
	it->next.debt_last_attempt_at = 0;
	it->debt_reason = "debt collected";
}

static void take_failed(struct item *it, const struct rent_op *op)
{
	if (op->purpose == RENT_FOR_ACCRUAL) {
		it->next.debt += op->amount;
		it->debt_reason = op->state == RENT_OP_DECLINED
		                          ? "accrual charge declined"
		                          : "accrual charge not executed";
	} else if (op->purpose == RENT_FOR_DEBT) {
		it->next.debt_attempts++;
		it->next.debt_last_attempt_at = it->next.now;
	}
}

static void effect_of(struct item *it, const struct rent_op *op)
{
	bool succeeded = op->state == RENT_OP_SUCCEEDED;
	bool failed = op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED;

	if (rent_op_takes(op->kind) && succeeded) {
		take_succeeded(it, op);
	} else if (rent_op_takes(op->kind) && failed) {
		take_failed(it, op);
	} else if (op->purpose == RENT_FOR_DEBT && op->state == RENT_OP_MANUAL) {
		debt_in_doubt(it, op);
	} else if (op->kind == RENT_OP_REFUND && succeeded) {
		it->next.paid -= op->processed;
	} else if (op->kind == RENT_OP_HOLD && failed &&
	           it->next.status == RENT_STATUS_ACTIVE) {
		it->next.debt += unheld_deposit(it->params, &it->next);
		it->debt_reason = "deposit could not be held";
	}
}

void effects_apply(struct item *it)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (!it->ops[i].ended || rent_op_is_open(it->ops[i].op.state))
			continue;
		no_longer_open(it, &it->ops[i].op);
		effect_of(it, &it->ops[i].op);
	}
}
