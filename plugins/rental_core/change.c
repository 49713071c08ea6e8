/* SPDX-License-Identifier: MIT
 *
 * change.c - see change.h. It compares the rental as recorded with the rental as it will be.
 */
#include "change.h"

#include <assert.h>

#include "action.h"
#include "hold_margin.h"
#include "messages.h"

static void set_action(struct rental_work *w, const struct rent_op *op)
{
	w->action = (struct rent_op_action){
		.struct_size = sizeof(w->action),
		.op_id = op->id,
		.value = op->action_value,
		.action = op->action,
		.until = op->action_until,
	};
	w->change.action = &w->action;
}

/* At most one operation of a change is paid with something. */
static void set_request(struct rental_work *w, const struct rent_op *op)
{
	w->request = (struct rent_op_request){
		.struct_size = sizeof(w->request),
		.op_id = op->id,
		.method_ref = op->method_ref,
		.return_url = op->return_url,
		.key = op->request_key,
	};
	w->change.request = &w->request;
}

static void put_new(struct rent_change *c, size_t at, const struct rent_op *op)
{
	assert(at < RENT_CHANGE_OPS);
	c->news[at] = (struct rent_op_new){
		.id = op->id,
		.target_id = op->target_id,
		.kind = op->kind,
		.purpose = op->purpose,
		.amount = op->amount,
	};
}

static void put_end(struct rent_change *c, size_t at, const struct rent_op *op)
{
	assert(at < RENT_CHANGE_OPS);
	c->ends[at] = (struct rent_op_end){
		.id = op->id,
		.state = op->state,
		.processed = op->processed,
		.expires_at = op->expires_at,
		.ref = op->ref,
		.result = op->result,
		.note = op->note,
	};
}

static void list_ops(struct rental_work *w, struct rent_change *c)
{
	size_t i, ends = 0, news = 0;

	for (i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op->unrecorded)
			put_new(c, news++, &op->op);
		else if (op->ended)
			put_end(c, ends++, &op->op);
		if (op->ended && !op->unrecorded && op->acts)
			set_action(w, &op->op);
		if (op->unrecorded &&
		    (op->op.kind == RENT_OP_CHARGE || op->op.kind == RENT_OP_HOLD))
			set_request(w, &op->op);
	}
}

static enum rent_lease_move lease_move(const struct rental_work *w,
                                       const struct rent_change *c)
{
	if (w->leased)
		return w->call == NO_CALL ? RENT_LEASE_DROP : RENT_LEASE_KEEP;
	return w->call != NO_CALL || c->news[0].id != NULL ? RENT_LEASE_TAKE
	                                                   : RENT_LEASE_NONE;
}

static bool made_progress(const struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].ended && w->ops[i].op.state == RENT_OP_SUCCEEDED)
			return true;
	}
	return false;
}

/* The tick made its own charge while other work of the rental (a hold whose outcome is not
 * known) waits for its time: that time must not move on with every tick, or it never comes.
 * A charge of the tick's own that stayed open has its first question as always. */
static int64_t others_time(const struct rental_work *w)
{
	int64_t wait = w->due_at > w->next.now ? w->due_at - w->next.now : 0;
	int64_t first = rules_max(w->params->resolve_base, w->wait_us);
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].fresh && rent_op_is_open(w->ops[i].op.state) &&
		    wait > first)
			wait = first;
	}
	return wait;
}

/* A client waits for a cabinet that has taken his order, and asks for it every few seconds. These are
 * no failures: if he goes away, the next look is as near as the first. */
static bool waits_for_cabinet(const struct rental_work *w)
{
	size_t i;

	for (i = 0; w->goal == GOAL_START && i < w->op_count; i++) {
		if (w->ops[i].op.kind == RENT_OP_EJECT &&
		    w->ops[i].op.state == RENT_OP_PENDING)
			return true;
	}
	return false;
}

/* When claim() shall give the rental out again. While this run goes on: should it die, when
 * its lease ends. */
static void schedule_work(struct rental_work *w, struct rent_change *c)
{
	bool unfinished = w->next.open_ops > 0 || w->next.status == RENT_STATUS_PENDING ||
	                  w->next.settlement == RENT_SETTLEMENT_PENDING ||
	                  hold_margin_is_left(w);
	bool reset = made_progress(w) && w->due_at == 0;
	int64_t tries = reset ? 0 : w->r.work_tries;

	if (w->call != NO_CALL) {
		c->work_in_us = w->params->start_lease;
		c->work_tries = tries;
	} else if (!unfinished && w->due_at == 0) {
		c->work_in_us = RENT_NO_WORK;
	} else if (!w->leased && work_lease_is_live(&w->r)) {
		c->work_in_us = 0;
	} else if (w->goal == GOAL_TICK && w->due_at != 0) {
		c->work_in_us = others_time(w);
		c->work_tries = w->r.work_tries;
	} else if (waits_for_cabinet(w)) {
		c->work_in_us = rules_max(w->params->resolve_base, w->wait_us);
		c->work_tries = tries;
	} else {
		c->work_in_us = rules_max(backoff_after(w->params->resolve_base, tries,
		                                        w->params->resolve_max),
		                          w->wait_us);
		c->work_tries = tries + 1;
		c->work_in_us = rules_min(c->work_in_us, action_patience(w));
	}
	w->next.work_at = c->work_in_us == RENT_NO_WORK ? 0 : w->next.now + c->work_in_us;
	w->next.work_tries = c->work_tries;
}

static void list_differences(const struct rental_work *w, struct rent_change *c)
{
	const struct rent_rental *r = &w->r, *next = &w->next;

	if (next->status != r->status)
		c->status = next->status;
	if (next->settlement != r->settlement)
		c->settlement = next->settlement;
	if (strcmp(next->powerbank_id, r->powerbank_id) != 0)
		c->powerbank_id = next->powerbank_id;
	if (next->started_at != r->started_at)
		c->started_at = next->started_at;
	if (next->finished_at != r->finished_at)
		c->finished_at = next->finished_at;
	if (next->ended_by != r->ended_by)
		c->ended_by = next->ended_by;
	if (strcmp(next->return_station_id, r->return_station_id) != 0)
		c->return_station_id = next->return_station_id;
	if (next->has_final && (!r->has_final || next->final_amount != r->final_amount)) {
		c->set_final = true;
		c->final_amount = next->final_amount;
	}
	if (strcmp(next->payment_method, r->payment_method) != 0)
		c->payment_method = next->payment_method;
	if (next->payer_needed_at != r->payer_needed_at)
		c->payer_needed_at =
			next->payer_needed_at == 0 ? RENT_NO_TIME : next->payer_needed_at;
	c->paid_delta = next->paid - r->paid;
	c->debt_delta = next->debt - r->debt;
	c->debt_reason = w->debt_reason;
	for (size_t i = 0; i < w->note_count; i++)
		c->notes[i] =
			(struct rent_note_new){ w->notes[i].kind, w->notes[i].text };
	c->undeposited_max = w->undeposited_max;
	if (next->debt_attempts > r->debt_attempts)
		c->debt_try = RENT_DEBT_TRY_FAILED;
	else if (next->debt_attempts < r->debt_attempts ||
	         (next->debt_last_attempt_at == 0 && r->debt_last_attempt_at != 0))
		c->debt_try = RENT_DEBT_TRY_OK;
}

/* The change that does what the actor asked for: it ends the rental, or begins the charge. Another one
 * of the same run only goes on with it. */
static void set_deed(struct rental_work *w, struct rent_change *c)
{
	bool stops = w->goal == GOAL_STOP && c->status != RENT_STATUS_NONE;
	bool pays = w->goal == GOAL_PAY && c->request != NULL;

	if (w->actor == NULL || !(stops || pays))
		return;
	change_set_deed(w, stops ? RENT_DEED_STOP : RENT_DEED_PAY,
	                stops ? NULL : c->request->op_id);
}

void change_set_deed(struct rental_work *w, enum rent_deed_kind kind, const char *op_id)
{
	w->deed = (struct rent_deed){
		.struct_size = sizeof(w->deed),
		.kind = kind,
		.op_id = op_id,
		.actor = w->actor,
	};
	w->change.deed = &w->deed;
}

void change_make(struct rental_work *w)
{
	struct rent_change *c = &w->change;
	bool differs;

	memset(c, 0, sizeof(*c));
	c->struct_size = sizeof(*c);
	c->rental_id = w->r.id;
	c->expect_version = w->r.version;
	c->token = w->token;
	c->lease_us = w->params->start_lease;
	list_ops(w, c);
	list_differences(w, c);
	if (w->answers) {
		c->outcome = rent_name_of(rent_verdict_names, (int)w->answer.verdict);
		c->answer = w->answer.text;
	}
	if (c->news[0].id != NULL && w->r.provider[0] == '\0') {
		c->provider = w->provider;
		c->provider_plugin = w->provider_plugin;
	}
	c->lease = lease_move(w, c);
	set_deed(w, c);
	schedule_work(w, c);
	/* If nothing else changes, an operation whose sender's lease has expired is only
	 * asked for again; the driver that does so must hold the lease. */
	differs = c->news[0].id != NULL || c->ends[0].id != NULL || c->status != 0 ||
	          c->settlement != 0 || c->paid_delta != 0 || c->debt_delta != 0 ||
	          c->lease == RENT_LEASE_TAKE || c->lease == RENT_LEASE_DROP ||
	          c->undeposited_max != 0 || c->notes[0].kind != RENT_NOTE_NONE;
	/* Between the hold and the eject of a start nothing need be recorded: both
	 * intents are recorded, and a host that takes over asks for both again under the
	 * same ids. */
	if (w->r.status == RENT_STATUS_PENDING && w->call != NO_CALL &&
	    c->news[0].id == NULL && c->undeposited_max == 0)
		w->has_change = false;
	else
		w->has_change = !w->needs_ops && differs;
	if (w->has_change)
		messages_make(w);
}
