/* SPDX-License-Identifier: MIT
 *
 * audit.c - the sums over the operations of one rental; see audit.h. When its holds end the backend
 * adds: that takes two operations at once.
 */
#include "core/audit.h"

static void add_hold(struct rent_audit_row *a, const struct rent_op *op)
{
	if (op->state != RENT_OP_SUCCEEDED)
		return;
	a->holds += op->target_id[0] == '\0';
	a->held += op->processed;
	a->hold_used += op->used;
}

/* processed is 0 for all that did not succeed. */
static void add_money(struct rent_audit_row *a, const struct rent_op *op,
                      int64_t reopened_at)
{
	bool open = rent_op_is_open(op->state);

	if (rent_op_takes(op->kind)) {
		a->charged += op->processed;
		a->open_takes += open;
		a->settle_takes +=
			op->purpose == RENT_FOR_SETTLE && op->created_at >= reopened_at &&
			(op->processed > 0 || open || op->state == RENT_OP_MANUAL);
	}
	if (op->kind == RENT_OP_CAPTURE)
		a->captured += op->processed;
	else if (op->kind == RENT_OP_RELEASE)
		a->released += op->processed;
	else if (op->kind == RENT_OP_REFUND && (open || op->state == RENT_OP_MANUAL))
		a->refunding += op->amount;
	else if (op->kind == RENT_OP_REFUND)
		a->refunded += op->processed;
}

void audit_add_op(struct rent_audit_row *a, const struct rent_op *op, int64_t reopened_at)
{
	bool open = rent_op_is_open(op->state);

	if (op->kind == RENT_OP_HOLD)
		add_hold(a, op);
	else if (op->kind == RENT_OP_EJECT)
		a->ejects += op->state == RENT_OP_SUCCEEDED;
	else
		add_money(a, op, reopened_at);
	a->overused += op->used > op->processed;
	a->manual += op->state == RENT_OP_MANUAL;
	if (open && (a->oldest_open_at == 0 || op->created_at < a->oldest_open_at))
		a->oldest_open_at = op->created_at;
}
