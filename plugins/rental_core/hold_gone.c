/* SPDX-License-Identifier: MIT
 *
 * hold_gone.c - see hold_gone.h.
 */
#include "hold_gone.h"

bool hold_gone_is_used(const struct rental_work *w, const struct work_op *hold)
{
	for (size_t i = 0; i < w->op_count; i++) {
		if (rent_op_is_open(w->ops[i].op.state) &&
		    strcmp(w->ops[i].op.target_id, hold->op.id) == 0)
			return true;
	}
	return false;
}

void hold_gone_next(struct rental_work *w)
{
	struct work_op *hold = work_find_id(w, w->gone_id), *op;
	int64_t left = hold == NULL || hold->op.state != RENT_OP_SUCCEEDED
	                       ? 0
	                       : work_left_of(w, hold);

	if (left <= 0 || hold_gone_is_used(w, hold))
		return;
	op = work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, left, &hold->op);
	if (op != NULL)
		work_call(w, op);
}

void hold_gone_release(struct work_op *op)
{
	rent_copy(op->op.result, sizeof(op->op.result), HOLD_EXPIRED);
	work_end_op(op, RENT_OP_SUCCEEDED, op->op.amount,
	            "the provider says that the hold has ended");
}

void hold_gone_heed(struct rental_work *w, const struct rent_op *op)
{
	if (op->kind == RENT_OP_RELEASE && op->state == RENT_OP_SUCCEEDED &&
	    strcmp(op->result, HOLD_EXPIRED) == 0)
		work_note(w, RENT_NOTE_HOLD_GONE,
		          "%" PRId64 " of the deposit are not held any more: %.90s",
		          op->amount, op->note);
}
