/* SPDX-License-Identifier: MIT
 *
 * decide.c - see decide.h: the outcomes heard are applied to the money, the file that knows the
 * rental's state decides, and the difference becomes a change.
 *
 * An outcome that was heard:
 *
 *   charge, capture  SUCCEEDED                 paid + processed
 *   … for DEBT       SUCCEEDED                 debt - processed, attempts = 0
 *   … for DEBT       DECLINED, NOT_EXECUTED    attempts + 1
 *   … for ACCRUAL    DECLINED, NOT_EXECUTED    debt + amount
 *   … for SETTLE     any                       settle.c decides what is left
 *   refund           SUCCEEDED                 paid - processed
 *   hold of a start  DECLINED, NOT_EXECUTED    debt + deposit, while ACTIVE
 *   release of 0     SUCCEEDED                 its hold or charge is DECLINED (action.c)
 *   … DECLINED                                 its hold or charge is asked for once more
 *   … of a customer who was asked, DECLINED    stays open as REFUSED, and a release of 0 begins
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
 *   hold of a start  failed       debt + deposit, while ACTIVE
 *
 * and the debt: of a rental that goes on, what was in doubt and was not taken (for ACCRUAL the
 * rest of a part becomes due again by itself); of one that was settled around the doubt, by as
 * much as the unpaid rest of its price grows. Where the provider has something left to do (a
 * hold that can be released, money that is owed to the customer), its settlement begins again.
 */
#include "decide.h"

#include "accrual.h"
#include "action.h"
#include "change.h"
#include "debt.h"
#include "hold.h"
#include "hold_gone.h"
#include "hold_margin.h"
#include "pay.h"
#include "payer.h"
#include "settle.h"
#include "start.h"
#include "stop.h"

static bool succeeded(const struct rent_op *op)
{
	return op->state == RENT_OP_SUCCEEDED;
}

static bool failed(const struct rent_op *op)
{
	return op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED;
}

/* ---- outcomes that were heard */

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

static void apply_heard_charge(struct rental_work *w, const struct rent_op *op)
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

static void apply_outcomes(struct rental_work *w)
{
	size_t i;

	action_keep_refused(w);
	action_apply_cancels(w);
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (!w->ops[i].ended || rent_op_is_open(op->state))
			continue;
		no_longer_open(w, op);
		payer_heed(w, &w->ops[i]);
		hold_gone_heed(w, op);
		hold_margin_heed(w, op);
		if (rent_op_takes(op->kind))
			apply_heard_charge(w, op);
		else if (op->kind == RENT_OP_REFUND && succeeded(op))
			w->next.paid -= op->processed;
		else if (hold_is_first(op) && failed(op) &&
		         w->next.status == RENT_STATUS_ACTIVE)
			debt_deposit_unheld(w);
	}
}

/* ---- an outcome that a person found out */

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
static void apply_doubt_to_debt(struct rental_work *w, const struct rent_op *op)
{
	int64_t missing = op->amount - (succeeded(op) ? op->processed : 0);

	if (op->purpose == RENT_FOR_DEBT)
		add_debt(w, missing, "a collection in doubt was not made");
	else if (!succeeded(op))
		add_debt(w, missing, "a charge in doubt was not made");
}

static void apply_resolved_charge(struct rental_work *w, const struct rent_op *op)
{
	w->next.in_doubt -= op->amount;
	if (succeeded(op))
		w->next.paid += op->processed;
	if (op->purpose == RENT_FOR_DEBT && succeeded(op))
		w->next.debt_attempts = w->next.debt_last_attempt_at = 0;
	else if (op->purpose == RENT_FOR_DEBT)
		debt_not_collected(&w->next);
	if (w->next.settlement == RENT_SETTLEMENT_OPEN)
		apply_doubt_to_debt(w, op);
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
		return !whole || rent_kept(next) > cost_at(w->params, next, next->now);
	case RENT_OP_CHARGE:
		return rent_kept(next) > cost_at(w->params, next, next->now);
	case RENT_OP_RELEASE:
	case RENT_OP_REFUND:
		return !whole;
	case RENT_OP_EJECT:
	case RENT_OP_NONE:
		break;
	}
	return false;
}

void decide_resolved(struct rental_work *w, const struct rent_op *op)
{
	if (rent_op_takes(op->kind))
		apply_resolved_charge(w, op);
	else if (hold_is_first(op) && !succeeded(op) &&
	         w->next.status == RENT_STATUS_ACTIVE)
		add_debt(w, debt_of_unheld_deposit(w->params, &w->next),
		         "deposit could not be held");
	else if (op->kind == RENT_OP_REFUND && succeeded(op))
		w->next.paid -= op->processed;
	if (w->next.settlement != RENT_SETTLEMENT_OPEN)
		add_debt(w, unpaid_of(w->params, &w->next) - unpaid_of(w->params, &w->r),
		         "settled again: an outcome became known");
	if (w->next.settlement == RENT_SETTLEMENT_DONE && leaves_work(w, op))
		w->next.settlement = RENT_SETTLEMENT_PENDING;
}

/* ---- the states of a rental (docs/explanation/money.md), and the file that decides in each */

static void ended_next(struct rental_work *w)
{
	if (w->next.settlement == RENT_SETTLEMENT_PENDING) {
		/* Recovery owns a settlement that was put off, and its back-off. */
		if (w->goal != GOAL_TICK || w->leased)
			settle_next(w);
	} else if (!work_call_open(w)) {
		(void)debt_next(w);
	} else if (w->call == NO_CALL) {
		action_cancel_next(w);
	}
}

static void decide_by_status(struct rental_work *w)
{
	switch (w->next.status) {
	case RENT_STATUS_PENDING:
		start_next(w);
		break;
	case RENT_STATUS_ACTIVE:
		if (work_is_back(w))
			stop_next(w);
		else
			accrual_next(w);
		break;
	case RENT_STATUS_BUYOUT:
		if (stop_is_after_buyout(w->params, &w->next, &w->ending))
			stop_next(w);
		else
			ended_next(w);
		break;
	case RENT_STATUS_FINISHED:
	case RENT_STATUS_FAILED:
		ended_next(w);
		break;
	case RENT_STATUS_NONE:
		break;
	}
}

/* Somebody else is moving this rental's money. All that may be done meanwhile is to end it. */
static bool is_others(const struct rental_work *w)
{
	bool stops = work_is_back(w) && w->r.status == RENT_STATUS_ACTIVE;

	return !w->leased && work_lease_is_live(&w->r) && !stops;
}

static void decide_by_goal(struct rental_work *w)
{
	if (w->goal == GOAL_PAY)
		pay_next(w);
	else if (w->goal == GOAL_HOLD_ENDED)
		hold_gone_next(w);
	else
		decide_by_status(w);
}

void decide(struct rental_work *w)
{
	w->next = w->r;
	w->call = NO_CALL;
	w->debt_reason = NULL;
	w->note_count = 0;
	w->answers = false;
	w->needs_ops = false;
	w->undeposited_max = 0;
	apply_outcomes(w);
	if (!is_others(w)) {
		action_cancel_refused(w);
		decide_by_goal(w);
		action_call_cancel(w);
	}
	change_make(w);
	w->decided = true;
}
