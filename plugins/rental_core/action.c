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

bool action_was_refused(const struct rent_op *op)
{
	return rent_op_is_open(op->state) && strcmp(op->result, REFUSED) == 0;
}

const struct work_op *action_awaited(const struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];
		bool starts =
			w->r.status == RENT_STATUS_PENDING && action_is_awaited(w, op);

		if (is_asked_for(&op->op) && !action_was_refused(&op->op) &&
		    (starts || op->op.request_key[0] != '\0') &&
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

bool action_was_cancelled(const struct rent_op *op)
{
	return op->state == RENT_OP_DECLINED && (strcmp(op->result, NOT_CONFIRMED) == 0 ||
	                                         strcmp(op->result, REFUSED_ENDED) == 0);
}

/* Of one operation: that are refused, and that are refused or cannot be sent, in what storage shows. */
#define CANCELS_MAX        8
#define CANCELS_FAILED_MAX 40

/* One that the provider has never named cannot be cancelled: its end is looked for first. */
static bool is_to_be_cancelled(const struct rental_work *w, const struct rent_op *op)
{
	return is_asked_for(op) && op->ref[0] != '\0' &&
	       (action_was_refused(op) || w->next.now >= action_deadline(w->params, op));
}

static bool is_cancel_of(const struct rent_op *op, const struct rent_op *target)
{
	return action_is_cancel(op) && strcmp(op->target_id, target->id) == 0;
}

static int refused_cancels(const struct rental_work *w, const struct rent_op *target)
{
	int n = 0;

	for (size_t i = 0; i < w->op_count; i++)
		n += is_cancel_of(&w->ops[i].op, target) &&
		     w->ops[i].op.state == RENT_OP_DECLINED;
	return n;
}

static bool may_cancel(const struct rental_work *w, const struct rent_op *target)
{
	int failed = 0;

	for (size_t i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (!is_cancel_of(&op->op, target))
			continue;
		if (op->called || rent_op_is_open(op->op.state))
			return false;
		failed++;
	}
	return failed < CANCELS_FAILED_MAX && refused_cancels(w, target) < CANCELS_MAX;
}

void action_cancel_next(struct rental_work *w)
{
	struct work_op *op;
	size_t i;

	for (i = 0; w->caps->cancels && i < w->op_count; i++) {
		const struct rent_op *target = &w->ops[i].op;

		if (!is_to_be_cancelled(w, target) || !may_cancel(w, target))
			continue;
		op = work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, 0, target);
		if (op != NULL)
			work_call(w, op);
		return;
	}
}

bool action_cancel_has_target(const struct rental_work *w, const struct rent_op *cancel)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (strcmp(w->ops[i].op.id, cancel->target_id) == 0)
			return rent_op_is_open(w->ops[i].op.state);
	}
	return false;
}

/* A provider lets its customer try again with another card. */
static bool is_left_open(const struct rental_work *w, const struct work_op *op)
{
	return op->ended && op->op.state == RENT_OP_DECLINED &&
	       op->op.action != RENT_ACTION_NONE && op->op.ref[0] != '\0' &&
	       !action_was_cancelled(&op->op) &&
	       refused_cancels(w, &op->op) < CANCELS_MAX;
}

void action_keep_refused(struct rental_work *w)
{
	size_t i;

	for (i = 0; w->caps->cancels && i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];

		if (!is_left_open(w, op))
			continue;
		op->op.state = RENT_OP_PENDING;
		rent_copy(op->op.result, sizeof(op->op.result), REFUSED);
	}
}

void action_cancel_refused(struct rental_work *w)
{
	size_t i, n = w->op_count;

	for (i = 0; w->caps->cancels && i < n; i++) {
		const struct rent_op *target = &w->ops[i].op;

		if (w->ops[i].ended && is_asked_for(target) &&
		    action_was_refused(target) && may_cancel(w, target))
			(void)work_add_op(w, RENT_OP_RELEASE, RENT_FOR_SETTLE, 0, target);
	}
}

void action_call_cancel(struct rental_work *w)
{
	bool drives = w->goal == GOAL_START || w->goal == GOAL_RECOVER;
	size_t i;

	for (i = 0; w->call == NO_CALL && i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if ((op->fresh || drives) && action_is_cancel(&op->op) &&
		    work_may_call(w, op))
			work_call(w, op);
	}
}

static void end_target(struct work_op *target)
{
	bool refused = action_was_refused(&target->op);

	rent_copy(target->op.result, sizeof(target->op.result),
	          refused ? REFUSED_ENDED : NOT_CONFIRMED);
	work_end_op(target, RENT_OP_DECLINED, 0,
	            refused ? NULL : "the customer did not confirm it in time");
}

static void apply_cancel(struct rental_work *w, const struct rent_op *cancel)
{
	struct work_op *target = work_find_id(w, cancel->target_id);

	if (target == NULL || !rent_op_is_open(target->op.state))
		return;
	if (cancel->state == RENT_OP_SUCCEEDED)
		end_target(target);
	else if (cancel->state == RENT_OP_DECLINED && !target->asked_again &&
	         (w->caps->operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) != 0) {
		target->asked_again = true;
		target->called = false;
	}
}

void action_apply_cancels(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].ended && action_is_cancel(&w->ops[i].op))
			apply_cancel(w, &w->ops[i].op);
	}
}
