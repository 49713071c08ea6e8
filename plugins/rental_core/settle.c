/* SPDX-License-Identifier: MIT
 *
 * settle.c - the end of a rental's money, at stop, buyout and failed start:
 *
 *   final = min(due(finished_at), R_BUYOUT). What is unpaid is captured from the held
 *   deposit first, then charged; what fails is the debt, replacing what stood there.
 *   Overpaid: refunded. The rest of the hold is released.
 *
 * Each pass computes what is still to do from what is recorded, so it may be broken off and
 * taken up anywhere. Nothing is begun while an operation of the rental is open: what is
 * unknown is resolved first.
 */
#include "plan_parts.h"

#define REFUNDS_DECLINED_MAX 8 /* then a person must give it back */

/* What is left of the deposit's hold; 0 when there is none or it has run out. */
static int64_t hold_left(const struct item *it, const struct item_op *hold)
{
	if (hold == NULL || hold->op.state != RENT_OP_SUCCEEDED)
		return 0;
	if (hold->op.expires_at != 0 && hold->op.expires_at <= it->next.now)
		return 0;
	return item_left(it, hold);
}

static bool has(const struct item *it, enum rent_op_kind kind, enum rent_op_state state)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].op.kind == kind &&
		    it->ops[i].op.purpose == RENT_FOR_SETTLE &&
		    it->ops[i].op.state == state)
			return true;
	}
	return false;
}

/* An operation of this kind failed in this run: its next try is the next run's. A charge that
 * failed is debt, a capture that was declined is charged instead. */
static bool failed_now(const struct item *it, enum rent_op_kind kind, bool declined_too)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		const struct item_op *op = &it->ops[i];

		if (!op->called || op->op.kind != kind ||
		    op->op.purpose != RENT_FOR_SETTLE)
			continue;
		if (op->op.state == RENT_OP_NOT_EXECUTED ||
		    (declined_too && op->op.state == RENT_OP_DECLINED))
			return true;
	}
	return false;
}

/* Refunds of which nobody knows: perhaps given back already, so not given back again. */
static int64_t refunds_in_doubt(const struct item *it)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].op.kind == RENT_OP_REFUND &&
		    it->ops[i].op.state == RENT_OP_MANUAL)
			sum += it->ops[i].op.amount;
	}
	return sum;
}

/* A provider that cannot refund, or refuses again and again: the audit shows what is owed to
 * the customer, and a person gives it back. */
static bool can_refund(const struct item *it)
{
	int declined = 0;
	size_t i;

	for (i = 0; i < it->op_count; i++)
		declined += it->ops[i].op.kind == RENT_OP_REFUND &&
		            it->ops[i].op.state == RENT_OP_DECLINED;
	return (it->caps->operations & RENT_PAY_BIT(RENT_PAY_REFUND)) != 0 &&
	       declined < REFUNDS_DECLINED_MAX;
}

static bool can_capture(const struct item *it)
{
	return !has(it, RENT_OP_CAPTURE, RENT_OP_DECLINED) &&
	       !(it->caps->capture_releases_rest &&
	         has(it, RENT_OP_CAPTURE, RENT_OP_SUCCEEDED));
}

static bool can_charge(const struct item *it, int64_t amount)
{
	return amount >= it->caps->min_charge &&
	       !has(it, RENT_OP_CHARGE, RENT_OP_DECLINED) &&
	       !has(it, RENT_OP_CHARGE, RENT_OP_NOT_EXECUTED);
}

/* The newest charge or capture with something left to refund. */
static struct item_op *refundable(struct item *it)
{
	struct item_op *best = NULL;
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		struct item_op *op = &it->ops[i];

		if (!rent_op_takes(op->op.kind) || op->op.state != RENT_OP_SUCCEEDED ||
		    item_left(it, op) <= 0)
			continue;
		if (best == NULL || op->op.created_at > best->op.created_at)
			best = op;
	}
	return best;
}

static void begin(struct item *it, enum rent_op_kind kind, int64_t amount,
                  const struct item_op *target)
{
	struct item_op *op = item_add(it, kind, RENT_FOR_SETTLE, amount,
	                              target == NULL ? NULL : &target->op);

	if (op != NULL)
		plan_call(it, op);
}

static void set_debt(struct item *it, int64_t unpaid)
{
	int64_t debt = unpaid > 0 ? unpaid : 0;

	if (debt == it->next.debt)
		return;
	it->debt_reason = "settled: what could not be taken";
	it->next.debt = debt;
}

/* What is being taken is not debt meanwhile: it is in flight. */
static bool take_unpaid(struct item *it, struct item_op *hold, int64_t unpaid)
{
	int64_t left = hold_left(it, hold);

	if (left > 0 && can_capture(it))
		begin(it, RENT_OP_CAPTURE, left < unpaid ? left : unpaid, hold);
	else if (can_charge(it, unpaid))
		begin(it, RENT_OP_CHARGE, unpaid, NULL);
	if (it->call == NO_CALL)
		return false;
	set_debt(it, unpaid - it->ops[it->call].op.amount);
	return true;
}

static bool refund_overpaid(struct item *it, int64_t overpaid)
{
	struct item_op *source = refundable(it);
	int64_t left;

	if (source == NULL) {
		/* Storage shows the newest one only; when that is used up, it shows the next. */
		it->needs_ops = !it->just_loaded;
		return it->needs_ops;
	}
	left = item_left(it, source);
	begin(it, RENT_OP_REFUND, left < overpaid ? left : overpaid, source);
	return it->call != NO_CALL;
}

/* False: something is left for a later run. */
static bool settle_money(struct item *it, struct item_op *hold, bool *ret_wait)
{
	int64_t cost = cost_at(it->params, &it->next, it->next.now);
	int64_t unpaid = cost - it->next.paid - it->next.in_doubt;
	int64_t overpaid = it->next.paid - cost - refunds_in_doubt(it);

	if (unpaid > 0 && failed_now(it, RENT_OP_CAPTURE, false)) {
		set_debt(it, unpaid); /* the hold is kept for the next run */
		*ret_wait = true;
		return false;
	}
	if (unpaid > 0 && take_unpaid(it, hold, unpaid))
		return false;
	if (overpaid > 0 && failed_now(it, RENT_OP_REFUND, true))
		*ret_wait = true;
	else if (overpaid > 0 && can_refund(it) && refund_overpaid(it, overpaid))
		return false;
	set_debt(it, unpaid);
	return true;
}

void plan_settle(struct item *it)
{
	struct item_op *hold = item_find(it, RENT_OP_HOLD);
	bool wait = false;
	int64_t left;

	if (!it->has_ops) {
		it->needs_ops = true;
		return;
	}
	if (plan_open_ops(it))
		return;
	if (it->next.open_ops > 0)
		return; /* open, but not shown to us: its time comes */
	if (!settle_money(it, hold, &wait))
		return;
	hold = item_find(it, RENT_OP_HOLD);
	left = hold_left(it, hold);
	if (left > 0 && failed_now(it, RENT_OP_RELEASE, false))
		return;
	if (left > 0 && !has(it, RENT_OP_RELEASE, RENT_OP_DECLINED))
		begin(it, RENT_OP_RELEASE, left, hold);
	else if (!wait)
		it->next.settlement = RENT_SETTLEMENT_DONE;
}
