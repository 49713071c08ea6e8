/* SPDX-License-Identifier: MIT
 *
 * settle.c - the end of a rental's money, at stop, buyout and failed start:
 *
 *   final = min(due(finished_at), R_BUYOUT). The unpaid part is captured from the held
 *   deposit first, then charged; the part that fails becomes the debt and replaces the
 *   previous one. Overpaid: refunded. The rest of the hold is released.
 *
 * Each pass computes what is still to do from what is recorded, so it may be broken off and
 * taken up anywhere. Nothing is begun while an operation of the rental is open: what is
 * unknown is resolved first, and what its customer has not confirmed in time is cancelled.
 */
#include "settle.h"

#include "action.h"
#include "hold.h"
#include "payer.h"

#define DECLINED_MAX 8 /* refunds; then a person must give it back */

static bool has_ended_as(const struct rental_work *w, enum rent_op_kind kind,
                         enum rent_op_state state)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].op.kind == kind &&
		    w->ops[i].op.purpose == RENT_FOR_SETTLE &&
		    w->ops[i].op.state == state)
			return true;
	}
	return false;
}

/* An operation of this kind failed in this run: its next try is the next run's. A charge that
 * failed is debt, a capture that was declined is charged instead. */
static bool failed_now(const struct rental_work *w, enum rent_op_kind kind,
                       bool declined_too)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (!op->called || op->op.kind != kind || action_is_cancel(&op->op) ||
		    op->op.purpose != RENT_FOR_SETTLE)
			continue;
		if (op->op.state == RENT_OP_NOT_EXECUTED ||
		    (declined_too && op->op.state == RENT_OP_DECLINED))
			return true;
	}
	return false;
}

/* Refunds with an unknown outcome: perhaps made already, so not made again. */
static int64_t refunds_in_doubt(const struct rental_work *w)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].op.kind == RENT_OP_REFUND &&
		    w->ops[i].op.state == RENT_OP_MANUAL)
			sum += w->ops[i].op.amount;
	}
	return sum;
}

static int declined_refunds(const struct rental_work *w)
{
	int n = 0;
	size_t i;

	for (i = 0; i < w->op_count; i++)
		n += w->ops[i].op.kind == RENT_OP_REFUND &&
		     w->ops[i].op.state == RENT_OP_DECLINED;
	return n;
}

/* A provider that cannot refund, or refuses again and again: the audit shows what is owed to
 * the customer, and a person gives it back. */
static bool can_refund(const struct rental_work *w)
{
	return (w->caps->operations & RENT_PAY_BIT(RENT_PAY_REFUND)) != 0 &&
	       declined_refunds(w) < DECLINED_MAX;
}

static bool can_capture(const struct rental_work *w, const struct work_op *hold)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (op->kind == RENT_OP_CAPTURE && op->purpose == RENT_FOR_SETTLE &&
		    op->state == RENT_OP_DECLINED &&
		    strcmp(op->target_id, hold->op.id) == 0)
			return false;
	}
	return !(w->caps->capture_releases_rest && hold_captured(w, hold) > 0);
}

/* A hold that something can be taken out of; NULL: none. */
static struct work_op *capturable(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];

		if (op->op.kind == RENT_OP_HOLD && hold_left(w, op) > 0 &&
		    can_capture(w, op))
			return op;
	}
	return NULL;
}

/* A hold that something is left of; NULL: none that is tried again. The audit shows what is still held. */
static struct work_op *releasable(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (hold_is_releasable(w, &w->ops[i]))
			return &w->ops[i];
	}
	return NULL;
}

static bool can_charge(const struct rental_work *w, int64_t amount)
{
	return amount >= w->caps->min_charge && !payer_is_needed(w->params, &w->next) &&
	       !has_ended_as(w, RENT_OP_CHARGE, RENT_OP_DECLINED) &&
	       !has_ended_as(w, RENT_OP_CHARGE, RENT_OP_NOT_EXECUTED);
}

/* The newest charge or capture with something left to refund. */
static struct work_op *refundable(struct rental_work *w)
{
	struct work_op *best = NULL;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];

		if (!rent_op_takes(op->op.kind) || op->op.state != RENT_OP_SUCCEEDED ||
		    work_left_of(w, op) <= 0)
			continue;
		if (best == NULL || op->op.created_at > best->op.created_at)
			best = op;
	}
	return best;
}

static void begin_op(struct rental_work *w, enum rent_op_kind kind, int64_t amount,
                     const struct work_op *target)
{
	struct work_op *op = work_add_op(w, kind, RENT_FOR_SETTLE, amount,
	                                 target == NULL ? NULL : &target->op);

	if (op != NULL)
		work_call(w, op);
}

static void set_debt(struct rental_work *w, int64_t debt)
{
	if (debt == w->next.debt)
		return;
	w->debt_reason = "settled: what could not be taken";
	w->next.debt = debt;
}

/* Money that is being taken is not debt meanwhile: it is in flight. */
static bool take_unpaid(struct rental_work *w, int64_t unpaid)
{
	struct work_op *hold = capturable(w);

	if (hold != NULL)
		begin_op(w, RENT_OP_CAPTURE, rules_min(hold_left(w, hold), unpaid), hold);
	else if (can_charge(w, unpaid))
		begin_op(w, RENT_OP_CHARGE, unpaid, NULL);
	if (w->call == NO_CALL)
		return false;
	set_debt(w, unpaid - w->ops[w->call].op.amount);
	return true;
}

static bool refund_overpaid(struct rental_work *w, int64_t overpaid)
{
	struct work_op *source = refundable(w);
	int64_t left;

	if (source == NULL) {
		/* Storage shows the newest one only; when that is used up, it shows the next. */
		w->needs_ops = !w->just_loaded;
		return w->needs_ops;
	}
	left = work_left_of(w, source);
	begin_op(w, RENT_OP_REFUND, rules_min(left, overpaid), source);
	return w->call != NO_CALL;
}

enum money_state {
	/* A step has begun, or the hold waits for the next run's capture. */
	MONEY_MOVING,
	/* A refund is left for the next run; the rest of the hold may go back already. */
	MONEY_REFUND_LEFT,
	MONEY_SETTLED,
};

static enum money_state settle_money(struct rental_work *w)
{
	int64_t cost = cost_at(w->params, &w->next, w->next.now);
	int64_t unpaid = unpaid_of(w->params, &w->next);
	/* Not more than is left of it, whoever gave the rest back. */
	int64_t overpaid =
		rules_min(w->next.paid, rent_kept(&w->next) - cost) - refunds_in_doubt(w);
	enum money_state state = MONEY_SETTLED;

	if (unpaid > 0 && failed_now(w, RENT_OP_CAPTURE, false)) {
		set_debt(w, unpaid);
		return MONEY_MOVING;
	}
	if (unpaid > 0 && take_unpaid(w, unpaid))
		return MONEY_MOVING;
	if (overpaid > 0 && failed_now(w, RENT_OP_REFUND, true))
		state = MONEY_REFUND_LEFT;
	else if (overpaid > 0 && can_refund(w) && refund_overpaid(w, overpaid))
		return MONEY_MOVING;
	set_debt(w, unpaid);
	return state;
}

/* Not before it began, even if the database's clock was set back, and not later than now. */
void settle_end_rental(struct rental_work *w, enum rent_status status,
                       const struct ending *ending)
{
	int64_t at = ending->at == 0 ? w->next.now : rules_min(ending->at, w->next.now);

	w->next.status = status;
	w->next.settlement = RENT_SETTLEMENT_PENDING;
	w->next.finished_at = rules_max(w->next.started_at, at);
	w->next.ended_by = ending->by;
	rent_copy(w->next.return_station_id, sizeof(w->next.return_station_id),
	          ending->station_id);
	if (ending->note.kind != RENT_NOTE_NONE)
		work_note(w, ending->note.kind, "%s", ending->note.text);
	w->next.has_final = false; /* of a buyout before */
	w->next.final_amount = cost_at(w->params, &w->next, w->next.now);
	w->next.has_final = true;
}

void settle_next(struct rental_work *w)
{
	struct work_op *hold;
	enum money_state money;

	if (!w->has_ops) {
		w->needs_ops = true;
		return;
	}
	if (work_call_open(w)) {
		if (w->call == NO_CALL)
			action_cancel_next(w);
		return;
	}
	if (w->next.open_ops > 0)
		return; /* open, but not shown to us: its time comes */
	money = settle_money(w);
	if (money == MONEY_MOVING)
		return;
	hold = releasable(w);
	if (hold != NULL && failed_now(w, RENT_OP_RELEASE, true))
		return;
	if (hold != NULL)
		begin_op(w, RENT_OP_RELEASE, hold_left(w, hold), hold);
	else if (money == MONEY_SETTLED)
		w->next.settlement = RENT_SETTLEMENT_DONE;
}
