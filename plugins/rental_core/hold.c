/* SPDX-License-Identifier: MIT
 *
 * hold.c - see hold.h.
 */
#include "hold.h"

#define REFUSED_MAX 8 /* releases of one hold */

static bool is_newer(const struct rent_op *a, const struct rent_op *b)
{
	if (a->created_at != b->created_at)
		return a->created_at > b->created_at;
	return strcmp(a->id, b->id) > 0;
}

struct work_op *hold_current(struct rental_work *w)
{
	struct work_op *best = NULL;

	for (size_t i = 0; i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];

		if (op->op.kind != RENT_OP_HOLD || hold_is_extension(&op->op) ||
		    op->op.state != RENT_OP_SUCCEEDED)
			continue;
		if (best == NULL || is_newer(&op->op, &best->op))
			best = op;
	}
	return best;
}

const struct rent_op *hold_term(const struct rental_work *w, const struct work_op *hold)
{
	const struct rent_op *term = &hold->op;

	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (hold_is_extension(op) && op->state == RENT_OP_SUCCEEDED &&
		    strcmp(op->target_id, hold->op.id) == 0 && is_newer(op, term))
			term = op;
	}
	return term;
}

int64_t hold_ends_at(const struct rental_work *w, const struct rent_op *op)
{
	if (op->expires_at != 0 || w->caps->hold_us <= 0)
		return op->expires_at;
	return op->created_at + w->caps->hold_us;
}

int64_t hold_left(const struct rental_work *w, const struct work_op *hold)
{
	int64_t ends_at;

	if (hold == NULL || hold->op.state != RENT_OP_SUCCEEDED)
		return 0;
	ends_at = hold_term(w, hold)->expires_at;
	if (ends_at != 0 && ends_at <= w->next.now)
		return 0;
	return work_left_of(w, hold);
}

bool hold_is_releasable(const struct rental_work *w, const struct work_op *hold)
{
	int refused = 0;

	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		refused += op->kind == RENT_OP_RELEASE && op->amount > 0 &&
		           op->state == RENT_OP_DECLINED &&
		           strcmp(op->target_id, hold->op.id) == 0;
	}
	return hold->op.kind == RENT_OP_HOLD && refused < REFUSED_MAX &&
	       hold_left(w, hold) > 0;
}

static bool gives_back(const struct rent_op *op)
{
	return op->kind == RENT_OP_RELEASE && op->state != RENT_OP_DECLINED &&
	       op->state != RENT_OP_NOT_EXECUTED;
}

int64_t hold_captured(const struct rental_work *w, const struct work_op *hold)
{
	int64_t used = hold->op.processed - work_left_of(w, hold);

	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (gives_back(op) && strcmp(op->target_id, hold->op.id) == 0)
			used -= op->state == RENT_OP_SUCCEEDED ? op->processed
			                                       : op->amount;
	}
	return used;
}

bool hold_was_captured(const struct rental_work *w, const struct work_op *hold)
{
	int64_t doubt = w->next.in_doubt;

	for (size_t i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;
		bool ours = strcmp(op->target_id, hold->op.id) == 0;

		if (rent_op_takes(op->kind) && op->state == RENT_OP_MANUAL && !ours)
			doubt -= op->amount;
		else if (rent_op_takes(op->kind) && rent_op_is_open(op->state) && ours)
			doubt += op->amount;
	}
	return hold_captured(w, hold) > rules_max(doubt, 0);
}
