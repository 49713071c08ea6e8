/* SPDX-License-Identifier: MIT
 *
 * plan.c - what to do next for one rental: the states of money-rules. See plan.h. The parts:
 * settle.c (the end of a rental's money), effects.c (what an outcome does to paid and debt),
 * change.c (the change that records the decision).
 */
#include "plan.h"

#include "plan_parts.h"

bool lease_is_live(const struct rent_rental *r)
{
	return r->lease_token[0] != '\0' && r->lease_until > r->now;
}

void plan_call(struct item *it, const struct item_op *op)
{
	it->call = (size_t)(op - it->ops);
}

/* Billing does not ask again after old operations: they have their own time (work_at), and
 * recovery claims them. */
static bool callable(const struct item *it, const struct item_op *op)
{
	return rent_op_is_open(op->op.state) && !op->called &&
	       (op->fresh || it->goal != GOAL_TICK);
}

bool plan_open_ops(struct item *it)
{
	bool open = false;
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (callable(it, &it->ops[i])) {
			plan_call(it, &it->ops[i]);
			return true;
		}
		open |= rent_op_is_open(it->ops[i].op.state);
	}
	return open;
}

/* ---- PENDING: "record first, then money, then hardware" */

static void fail_start(struct item *it, enum rent_verdict verdict,
                       const struct item_op *hold)
{
	bool holds = hold != NULL && (hold->op.state == RENT_OP_SUCCEEDED ||
	                              rent_op_is_open(hold->op.state));

	it->next.status = RENT_STATUS_FAILED;
	it->next.settlement = holds ? RENT_SETTLEMENT_PENDING : RENT_SETTLEMENT_DONE;
	answer_refusal(it, verdict);
	if (holds)
		plan_settle(it);
}

static void activate(struct item *it, const struct item_op *hold,
                     const struct item_op *eject)
{
	it->next.status = RENT_STATUS_ACTIVE;
	it->next.started_at = RENT_DB_NOW;
	rent_copy(it->next.powerbank_id, sizeof(it->next.powerbank_id), eject->op.result);
	if (hold != NULL && (hold->op.state == RENT_OP_DECLINED ||
	                     hold->op.state == RENT_OP_NOT_EXECUTED)) {
		it->next.debt += unheld_deposit(it->params, &it->next);
		it->debt_reason = "deposit could not be held";
	}
	answer_started(it);
}

/* deposit_policy = "refuse": the eject is not even intended before the deposit is held, so
 * that whoever takes over knows for certain that none was sent. Only the provider's own no is
 * the customer's affair: a hold that could not be asked for, or whose end is not known, is
 * "not available". */
static void plan_without_eject(struct item *it, const struct item_op *hold)
{
	struct item_op *eject;

	if (it->r.quote_id[0] == '\0')
		return; /* not ours: a row somebody else left PENDING */
	if (hold != NULL && hold->op.state != RENT_OP_SUCCEEDED) {
		fail_start(it,
		           hold->op.state == RENT_OP_DECLINED ? RENT_DEPOSIT_DECLINED
		                                              : RENT_NOT_AVAILABLE,
		           hold);
		return;
	}
	eject = item_add(it, RENT_OP_EJECT, RENT_FOR_START, 0, NULL);
	if (eject != NULL)
		plan_call(it, eject);
}

static void plan_pending(struct item *it)
{
	struct item_op *hold = item_find(it, RENT_OP_HOLD);
	struct item_op *eject = item_find(it, RENT_OP_EJECT);

	if (hold != NULL && callable(it, hold)) {
		plan_call(it, hold);
		return;
	}
	if (eject == NULL)
		plan_without_eject(it, hold);
	else if (callable(it, eject))
		plan_call(it, eject);
	else if (eject->op.state == RENT_OP_SUCCEEDED)
		activate(it, hold, eject);
	else if (eject->op.state == RENT_OP_DECLINED)
		fail_start(it, RENT_STATION_REFUSED, hold);
	else if (!rent_op_is_open(eject->op.state))
		fail_start(it, RENT_NOT_AVAILABLE, hold);
}

/* ---- ACTIVE, and the debts of rentals that ended */

/* At most one charge in flight per rental, and one a run: the next tick takes the next. */
static void plan_charge(struct item *it)
{
	enum rent_purpose purpose = RENT_FOR_ACCRUAL;
	struct item_op *op;
	int64_t amount = 0;

	if (it->goal != GOAL_TICK || it->charged || it->next.in_flight > 0)
		return;
	if (it->next.status == RENT_STATUS_ACTIVE)
		amount = accrual_charge(it->params, &it->next, it->caps->min_charge);
	if (amount == 0) {
		purpose = RENT_FOR_DEBT;
		amount = debt_charge(it->params, &it->next, it->caps->min_charge);
	}
	if (amount == 0)
		return;
	op = item_add(it, RENT_OP_CHARGE, purpose, amount, NULL);
	if (op == NULL)
		return;
	it->charged = true;
	plan_call(it, op);
}

/* Not before it began, though the database's clock be set back. */
static void end_rental(struct item *it, enum rent_status status)
{
	bool back = it->next.now < it->next.started_at;

	it->next.status = status;
	it->next.settlement = RENT_SETTLEMENT_PENDING;
	it->next.finished_at = back ? it->next.started_at : it->next.now;
	it->next.final_amount = cost_at(it->params, &it->next, it->next.now);
	it->next.has_final = true;
}

static void plan_active(struct item *it)
{
	if (it->goal == GOAL_STOP) {
		end_rental(it, RENT_STATUS_FINISHED);
		if (it->leased || !lease_is_live(&it->r))
			plan_settle(it);
		return; /* else who has the lease settles */
	}
	(void)plan_open_ops(it);
	if (it->call != NO_CALL)
		return;
	if (exposure_of(&it->next) >= it->params->r_buyout) {
		end_rental(it, RENT_STATUS_BUYOUT);
		plan_settle(it);
		return;
	}
	plan_charge(it);
}

static void plan_ended(struct item *it)
{
	if (it->next.settlement == RENT_SETTLEMENT_PENDING) {
		/* Recovery owns a settlement that was put off, and its back-off. */
		if (it->goal != GOAL_TICK || it->leased)
			plan_settle(it);
		return;
	}
	if (!plan_open_ops(it))
		plan_charge(it);
}

static void plan_by_status(struct item *it)
{
	switch (it->next.status) {
	case RENT_STATUS_PENDING:
		plan_pending(it);
		break;
	case RENT_STATUS_ACTIVE:
		plan_active(it);
		break;
	case RENT_STATUS_FINISHED:
	case RENT_STATUS_BUYOUT:
	case RENT_STATUS_FAILED:
		plan_ended(it);
		break;
	case RENT_STATUS_NONE:
		break;
	}
}

/* Somebody else is moving this rental's money. All that may be done meanwhile is to end it. */
static bool is_others(const struct item *it)
{
	bool stops = it->goal == GOAL_STOP && it->r.status == RENT_STATUS_ACTIVE;

	return !it->leased && lease_is_live(&it->r) && !stops;
}

void plan(struct item *it)
{
	it->next = it->r;
	it->call = NO_CALL;
	it->debt_reason = NULL;
	it->outcome = NULL;
	it->needs_ops = false;
	effects_apply(it);
	if (!is_others(it))
		plan_by_status(it);
	change_make(it);
}
