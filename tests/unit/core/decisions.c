/* SPDX-License-Identifier: MIT
 *
 * decisions.c - see decisions.h.
 */
#include "decisions.h"

struct params params = {
	.r_buyout = 5000,
	.charge_min_amount = 1,
	.debt_charge_step = 100,
	.debt_retry_base = 60 * RENT_SECOND,
	.debt_retry_max = 3600 * RENT_SECOND,
	.start_lease = 30 * RENT_SECOND,
	.resolve_base = 5 * RENT_SECOND,
	.resolve_max = 600 * RENT_SECOND,
};
struct rent_payment_caps caps = { .operations = ~0u };

void answer_call(struct rental_work *w, struct script *s)
{
	struct work_op *op = &w->ops[w->call];
	enum rent_op_state state = s->of[op->op.kind];

	if (op->op.kind == RENT_OP_HOLD && op->op.target_id[0] != '\0')
		state = s->extension;
	assert_false(op->called);
	assert_false(op->unrecorded); /* intent before send */
	op->called = true;
	s->calls[op->op.kind]++;
	s->asked[op->op.kind] += op->op.amount;
	if (op->op.kind == RENT_OP_EJECT && state == RENT_OP_SUCCEEDED)
		rent_copy(op->op.result, sizeof(op->op.result), "PB-1");
	if (op->op.kind == RENT_OP_HOLD && s->held_us > 0)
		op->op.expires_at = w->r.now + s->held_us;
	op->wants_payer = s->wants_payer && state == RENT_OP_DECLINED;
	rent_copy(op->saved_method, sizeof(op->saved_method), s->saved);
	work_end_op(op, state,
	            state != RENT_OP_SUCCEEDED ? 0
	            : s->processed > 0         ? s->processed
	                                       : op->op.amount,
	            "scripted");
}

void record_change(struct rental_work *w)
{
	w->change.ret = RENT_CHANGE_APPLIED;
	w->change.ret_version = w->r.version + 1;
	w->change.ret_now = w->r.now;
	work_applied(w);
}

int decide_to_rest(struct rental_work *w, struct script *s)
{
	int recorded = 0, rounds;

	for (rounds = 0; rounds < 20; rounds++) {
		decide(w);
		assert_false(w->needs_ops);
		if (w->has_change) {
			recorded++;
			record_change(w);
		}
		if (w->call == NO_CALL)
			return recorded;
		answer_call(w, s);
	}
	fail_msg("the plan does not come to rest");
	return -1;
}

void load_one_more(struct rental_work *w, const struct rent_rental *r,
                   const struct rent_op *op)
{
	struct rent_op there[WORK_OPS];
	const struct rent_op *list[WORK_OPS + 1];
	size_t n = w->op_count;

	for (size_t i = 0; i < n; i++) {
		there[i] = w->ops[i].op;
		list[i] = &there[i];
	}
	list[n] = op;
	assert_int_equal(work_load(w, r, list, n + 1), 0);
}

void add_op(struct rental_work *w, const char *id, enum rent_op_kind kind,
            enum rent_op_state state, int64_t amount)
{
	struct rent_op op = {
		.struct_size = sizeof(op),
		.kind = kind,
		.state = state,
		.amount = amount,
		.processed = state == RENT_OP_SUCCEEDED ? amount : 0,
		.created_at = T0,
		.purpose = RENT_FOR_START,
	};
	struct rent_rental r = w->r;

	if (rent_op_is_open(state))
		r.open_ops++;
	rent_copy(op.id, sizeof(op.id), id);
	load_one_more(w, &r, &op);
}

struct rental_work rental_for(enum goal goal, enum rent_status status, int64_t seconds)
{
	struct rental_work w;
	struct rent_rental r = {
		.struct_size = sizeof(r),
		.id = "r1",
		.status = status,
		.deposit = 300,
		.settlement = RENT_SETTLEMENT_OPEN,
		.price_per_hour = 3600,
		.now = T0 + seconds * RENT_SECOND,
		.version = 1,
		.started_at = status == RENT_STATUS_PENDING ? 0 : T0,
	};

	work_init(&w, NULL, &params, &caps, goal);
	assert_int_equal(work_load(&w, &r, NULL, 0), 0);
	return w;
}

void add_full(struct rental_work *w, struct rent_op op)
{
	struct rent_rental r = w->r;

	op.struct_size = sizeof(op);
	if (op.state == RENT_OP_SUCCEEDED)
		op.processed = op.amount;
	load_one_more(w, &r, &op);
}

struct rental_work settling(int64_t final, int64_t paid)
{
	struct rental_work w = rental_for(GOAL_RECOVER, RENT_STATUS_FINISHED, 100000);

	w.r.settlement = RENT_SETTLEMENT_PENDING;
	w.r.finished_at = T0 + final * RENT_SECOND; /* 1 a second */
	w.r.paid = paid;
	w.leased = true;
	return w;
}
