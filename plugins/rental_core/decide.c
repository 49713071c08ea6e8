/* SPDX-License-Identifier: MIT
 *
 * decide.c - see decide.h: the outcomes heard are applied to the money, the file that knows the
 * rental's state decides, and the difference becomes a change.
 *
 * An outcome that was heard:
 *
 *   charge, capture  SUCCEEDED                 paid + processed
 *   … for DEBT       SUCCEEDED                 debt - processed, attempts = 0
 *   … for DEBT       DECLINED, NOT_EXECUTED    attempts + 1
 *   … for ACCRUAL    DECLINED, NOT_EXECUTED    debt + amount
 *   … for SETTLE     any                       settle.c decides what is left
 *   refund           SUCCEEDED                 paid - processed
 *   hold             DECLINED, NOT_EXECUTED    debt + deposit, while ACTIVE
 *   any              UNKNOWN, PENDING          stays in flight: neither paid nor debt
 *   any              MANUAL                    in doubt: perhaps paid, never charged again;
 *                                              what was to collect debt leaves the debt
 *
 * An outcome that a person found out of an operation in MANUAL:
 *
 *   charge, capture  any          in doubt - amount
 *                    SUCCEEDED    paid + processed
 *   … for DEBT       SUCCEEDED    attempts = 0; failed: attempts + 1
 *   refund           SUCCEEDED    paid - processed
 *   hold             failed       debt + deposit, while ACTIVE
 *
 * and the debt: of a rental that goes on, what was in doubt and was not taken (for ACCRUAL the
 * rest of a part becomes due again by itself); of one that was settled around the doubt, by as
 * much as the unpaid rest of its price grows. Where the provider has something left to do (a
 * hold that can be released, money that is owed to the customer), its settlement begins again.
 */
#include "decide.h"

#include <assert.h>

#include "accrual.h"
#include "debt.h"
#include "settle.h"
#include "start.h"
#include "stop.h"

static bool succeeded(const struct rent_op *op)
{
	return op->state == RENT_OP_SUCCEEDED;
}

static bool failed(const struct rent_op *op)
{
	return op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED;
}

/* ---- outcomes that were heard */

static void no_longer_open(struct rental_work *w, const struct rent_op *op)
{
	w->next.open_ops--;
	if (!rent_op_takes(op->kind))
		return;
	w->next.in_flight -= op->amount;
	if (op->purpose == RENT_FOR_DEBT)
		w->next.in_flight_debt -= op->amount;
	if (op->state == RENT_OP_MANUAL)
		w->next.in_doubt += op->amount;
}

static void apply_heard_charge(struct rental_work *w, const struct rent_op *op)
{
	if (succeeded(op))
		w->next.paid += op->processed;
	if (op->purpose == RENT_FOR_ACCRUAL && failed(op))
		debt_accrual_failed(w, op);
	if (op->purpose != RENT_FOR_DEBT)
		return;
	if (succeeded(op))
		debt_collected(w, op);
	else if (failed(op))
		debt_not_collected(&w->next);
	else if (op->state == RENT_OP_MANUAL)
		debt_in_doubt(w, op);
}

static void apply_outcomes(struct rental_work *w)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (!w->ops[i].ended || rent_op_is_open(op->state))
			continue;
		no_longer_open(w, op);
		if (rent_op_takes(op->kind))
			apply_heard_charge(w, op);
		else if (op->kind == RENT_OP_REFUND && succeeded(op))
			w->next.paid -= op->processed;
		else if (op->kind == RENT_OP_HOLD && failed(op) &&
		         w->next.status == RENT_STATUS_ACTIVE)
			debt_deposit_unheld(w);
	}
}

/* ---- an outcome that a person found out */

static void add_debt(struct rental_work *w, int64_t amount, const char *reason)
{
	if (amount == 0)
		return;
	w->next.debt += amount;
	if (w->next.debt < 0)
		w->next.debt = 0;
	w->debt_reason = reason;
}

/* The debt of a rental that nothing is settled for yet. */
static void apply_doubt_to_debt(struct rental_work *w, const struct rent_op *op)
{
	int64_t missing = op->amount - (succeeded(op) ? op->processed : 0);

	if (op->purpose == RENT_FOR_DEBT)
		add_debt(w, missing, "a collection in doubt was not made");
	else if (!succeeded(op))
		add_debt(w, missing, "a charge in doubt was not made");
}

static void apply_resolved_charge(struct rental_work *w, const struct rent_op *op)
{
	w->next.in_doubt -= op->amount;
	if (succeeded(op))
		w->next.paid += op->processed;
	if (op->purpose == RENT_FOR_DEBT && succeeded(op))
		w->next.debt_attempts = w->next.debt_last_attempt_at = 0;
	else if (op->purpose == RENT_FOR_DEBT)
		debt_not_collected(&w->next);
	if (w->next.settlement == RENT_SETTLEMENT_OPEN)
		apply_doubt_to_debt(w, op);
}

/* Whether the provider has something left to do for a rental that was settled. */
static bool leaves_work(const struct rental_work *w, const struct rent_op *op)
{
	const struct rent_rental *next = &w->next;
	bool whole = succeeded(op) && op->processed == op->amount;

	switch (op->kind) {
	case RENT_OP_HOLD:
		return succeeded(op);
	case RENT_OP_CAPTURE:
		return !whole || next->paid > cost_at(w->params, next, next->now);
	case RENT_OP_CHARGE:
		return next->paid > cost_at(w->params, next, next->now);
	case RENT_OP_RELEASE:
	case RENT_OP_REFUND:
		return !whole;
	case RENT_OP_EJECT:
	case RENT_OP_NONE:
		break;
	}
	return false;
}

void decide_resolved(struct rental_work *w, const struct rent_op *op)
{
	if (rent_op_takes(op->kind))
		apply_resolved_charge(w, op);
	else if (op->kind == RENT_OP_HOLD && !succeeded(op) &&
	         w->next.status == RENT_STATUS_ACTIVE)
		add_debt(w, debt_of_unheld_deposit(w->params, &w->next),
		         "deposit could not be held");
	else if (op->kind == RENT_OP_REFUND && succeeded(op))
		w->next.paid -= op->processed;
	if (w->next.settlement != RENT_SETTLEMENT_OPEN)
		add_debt(w, unpaid_of(w->params, &w->next) - unpaid_of(w->params, &w->r),
		         "settled again: an outcome became known");
	if (w->next.settlement == RENT_SETTLEMENT_DONE && leaves_work(w, op))
		w->next.settlement = RENT_SETTLEMENT_PENDING;
}

/* ---- the change: what is recorded compared with what is to be */

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

/* When claim() shall give the rental out again. While this run goes on: should it die, when
 * its lease ends. */
static void schedule_work(struct rental_work *w, struct rent_change *c)
{
	bool unfinished =
		w->next.open_ops > 0 || w->next.settlement == RENT_SETTLEMENT_PENDING;
	bool reset = made_progress(w) && w->due_at == 0;
	int64_t tries = reset ? 0 : w->r.work_tries;

	if (w->call != NO_CALL) {
		c->work_in_us = w->params->start_lease;
		c->work_tries = tries;
	} else if (!unfinished) {
		c->work_in_us = RENT_NO_WORK;
	} else if (!w->leased && work_lease_is_live(&w->r)) {
		c->work_in_us = 0;
	} else if (w->goal == GOAL_TICK && w->due_at != 0) {
		c->work_in_us = others_time(w);
		c->work_tries = w->r.work_tries;
	} else {
		c->work_in_us = rules_max(backoff_after(w->params->resolve_base, tries,
		                                        w->params->resolve_max),
		                          w->wait_us);
		c->work_tries = tries + 1;
		c->work_in_us = rules_min(c->work_in_us, start_patience(w));
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
	c->paid_delta = next->paid - r->paid;
	c->debt_delta = next->debt - r->debt;
	c->debt_reason = w->debt_reason;
	c->undeposited_max = w->undeposited_max;
	if (next->debt_attempts > r->debt_attempts)
		c->debt_try = RENT_DEBT_TRY_FAILED;
	else if (next->debt_attempts < r->debt_attempts ||
	         (next->debt_last_attempt_at == 0 && r->debt_last_attempt_at != 0))
		c->debt_try = RENT_DEBT_TRY_OK;
}

void decide_change(struct rental_work *w)
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
	schedule_work(w, c);
	/* If nothing else changes, an operation whose sender's lease has expired is only
	 * asked for again; the driver that does so must hold the lease. */
	differs = c->news[0].id != NULL || c->ends[0].id != NULL || c->status != 0 ||
	          c->settlement != 0 || c->paid_delta != 0 || c->debt_delta != 0 ||
	          c->lease == RENT_LEASE_TAKE || c->lease == RENT_LEASE_DROP ||
	          c->undeposited_max != 0;
	/* Between the hold and the eject of a start nothing need be recorded: both
	 * intents are recorded, and a host that takes over asks for both again under the
	 * same ids. */
	if (w->r.status == RENT_STATUS_PENDING && w->call != NO_CALL &&
	    c->news[0].id == NULL && c->undeposited_max == 0)
		w->has_change = false;
	else
		w->has_change = !w->needs_ops && differs;
}

/* ---- the states of a rental (docs/explanation/money.md), and the file that decides in each */

static void ended_next(struct rental_work *w)
{
	if (w->next.settlement == RENT_SETTLEMENT_PENDING) {
		/* Recovery owns a settlement that was put off, and its back-off. */
		if (w->goal != GOAL_TICK || w->leased)
			settle_next(w);
	} else if (!work_call_open(w)) {
		(void)debt_next(w);
	}
}

static void decide_by_status(struct rental_work *w)
{
	switch (w->next.status) {
	case RENT_STATUS_PENDING:
		start_next(w);
		break;
	case RENT_STATUS_ACTIVE:
		if (work_is_back(w))
			stop_next(w);
		else
			accrual_next(w);
		break;
	case RENT_STATUS_BUYOUT:
		if (stop_is_after_buyout(w->params, &w->next, &w->ending))
			stop_next(w);
		else
			ended_next(w);
		break;
	case RENT_STATUS_FINISHED:
	case RENT_STATUS_FAILED:
		ended_next(w);
		break;
	case RENT_STATUS_NONE:
		break;
	}
}

/* Somebody else is moving this rental's money. All that may be done meanwhile is to end it. */
static bool is_others(const struct rental_work *w)
{
	bool stops = work_is_back(w) && w->r.status == RENT_STATUS_ACTIVE;

	return !w->leased && work_lease_is_live(&w->r) && !stops;
}

void decide(struct rental_work *w)
{
	w->next = w->r;
	w->call = NO_CALL;
	w->debt_reason = NULL;
	w->answers = false;
	w->needs_ops = false;
	w->undeposited_max = 0;
	apply_outcomes(w);
	if (!is_others(w))
		decide_by_status(w);
	decide_change(w);
	w->decided = true;
}
