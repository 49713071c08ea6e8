/* SPDX-License-Identifier: MIT
 *
 * hold_margin.c - see hold_margin.h. Each step is an operation like any other: its intent is durable
 * before it is sent, and while its outcome is not known nothing further is begun. The new hold comes
 * before the release of the old one, so that a provider that refuses it leaves what there is; of the two
 * only the newer one counts.
 */
#include "hold_margin.h"

#include <rent/time.h>

#include "debt.h"
#include "hold.h"
#include "payer.h"

#define TRIES_MAX 8 /* of an extension, and of a new hold, that were not executed */

static bool is_near(const struct rental_work *w, const struct rent_op *term)
{
	int64_t ends_at = hold_ends_at(w, term), now = w->next.now;
	/* One that never lasts as long as the margin would be renewed in every tick. */
	int64_t margin =
		rules_min(w->params->hold_margin, (ends_at - term->created_at) / 2);

	return ends_at != 0 && w->params->hold_margin > 0 && ends_at - now <= margin;
}

/* Whether the newest operation of kind HOLD alone leaves something to do. */
static bool leaves_work(const struct rental_work *w, const struct rent_op *op)
{
	if (w->params->hold_margin == 0)
		return false;
	if (op->state == RENT_OP_SUCCEEDED)
		return is_near(w, op);
	if (hold_is_first(op))
		return false;
	return op->state == RENT_OP_NOT_EXECUTED ||
	       (op->state == RENT_OP_DECLINED && hold_is_extension(op));
}

void hold_margin_shown(struct rental_work *w, const struct rent_op *op)
{
	bool held = op != NULL && op->kind == RENT_OP_HOLD;
	bool stands = held && op->state == RENT_OP_SUCCEEDED;

	w->held_left = stands ? op->processed - op->used : 0;
	w->held_until = stands ? hold_ends_at(w, op) : 0;
	w->held_ends = held && leaves_work(w, op);
}

/* ---- whether a step may be tried */

enum turn {
	TURN_NOW,
	TURN_LATER,
	TURN_NEVER,
};

/* A refusal is final: a card is not asked again and again. What could not be sent is tried again. */
static enum turn turn_of(const struct rental_work *w, const struct work_op *hold,
                         bool extends)
{
	const struct rent_op *term = hold_term(w, hold);
	int64_t tries = 0, last = 0;
	bool called = false;

	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (op->kind != RENT_OP_HOLD || hold_is_first(op) ||
		    hold_is_extension(op) != extends || op->created_at < term->created_at)
			continue;
		if (op->state == RENT_OP_DECLINED || op->state == RENT_OP_MANUAL)
			return TURN_NEVER;
		if (op->state != RENT_OP_NOT_EXECUTED)
			continue;
		tries++;
		called |= w->ops[i].called;
		last = rules_max(last, op->created_at);
	}
	if (tries >= TRIES_MAX)
		return TURN_NEVER;
	if (called ||
	    (tries > 0 &&
	     w->next.now < last + backoff_after(w->params->debt_retry_base, tries,
	                                        w->params->debt_retry_max)))
		return TURN_LATER;
	return TURN_NOW;
}

static enum turn turn_to_extend(const struct rental_work *w, const struct work_op *hold)
{
	if ((w->caps->operations & RENT_PAY_BIT(RENT_PAY_EXTEND)) == 0)
		return TURN_NEVER;
	return turn_of(w, hold, true);
}

static enum turn turn_to_renew(const struct rental_work *w, const struct work_op *hold)
{
	if ((w->caps->operations & RENT_PAY_BIT(RENT_PAY_HOLD)) == 0 ||
	    work_left_of(w, hold) < w->caps->min_charge)
		return TURN_NEVER;
	/* He is not there, and his bank wants to see him, or he disputes what he has paid. */
	if (payer_is_needed(w->params, &w->next))
		return TURN_LATER;
	return turn_of(w, hold, false);
}

/* ---- the steps */

static bool begin(struct rental_work *w, enum rent_op_kind kind,
                  enum rent_purpose purpose, int64_t amount, const struct work_op *target)
{
	struct work_op *op = work_add_op(w, kind, purpose, amount,
	                                 target == NULL ? NULL : &target->op);

	if (op != NULL)
		work_call(w, op);
	return op != NULL;
}

/* Of a rental that is disputed nothing more is taken. Where a capture would end a hold that can be extended,
 * the extension covers what is due. */
static bool can_capture(const struct rental_work *w, const struct work_op *hold)
{
	bool once = w->caps->capture_releases_rest;

	return w->next.outside_at == 0 &&
	       (!once ||
	        (hold_captured(w, hold) == 0 && turn_to_extend(w, hold) == TURN_NEVER));
}

/* A capture that failed is recovery's, which has its back-off: it takes what has become due since. */
static bool is_left_to_recovery(const struct rental_work *w)
{
	return w->goal == GOAL_TICK && w->due_at != 0;
}

static bool capture_due(struct rental_work *w, const struct work_op *hold, int64_t due)
{
	if (!can_capture(w, hold) || is_left_to_recovery(w))
		return false;
	return debt_begin_tick_capture(w, rules_min(due, work_left_of(w, hold)), hold);
}

static bool is_failed_capture(const struct rental_work *w, const struct rent_op *op)
{
	return op->kind == RENT_OP_CAPTURE && op->purpose == RENT_FOR_ACCRUAL &&
	       (op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED) &&
	       w->next.status == RENT_STATUS_ACTIVE;
}

/* The capture has given the rest back, and no new hold comes in its place. */
static bool let_go(struct rental_work *w, const struct work_op *hold)
{
	if (!w->caps->capture_releases_rest || !hold_was_captured(w, hold))
		return false;
	return begin(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, work_left_of(w, hold), hold);
}

static bool prolong(struct rental_work *w, const struct work_op *hold, int64_t due)
{
	enum turn turn = turn_to_extend(w, hold);

	if (turn == TURN_LATER)
		return false;
	if (capture_due(w, hold, due))
		return true;
	if (turn == TURN_NOW)
		return begin(w, RENT_OP_HOLD, RENT_FOR_ACCRUAL, 0, hold);
	turn = turn_to_renew(w, hold);
	if (turn == TURN_NEVER)
		return let_go(w, hold);
	return turn == TURN_NOW &&
	       begin(w, RENT_OP_HOLD, RENT_FOR_ACCRUAL, work_left_of(w, hold), NULL);
}

/* Whether it is this run's turn to release a hold: once, and what failed is recovery's, which has its
 * back-off. */
static bool is_turn_to_release(const struct rental_work *w, const struct work_op *hold)
{
	for (size_t i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op->op.kind == RENT_OP_RELEASE &&
		    strcmp(op->op.target_id, hold->op.id) == 0 &&
		    (op->called || w->goal == GOAL_TICK))
			return false;
	}
	return true;
}

/* Never two holds of one deposit. One whose release is refused again and again is released when the rental
 * ends, or ends by itself. */
static bool release_replaced(struct rental_work *w, const struct work_op *current)
{
	for (size_t i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op != current && hold_is_releasable(w, op) &&
		    is_turn_to_release(w, op))
			return begin(w, RENT_OP_RELEASE, RENT_FOR_SETTLE,
			             hold_left(w, op), op);
	}
	return false;
}

bool hold_margin_is_left(struct rental_work *w)
{
	const struct work_op *current = hold_current(w);

	for (size_t i = 0; w->next.status == RENT_STATUS_ACTIVE && i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op != current && hold_is_releasable(w, op))
			return true;
		if (op->called && current != NULL && is_failed_capture(w, &op->op) &&
		    strcmp(op->op.target_id, current->op.id) == 0)
			return true;
	}
	return false;
}

static bool is_moving(const struct rental_work *w)
{
	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (rent_op_is_open(op->state) &&
		    (op->kind == RENT_OP_HOLD || op->kind == RENT_OP_CAPTURE ||
		     op->kind == RENT_OP_RELEASE))
			return true;
	}
	return false;
}

bool hold_margin_next(struct rental_work *w, int64_t due)
{
	const struct work_op *hold;

	if (w->goal != GOAL_TICK && w->goal != GOAL_RECOVER)
		return false;
	if (!w->has_ops) {
		w->needs_ops = w->held_ends;
		return w->needs_ops;
	}
	hold = hold_current(w);
	if (hold == NULL || is_moving(w))
		return false;
	if (release_replaced(w, hold))
		return true;
	if (!is_near(w, hold_term(w, hold)) || hold_left(w, hold) <= 0)
		return false;
	if (w->goal == GOAL_RECOVER)
		return capture_due(w, hold, due);
	return prolong(w, hold, due) ||
	       (due > 0 && is_left_to_recovery(w) && can_capture(w, hold));
}

/* Like a debt that was not collected. */
static void put_off_capture(struct rental_work *w)
{
	int64_t tries = w->goal == GOAL_TICK ? 0 : w->r.work_tries;

	w->wait_us =
		rules_max(w->wait_us, backoff_after(w->params->debt_retry_base, tries,
	                                            w->params->debt_retry_max));
}

void hold_margin_heed(struct rental_work *w, const struct rent_op *op)
{
	char until[RENT_TIME_SIZE] = "a time nobody knows";

	if (is_failed_capture(w, op))
		put_off_capture(w);
	if (op->kind != RENT_OP_HOLD || hold_is_first(op))
		return;
	if (op->state == RENT_OP_SUCCEEDED && hold_ends_at(w, op) != 0)
		rent_time_text(hold_ends_at(w, op), 'T', until);
	if (op->state == RENT_OP_SUCCEEDED && hold_is_extension(op))
		work_note(w, RENT_NOTE_HOLD_EXTENDED, "the deposit is held until %s",
		          until);
	else if (op->state == RENT_OP_SUCCEEDED)
		work_note(w, RENT_NOTE_HOLD_RENEWED,
		          "%" PRId64 " of the deposit are held anew, until %s",
		          op->processed, until);
	else if (op->state == RENT_OP_DECLINED && !hold_is_extension(op))
		work_note(w, RENT_NOTE_HOLD_ENDS,
		          "the hold of the deposit ends, and was not made anew: %.90s",
		          op->note);
}
