/* SPDX-License-Identifier: MIT
 *
 * operations.c - the two steps of a call. See operations.h.
 */
#include "operations.h"
#include "action.h"
#include "eject_call.h"
#include "eject_evidence.h"
#include "hold.h"
#include "hold_gone.h"
#include "outcome.h"
#include "payment_call.h"
#include "resolution.h"

bool operation_released_by_capture(const struct rental_work *w, const struct rent_op *op)
{
	size_t i;

	if (op->kind != RENT_OP_RELEASE || action_is_cancel(op) ||
	    !w->caps->capture_releases_rest)
		return false;
	for (i = 0; i < w->op_count; i++) {
		const struct work_op *other = &w->ops[i];

		if (other->op.kind == RENT_OP_CAPTURE &&
		    other->op.state == RENT_OP_SUCCEEDED &&
		    strcmp(other->op.target_id, op->target_id) == 0)
			return true;
		/* One that was made while the rental ran is not shown any more. */
		if (strcmp(other->op.id, op->target_id) == 0 &&
		    hold_was_captured(w, other))
			return true;
	}
	return false;
}

/* An order that does not say what became of it: what is in its cabinet may. */
static void judge_order_without_end(struct rental_work *w)
{
	if (way_cabinet_decides(w, work_called_op(w)))
		evidence_judge(w);
}

static void give_up(struct rental_work *w, struct work_op *op)
{
	outcome_complain(w, "manual",
	                 "its outcome cannot be found out; a person must look",
	                 op->op.note);
	work_end_op(op, RENT_OP_MANUAL, 0, NULL);
}

bool operation_prepare(struct rental_work *w, struct rent_exchange *x)
{
	struct work_op *op = work_called_op(w);

	op->called = true;
	if (w->goal == GOAL_HOLD_ENDED) {
		hold_gone_release(op);
		return false;
	}
	if (!payment_call_find_target(w)) {
		bool unsent = !way_maybe_sent(op);

		work_end_op(op, unsent ? RENT_OP_NOT_EXECUTED : RENT_OP_UNKNOWN, 0,
		            unsent ? "its target could not be read" : NULL);
		return false;
	}
	if (action_is_cancel(&op->op) && !action_cancel_has_target(w, &op->op)) {
		rent_copy(op->op.result, sizeof(op->op.result), TARGET_ENDED);
		work_end_op(op, RENT_OP_NOT_EXECUTED, 0, "its target has ended");
		return false;
	}
	op->way = way_choose(w, op);
	if (operation_released_by_capture(w, &op->op)) {
		work_end_op(op, RENT_OP_SUCCEEDED, op->op.amount,
		            "released by the final capture");
		return false;
	}
	if (payment_call_is_reported(w))
		return false;
	if (op->way == WAY_GIVE_UP) {
		give_up(w, op);
		return false;
	}
	if (op->way == WAY_WAIT) {
		work_end_op(op, RENT_OP_UNKNOWN, 0, NULL);
		return false;
	}
	if (op->way == WAY_SNAPSHOT) {
		evidence_judge(w);
		return false;
	}
	if (!(op->op.kind == RENT_OP_EJECT ? eject_call_prepare(w, x)
	                                   : payment_call_prepare(w, x))) {
		judge_order_without_end(w);
		return false;
	}
	x->request.flags |= RENT_JUDGED;
	return true;
}

/* Whether the provider said anything of the operation. */
static bool hear(struct rental_work *w, struct rent_exchange *x)
{
	struct work_op *op = work_called_op(w);

	if (x->transport != RENT_REPLIED) {
		if (x->breaker_open && outcome_start_depends_on(w, op))
			w->retry_us = x->reply.retry_after_us;
		outcome_of_silence(w, x->transport == RENT_NO_ANSWER, x->error);
		return false;
	}
	if (op->op.kind == RENT_OP_EJECT)
		return eject_call_finish(w, x);
	payment_call_finish(w, x);
	return true;
}

void operation_finish(struct rental_work *w, struct rent_exchange *x)
{
	bool told = hear(w, x);

	judge_order_without_end(w);
	/* A page of a proxy is no answer: the service is asked again. */
	if (told && way_was_last(w, work_called_op(w)))
		give_up(w, work_called_op(w));
}
