/* SPDX-License-Identifier: MIT
 *
 * hold_ended.c - see hold_ended.h.
 */
#include "hold_ended.h"

#include "drive.h"
#include "hold.h"
#include "hold_gone.h"
#include "observers.h"
#include "payment_lookup.h"
#include "view.h"

/* ---- a hint: anybody may have sent it */

enum hold_state {
	HOLD_NOT_KNOWN,
	HOLD_STANDS,
	HOLD_IS_GONE,
};

static enum hold_state state_of(const struct rent_payment_result *res)
{
	if (res->outcome == RENT_SUCCEEDED)
		return HOLD_STANDS;
	return res->outcome == RENT_DECLINED ? HOLD_IS_GONE : HOLD_NOT_KNOWN;
}

static enum hold_state look_up(struct core *core, struct payment_port *port,
                               const struct rent_rental *r, const struct rent_op *hold)
{
	const struct rent_payment_op op = { .struct_size = sizeof(op),
		                            .kind = RENT_PAY_LOOKUP,
		                            .lookup_of = RENT_PAY_HOLD,
		                            .id = hold->id,
		                            .rental_id = r->id,
		                            .user_id = r->user_id,
		                            .ref = hold->ref,
		                            .target_id = "",
		                            .target_ref = "",
		                            .amount = hold->amount,
		                            .created_at = hold->created_at,
		                            .cursor = "" };
	const struct rent_field fields[] = { { "rental", r->id },
		                             { "operation", hold->id },
		                             { NULL, NULL } };
	struct rent_payment_result res;

	return payment_lookup(core, port, &op, fields, &res) ? state_of(&res)
	                                                     : HOLD_NOT_KNOWN;
}

static enum hold_state ask(struct core *core, const struct rent_rental *r,
                           const struct rent_op *hold)
{
	struct payment_port *port = core_payment_of(core, r);

	if (port == NULL || port->api == NULL || port->api->build == NULL ||
	    hold->ref[0] == '\0' ||
	    (port->caps.operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) == 0)
		return HOLD_NOT_KNOWN;
	return look_up(core, port, r, hold);
}

/* ---- the event */

static int not_now(struct rent_error *err, const char *why)
{
	return rent_fail(err, RENT_EUNAVAIL, "%s; it is handed on again", why);
}

static int give_up_hold(struct core *core, struct rental_work *w,
                        char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	struct work_op *hold;

	if (work_lease_is_live(&w->r))
		return not_now(err, "another run has the rental");
	drive(core, &w, 1, NULL);
	if (w->error != 0)
		return rent_fail(err, w->error, "rental '%s' could not be recorded",
		                 w->r.id);
	hold = work_find_id(w, w->gone_id);
	if (hold == NULL || w->conflicted || hold_gone_is_used(w, hold) ||
	    work_left_of(w, hold) > 0)
		return not_now(err, "the hold is being used");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "the hold is gone");
	return 0;
}

/* Nobody waits for an answer for ever: the hold is taken to stand. A capture of it shows what is true. */
static int not_known(struct core *core, const struct rental_work *w,
                     const struct rent_inbound *event, char ret_outcome[RENT_NOTE_SIZE],
                     struct rent_error *err)
{
	const struct rent_field fields[] = { { "rental", w->r.id }, { NULL, NULL } };

	if (w->r.now - event->received_at <= w->params->manual_after)
		return not_now(err, "the provider does not say what became of the hold");
	core->host->log(
		core->host, RENT_LOG_WARN, fields,
		"payment provider '%s' reports that hold '%s' has ended, and does not "
		"say so when it is asked; see to it there",
		event->instance, event->operation_id);
	observers_error(core->observers, "hold_not_known");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "not confirmed");
	return 0;
}

/* 0 also when the event says nothing that counts. */
static int judge(struct core *core, struct rental_work *w,
                 const struct rent_inbound *event, char ret_outcome[RENT_NOTE_SIZE],
                 struct rent_error *err)
{
	const struct work_op *hold = work_find_id(w, w->gone_id);
	enum hold_state state = HOLD_IS_GONE;

	if (strcmp(w->r.provider, event->instance) != 0) {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "of another provider");
		return 0;
	}
	if (hold == NULL || work_left_of(w, hold) <= 0) {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "nothing was left of the hold");
		return 0;
	}
	if (event->trust != RENT_EVENT_PROVEN)
		state = ask(core, &w->r, &hold->op);
	if (state == HOLD_NOT_KNOWN)
		return not_known(core, w, event, ret_outcome, err);
	if (state == HOLD_IS_GONE)
		return give_up_hold(core, w, ret_outcome, err);
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "the hold stands");
	return 0;
}

int hold_ended_event(struct core *core, const struct rent_inbound *event,
                     const struct rent_op *op, char ret_outcome[RENT_NOTE_SIZE],
                     struct rent_error *err)
{
	struct params params = core_params(core);
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rental_work w;
	int code;

	if (op->kind != RENT_OP_HOLD || hold_is_extension(op) ||
	    op->state != RENT_OP_SUCCEEDED)
		return 0; /* an open one has been asked for */
	work_init(&w, core, &params, &core->payment.caps, GOAL_HOLD_ENDED);
	w.gone_id = op->id;
	code = view_read(core, op->rental_id, &w, &view, err);
	if (code == 0 && w.r.broken[0] == '\0')
		code = judge(core, &w, event, ret_outcome, err);
	work_done(&w);
	return code < 0 ? code : 0;
}
