/* SPDX-License-Identifier: MIT
 *
 * money.c - the reference's way of moving money and powerbanks: record, ask under the same id
 * until there is an answer, record the answer.
 */
#include "reference.h"

#define PAUSE (5 * RENT_SECOND)

static void new_id(char out[RENT_ID_SIZE])
{
	static uint64_t n;

	(void)snprintf(out, RENT_ID_SIZE, "ref-%" PRIu64 "-%" PRIu64, sim.seed, n++);
}

static int take_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct ref_rental *rental = arg;
	size_t i;

	rental->r = *r;
	rental->hold.id[0] = rental->eject_id[0] = '\0';
	for (i = 0; i < n; i++) {
		if (ops[i]->kind == RENT_OP_HOLD)
			rental->hold = *ops[i];
		if (ops[i]->kind == RENT_OP_EJECT)
			rent_copy(rental->eject_id, RENT_ID_SIZE, ops[i]->id);
	}
	return 0;
}

bool ref_load(const char *id, struct ref_rental *ret)
{
	struct rent_error err;

	return sim_storage.rental_get(sim_this_host(), id, take_row, ret, &err) == 0;
}

bool ref_change(struct ref_rental *rental, struct rent_change *c)
{
	struct rent_change *changes[] = { c };
	struct rent_error err;

	c->struct_size = sizeof(*c);
	c->rental_id = rental->r.id;
	c->expect_version = rental->r.version;
	if (c->work_in_us == 0)
		c->work_in_us = RENT_HOUR; /* nobody claims: there is no recovery */
	c->token = rental->token;
	c->lease_us = REFERENCE_LEASE;
	(void)sim_storage.advance(sim_this_host(), changes, 1, &err);
	(void)ref_load(rental->r.id, rental);
	return c->ret == RENT_CHANGE_APPLIED;
}

bool ref_lock(struct ref_rental *rental)
{
	struct rent_change c = { .lease = RENT_LEASE_TAKE };

	new_id(rental->token);
	return ref_change(rental, &c);
}

void ref_unlock(struct ref_rental *rental)
{
	struct rent_change c = { .lease = RENT_LEASE_DROP };

	(void)ref_change(rental, &c);
}

/* One exchange. UNKNOWN: nobody knows. */
static struct sim_reply ask_once(const struct ref_rental *rental, const char *id,
                                 enum rent_op_kind kind, int64_t amount)
{
	const struct rent_op *op = memstore_op(sim_store, id);
	struct sim_request rq = { .kind = kind, .amount = amount };
	struct sim_reply reply = { .outcome = RENT_UNKNOWN };
	struct rent_exchange x = { .struct_size = sizeof(x), .arena = sim_arena() };
	struct rent_exchange *xs[] = { &x };

	rent_copy(rq.id, sizeof(rq.id), id);
	rent_copy(rq.rental_id, sizeof(rq.rental_id), rental->r.id);
	rent_copy(rq.target_id, sizeof(rq.target_id), op->target_id);
	x.request.body = (const char *)&rq;
	x.request.body_size = sizeof(rq);
	network_exchange(xs, 1);
	if (x.transport == RENT_REPLIED)
		memcpy(&reply, x.reply.body, sizeof(reply));
	else if (x.transport == RENT_NOT_SENT)
		reply.outcome = RENT_NOT_EXECUTED;
	sim_arena_free(x.arena);
	return reply;
}

struct sim_reply ref_ask(const struct ref_rental *rental, const char *id,
                         enum rent_op_kind kind, int64_t amount)
{
	struct sim_reply reply;
	bool first = true;

	for (;; first = false) {
		reply = ask_once(rental, id, kind, amount);
		/* Says nothing of the first try; and what is held must be given back. */
		if (reply.outcome == RENT_NOT_EXECUTED &&
		    (!first || kind == RENT_OP_RELEASE))
			reply.outcome = RENT_UNKNOWN;
		if (reply.outcome == RENT_UNKNOWN && python(PYTHON_TIMEOUT_IS_DEBT) &&
		    kind != RENT_OP_EJECT)
			reply.outcome = RENT_NOT_EXECUTED;
		if (reply.outcome == RENT_UNKNOWN && python(PYTHON_EJECT_RETRIED) &&
		    kind == RENT_OP_EJECT)
			return reply; /* the caller tries again, as if it were the first */
		if (reply.outcome != RENT_UNKNOWN)
			return reply;
		strand_sleep(PAUSE);
	}
}

void ref_end(struct ref_rental *rental, const char *id, const struct sim_reply *reply,
             int64_t asked, enum rent_purpose purpose)
{
	bool done = reply->outcome == RENT_SUCCEEDED;
	enum rent_op_kind kind = memstore_op(sim_store, id)->kind;
	struct rent_change c = { .lease = rental->token[0] == '\0' ? RENT_LEASE_NONE
		                                                   : RENT_LEASE_KEEP };

	c.ends[0] = (struct rent_op_end){
		.id = id,
		.state = done                              ? RENT_OP_SUCCEEDED
		         : reply->outcome == RENT_DECLINED ? RENT_OP_DECLINED
		                                           : RENT_OP_NOT_EXECUTED,
		.processed = reply->processed,
		.result = reply->result,
	};
	if (done && rent_op_takes(kind))
		c.paid_delta = reply->processed;
	if (done && kind == RENT_OP_REFUND)
		c.paid_delta = -reply->processed;
	if (purpose == RENT_FOR_ACCRUAL && !done)
		c.debt_delta = asked;
	if (purpose == RENT_FOR_DEBT && done)
		c.debt_delta = -reply->processed;
	if (purpose == RENT_FOR_DEBT)
		c.debt_try = done ? RENT_DEBT_TRY_OK : RENT_DEBT_TRY_FAILED;
	c.debt_reason = "reference";
	while (!ref_change(rental, &c))
		c.ret = (enum rent_change_result)0;
}

int64_t ref_move(struct ref_rental *rental, enum rent_op_kind kind,
                 enum rent_purpose purpose, int64_t amount, const char *target)
{
	bool locked = rental->token[0] != '\0';
	struct rent_change c = { .lease = locked ? RENT_LEASE_KEEP : RENT_LEASE_NONE };
	struct sim_reply reply;
	char id[RENT_ID_SIZE];

	new_id(id);
	c.news[0] = (struct rent_op_new){ .id = id,
		                          .target_id = target,
		                          .kind = kind,
		                          .purpose = purpose,
		                          .amount = amount };
	while (!ref_change(rental, &c)) {
		if (locked)
			sim_fail("the reference lost its lock");
	}
	reply = ref_ask(rental, id, kind, amount);
	ref_end(rental, id, &reply, amount, purpose);
	return reply.outcome == RENT_SUCCEEDED ? reply.processed : 0;
}
