/* SPDX-License-Identifier: MIT
 *
 * action.c - see action.h.
 */
#include "action.h"

#include <rent/time.h>

void action_heed(struct work_op *op, const struct rent_payment_result *res)
{
	if (res->outcome != RENT_PENDING || res->action == RENT_ACTION_NONE)
		return;
	op->op.action = res->action;
	rent_copy(op->op.action_value, sizeof(op->op.action_value), res->action_value);
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
