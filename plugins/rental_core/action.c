/* SPDX-License-Identifier: MIT
 *
 * action.c - see action.h.
 */
#include "action.h"
#include "text.h"

#include <rent/time.h>

void action_heed(struct work_op *op, const struct rent_payment_result *res)
{
	if (res->outcome != RENT_PENDING || res->action == RENT_ACTION_NONE)
		return;
	op->op.action = res->action;
	text_copy(op->op.action_value, sizeof(op->op.action_value), res->action_value);
	op->op.action_until = res->action_until;
	op->acts = true;
}

/* Where a provider does not say that its customers may have to act, the eject has been intended
 * together with the hold and must not wait for longer than the cabinets' window. */
bool action_is_awaited(const struct rental_work *w, const struct work_op *hold)
{
	return hold != NULL && w->caps->acts && hold->op.action != RENT_ACTION_NONE &&
	       rent_op_is_open(hold->op.state);
}

static bool is_asked_for(const struct rent_op *op)
{
	return rent_op_is_open(op->state) && op->action != RENT_ACTION_NONE;
}

const struct work_op *action_awaited(const struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];
		bool starts =
			w->r.status == RENT_STATUS_PENDING && action_is_awaited(w, op);

		if (is_asked_for(&op->op) && (starts || op->op.request_key[0] != '\0') &&
		    w->r.now < action_deadline(w->params, &op->op))
			return op;
	}
	return NULL;
}

int64_t action_patience(const struct rental_work *w)
{
	int64_t patience = INT64_MAX;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		int64_t left = action_deadline(w->params, &w->ops[i].op) - w->next.now;

		if (is_asked_for(&w->ops[i].op) && left > 0)
			patience = rules_min(patience, left);
	}
	return patience;
}

int64_t action_deadline(const struct params *p, const struct rent_op *hold)
{
	return hold->created_at + p->action_timeout;
}

int64_t action_until(const struct params *p, const struct rent_op *hold)
{
	int64_t until = action_deadline(p, hold);

	return hold->action_until == 0 ? until : rules_min(hold->action_until, until);
}

json_t *action_json(const struct params *p, const struct rent_op *hold)
{
	const char *type = rent_name_of(rent_action_names, (int)hold->action);
	char text[RENT_TIME_SIZE];
	json_t *json;

	rent_time_text(action_until(p, hold), 'T', text);
	json = json_pack("{s:s, s:s}", "type", type, "expires_at", text);
	if (json == NULL || hold->action_value[0] == '\0')
		return json;
	if (json_object_set_new(
		    json, hold->action == RENT_ACTION_CLIENT_TOKEN ? "token" : "url",
		    json_string(hold->action_value)) == 0)
		return json;
	json_decref(json);
	return NULL;
}

bool action_is_cancel(const struct rent_op *op)
{
	return op->kind == RENT_OP_RELEASE && op->amount == 0;
}

#define CANCELS_MAX 8 /* of one operation that are refused */

/* One that the provider has never named cannot be cancelled: its end is looked for first. */
static bool has_run_out(const struct rental_work *w, const struct rent_op *op)
{
	return is_asked_for(op) && op->ref[0] != '\0' &&
	       w->next.now >= action_deadline(w->params, op);
}

static bool may_cancel(const struct rental_work *w, const struct rent_op *target)
{
	int refused = 0;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (!action_is_cancel(&op->op) ||
		    strcmp(op->op.target_id, target->id) != 0)
			continue;
		if (op->called || rent_op_is_open(op->op.state))
			return false;
		refused += op->op.state == RENT_OP_DECLINED;
	}
	return refused < CANCELS_MAX;
}

void action_cancel_next(struct rental_work *w)
{
	struct work_op *op;
	size_t i;

	for (i = 0; w->caps->cancels && i < w->op_count; i++) {
		const struct rent_op *target = &w->ops[i].op;

		if (!has_run_out(w, target) || !may_cancel(w, target))
			continue;
		op = work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, 0, target);
		if (op != NULL)
			work_call(w, op);
		return;
	}
}

/* A provider lets its customer try again with another card. One that a cancel has ended is closed. */
static bool is_left_open(const struct rent_op *op)
{
	return op->state == RENT_OP_DECLINED && op->action != RENT_ACTION_NONE &&
	       op->ref[0] != '\0' && strcmp(op->result, NOT_CONFIRMED) != 0;
}

bool action_cancel_has_target(const struct rental_work *w, const struct rent_op *cancel)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (strcmp(op->id, cancel->target_id) == 0)
			return rent_op_is_open(op->state) || is_left_open(op);
	}
	return w->target != NULL && strcmp(w->target->id, cancel->target_id) == 0 &&
	       (rent_op_is_open(w->target->state) || is_left_open(w->target));
}

/* Of one rental, which shows only the newest; those that could not be sent included. */
#define CANCELS_SENT_MAX 40

/* Whether a cancel that failed is to be tried again: nobody knows what its target has come to, unless the
 * rental shows it; that is seen when it is called. */
static bool is_to_be_repeated(const struct rental_work *w, const struct rent_op *failed)
{
	int refused = 0, all = 0;
	size_t i;

	if (!action_is_cancel(failed) || rent_op_is_open(failed->state) ||
	    failed->state == RENT_OP_SUCCEEDED || failed->state == RENT_OP_MANUAL)
		return false;
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (strcmp(op->id, failed->target_id) == 0 && !is_left_open(op))
			return false;
		all += action_is_cancel(op);
		if (!action_is_cancel(op) ||
		    strcmp(op->target_id, failed->target_id) != 0)
			continue;
		if (rent_op_is_open(op->state) || op->state == RENT_OP_SUCCEEDED ||
		    strcmp(op->result, TARGET_ENDED) == 0)
			return false;
		refused += op->state == RENT_OP_DECLINED;
	}
	return refused < CANCELS_MAX && all < CANCELS_SENT_MAX;
}

static const struct work_op *to_be_repeated(const struct rental_work *w)
{
	size_t i;

	for (i = 0; w->caps->cancels && i < w->op_count; i++) {
		if (is_to_be_repeated(w, &w->ops[i].op))
			return &w->ops[i];
	}
	return NULL;
}

bool action_cancel_is_left(const struct rental_work *w)
{
	return to_be_repeated(w) != NULL;
}

void action_cancel_again(struct rental_work *w)
{
	const struct work_op *failed = to_be_repeated(w);
	char target_id[RENT_ID_SIZE];
	struct work_op *op;

	if (failed == NULL || failed->called || w->goal != GOAL_RECOVER ||
	    w->call != NO_CALL)
		return;
	rent_copy(target_id, sizeof(target_id), failed->op.target_id);
	op = work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, 0, NULL);
	if (op == NULL)
		return;
	rent_copy(op->op.target_id, sizeof(op->op.target_id), target_id);
	work_call(w, op);
}

void action_cancel_refused(struct rental_work *w)
{
	size_t i, n = w->op_count;

	for (i = 0; w->caps->cancels && i < n; i++) {
		const struct rent_op *target = &w->ops[i].op;

		if (w->ops[i].ended && is_left_open(target) && may_cancel(w, target))
			(void)work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, 0, target);
	}
}

void action_call_cancel(struct rental_work *w)
{
	size_t i;

	for (i = 0; w->call == NO_CALL && i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op->fresh && action_is_cancel(&op->op) && work_may_call(w, op))
			work_call(w, op);
	}
}

static void end_target(struct rental_work *w, const struct rent_op *cancel)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];

		if (strcmp(op->op.id, cancel->target_id) != 0 ||
		    !rent_op_is_open(op->op.state))
			continue;
		rent_copy(op->op.result, sizeof(op->op.result), NOT_CONFIRMED);
		work_end_op(op, RENT_OP_DECLINED, 0,
		            "the customer did not confirm it in time");
	}
}

void action_apply_cancels(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op->ended && action_is_cancel(&op->op) &&
		    op->op.state == RENT_OP_SUCCEEDED)
			end_target(w, &op->op);
	}
}
