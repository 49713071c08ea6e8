/* SPDX-License-Identifier: MIT
 *
 * change.c - the change that records a decision: the difference between what is recorded
 * and what shall be, the outcomes heard, the intents made, the lease and when the rental is
 * to be looked at again.
 */
#include <assert.h>

#include "plan.h"
#include "plan_parts.h"

static void list_ops(struct item *it, struct rent_change *c)
{
	size_t i, ends = 0, news = 0;

	for (i = 0; i < it->op_count; i++) {
		const struct rent_op *op = &it->ops[i].op;

		if (it->ops[i].unrecorded) {
			assert(news < RENT_CHANGE_OPS);
			c->news[news++] = (struct rent_op_new){
				.id = op->id,
				.target_id = op->target_id,
				.kind = op->kind,
				.purpose = op->purpose,
				.amount = op->amount,
			};
		} else if (it->ops[i].ended) {
			assert(ends < RENT_CHANGE_OPS);
			c->ends[ends++] = (struct rent_op_end){
				.id = op->id,
				.state = op->state,
				.processed = op->processed,
				.expires_at = op->expires_at,
				.ref = op->ref,
				.result = op->result,
				.note = op->note,
			};
		}
	}
}

static enum rent_lease_move lease_move(const struct item *it, const struct rent_change *c)
{
	if (it->leased)
		return it->call == NO_CALL ? RENT_LEASE_DROP : RENT_LEASE_KEEP;
	return it->call != NO_CALL || c->news[0].id != NULL ? RENT_LEASE_TAKE
	                                                    : RENT_LEASE_NONE;
}

static bool made_progress(const struct item *it)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].ended && it->ops[i].op.state == RENT_OP_SUCCEEDED)
			return true;
	}
	return false;
}

/* The tick made its own charge while other work of the rental (a hold whose outcome is not
 * known) waits for its time: that time must not move on with every tick, or it never comes.
 * A charge of the tick's own that stayed open has its first question as always. */
static int64_t others_time(const struct item *it)
{
	int64_t wait = it->due_at > it->next.now ? it->due_at - it->next.now : 0;
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].fresh && rent_op_is_open(it->ops[i].op.state) &&
		    wait > it->params->resolve_base)
			wait = it->params->resolve_base;
	}
	return wait;
}

/* When claim() shall give the rental out again. While this run goes on: should it die, when
 * its lease ends. */
static void schedule(struct item *it, struct rent_change *c)
{
	bool unfinished =
		it->next.open_ops > 0 || it->next.settlement == RENT_SETTLEMENT_PENDING;
	bool reset = made_progress(it) && it->due_at == 0;
	int64_t tries = reset ? 0 : it->r.work_tries;

	if (it->call != NO_CALL) {
		c->work_in_us = it->params->start_lease;
		c->work_tries = tries;
	} else if (!unfinished) {
		c->work_in_us = RENT_NO_WORK;
	} else if (!it->leased && lease_is_live(&it->r)) {
		c->work_in_us = 0;
	} else if (it->goal == GOAL_TICK && it->due_at != 0) {
		c->work_in_us = others_time(it);
		c->work_tries = it->r.work_tries;
	} else {
		c->work_in_us = backoff_after(it->params->resolve_base, tries,
		                              it->params->resolve_max);
		c->work_tries = tries + 1;
	}
	it->next.work_at =
		c->work_in_us == RENT_NO_WORK ? 0 : it->next.now + c->work_in_us;
	it->next.work_tries = c->work_tries;
}

static void differences(const struct item *it, struct rent_change *c)
{
	const struct rent_rental *r = &it->r, *next = &it->next;

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
	if (next->has_final && !r->has_final) {
		c->set_final = true;
		c->final_amount = next->final_amount;
	}
	c->paid_delta = next->paid - r->paid;
	c->debt_delta = next->debt - r->debt;
	c->debt_reason = it->debt_reason;
	if (next->debt_attempts > r->debt_attempts)
		c->debt_try = RENT_DEBT_TRY_FAILED;
	else if (next->debt_attempts < r->debt_attempts ||
	         (next->debt_last_attempt_at == 0 && r->debt_last_attempt_at != 0))
		c->debt_try = RENT_DEBT_TRY_OK;
}

void change_make(struct item *it)
{
	struct rent_change *c = &it->change;
	bool differs;

	memset(c, 0, sizeof(*c));
	c->struct_size = sizeof(*c);
	c->rental_id = it->r.id;
	c->expect_version = it->r.version;
	c->token = it->token;
	c->lease_us = it->params->start_lease;
	list_ops(it, c);
	differences(it, c);
	if (it->outcome != NULL) {
		c->outcome = it->outcome;
		c->answer = it->answer;
	}
	if (c->news[0].id != NULL && it->r.provider[0] == '\0')
		c->provider = it->provider;
	c->lease = lease_move(it, c);
	schedule(it, c);
	/* Nothing else may have changed when an operation of somebody whose lease has run out is
	 * asked for again: whoever does so must have the lease himself. */
	differs = c->news[0].id != NULL || c->ends[0].id != NULL || c->status != 0 ||
	          c->settlement != 0 || c->paid_delta != 0 || c->debt_delta != 0 ||
	          c->lease == RENT_LEASE_TAKE || c->lease == RENT_LEASE_DROP;
	/* Between the hold and the eject of a start nothing need be recorded: both intents
	 * are, and whoever takes over asks for both again under the same ids. */
	if (it->r.status == RENT_STATUS_PENDING && it->call != NO_CALL &&
	    c->news[0].id == NULL)
		it->has_change = false;
	else
		it->has_change = !it->needs_ops && differs;
}
