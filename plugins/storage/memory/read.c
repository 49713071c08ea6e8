/* SPDX-License-Identifier: MIT
 *
 * read.c - rentals and operations as the callers see them, and claim. Pages are found by looking
 * at every row: this storage is for thousands of rentals, not for millions.
 */
#include <stdlib.h>

#include "memory.h"

/* ---- showing */

void memory_view(struct memory *m, const struct memory_rental *rental,
                 struct rent_rental *ret)
{
	*ret = rental->r;
	ret->struct_size = sizeof(*ret);
	ret->now = m->now(m->now_arg);
	ret->in_flight = ret->in_flight_debt = ret->in_doubt = ret->open_ops = 0;
	for (const struct memory_op *at = memory_newest_op(m, rental); at != NULL;
	     at = memory_older_op(m, at)) {
		const struct rent_op *op = &at->op;

		if (rent_op_is_open(op->state)) {
			ret->open_ops++;
			if (rent_op_takes(op->kind))
				ret->in_flight += op->amount;
			if (op->purpose == RENT_FOR_DEBT)
				ret->in_flight_debt += op->amount;
		} else if (op->state == RENT_OP_MANUAL && rent_op_takes(op->kind)) {
			ret->in_doubt += op->amount;
		}
	}
}

/* The order in which operations are shown with a rental. */
enum rank {
	RANK_HOLD, /* newest first */
	RANK_EJECT,
	RANK_OPEN,   /* oldest first */
	RANK_SETTLE, /* newest first */
	RANKS,
};

static enum rank rank_of(const struct rent_op *op)
{
	if (op->kind == RENT_OP_HOLD)
		return RANK_HOLD;
	if (op->kind == RENT_OP_EJECT)
		return RANK_EJECT;
	if (rent_op_is_open(op->state))
		return RANK_OPEN;
	return op->purpose == RENT_FOR_SETTLE ? RANK_SETTLE : RANKS;
}

static void reverse(const struct rent_op **ops, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const struct rent_op *op = ops[i];

		ops[i] = ops[n - 1 - i];
		ops[n - 1 - i] = op;
	}
}

/* It holds money: not an extension, nor a try that was never sent or refused. */
static bool holds_money(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD && op->target_id[0] == '\0' &&
	       op->processed > op->used;
}

/* Those that hold money first; all of them newest first. */
static size_t add_holds(struct memory *m, const struct memory_rental *rental,
                        const struct rent_op **ops)
{
	const struct memory_op *at;
	size_t n = 0, money = 0, others;

	for (at = memory_newest_op(m, rental); at != NULL; at = memory_older_op(m, at))
		money += holds_money(&at->op);
	others = money < RENT_VIEW_HOLDS ? RENT_VIEW_HOLDS - money : 0;
	for (at = memory_newest_op(m, rental); at != NULL && n < RENT_VIEW_HOLDS;
	     at = memory_older_op(m, at)) {
		bool other = !holds_money(&at->op);

		if (rank_of(&at->op) != RANK_HOLD || (other && others == 0))
			continue;
		others -= other;
		ops[n++] = &at->op;
	}
	return n;
}

/* Adds the newest charge or capture with something left to refund, if it is not shown yet. */
static size_t add_refundable(struct memory *m, const struct memory_rental *rental,
                             const struct rent_op **ops, size_t n)
{
	const struct memory_op *at = memory_newest_op(m, rental);

	while (at != NULL &&
	       (!rent_op_takes(at->op.kind) || at->op.processed <= at->op.used))
		at = memory_older_op(m, at);
	for (size_t i = 0; i < n && at != NULL; i++) {
		if (ops[i] == &at->op)
			return n;
	}
	if (at != NULL)
		ops[n++] = &at->op;
	return n;
}

static size_t shown_ops(struct memory *m, const struct memory_rental *rental,
                        const struct rent_op *ops[RENT_VIEW_OPS])
{
	size_t n = add_holds(m, rental, ops);

	for (enum rank rank = RANK_EJECT; rank < RANKS; rank++) {
		size_t first = n;

		for (const struct memory_op *op = memory_newest_op(m, rental);
		     op != NULL && n < RENT_VIEW_OPS - 1; op = memory_older_op(m, op)) {
			if (rank_of(&op->op) == rank)
				ops[n++] = &op->op;
		}
		if (rank == RANK_OPEN)
			reverse(ops + first, n - first);
	}
	return add_refundable(m, rental, ops, n);
}

int memory_show(struct memory *m, const struct memory_rental *rental, bool with_ops,
                rent_rental_fn fn, void *arg)
{
	const struct rent_op *ops[RENT_VIEW_OPS];
	size_t n = with_ops ? shown_ops(m, rental, ops) : 0;
	struct rent_rental view;

	memory_view(m, rental, &view);
	return fn(arg, &view, with_ops ? ops : NULL, n);
}

/* ---- rentals */

int memory_rental_get(struct memory *m, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	const struct memory_rental *rental;
	int code;

	(void)err;
	lock_acquire(&m->lock);
	rental = memory_rental(m, id);
	code = rental == NULL ? 1 : memory_show(m, rental, true, fn, arg);
	lock_release(&m->lock);
	return code;
}

int memory_rental_holding(struct memory *m, const char *powerbank_id, rent_rental_fn fn,
                          void *arg, struct rent_error *err)
{
	const struct memory_rental *found = NULL;
	int code;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->rentals.n && found == NULL; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (r->status == RENT_STATUS_ACTIVE && powerbank_id[0] != '\0' &&
		    strcmp(r->powerbank_id, powerbank_id) == 0)
			found = &m->rentals.at[i];
	}
	code = found == NULL ? 1 : memory_show(m, found, false, fn, arg);
	lock_release(&m->lock);
	return code;
}

static bool is_older(const struct rent_rental *r, int64_t created_at, const char *id)
{
	if (r->created_at != created_at)
		return r->created_at < created_at;
	return strcmp(r->id, id) < 0;
}

/* The newest that is asked for and older than the last one shown; NULL when there is none. */
static const struct memory_rental *
next_listed(struct memory *m, const struct rent_list_query *q, const char *user_id)
{
	const struct memory_rental *best = NULL;

	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (user_id[0] != '\0' && strcmp(r->user_id, user_id) != 0)
			continue;
		if (q->status != RENT_STATUS_NONE && r->status != q->status)
			continue;
		if (q->before_created_at != 0 &&
		    !is_older(r, q->before_created_at, q->before_id))
			continue;
		if (best == NULL || is_older(&best->r, r->created_at, r->id))
			best = &m->rentals.at[i];
	}
	return best;
}

int memory_rental_list(struct memory *m, const struct rent_list_query *query,
                       rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rent_list_query q;
	char last[RENT_ID_SIZE];
	int code = 0;

	(void)err;
	rent_adopt(&q, sizeof(q), query, query->struct_size);
	if (q.before_id == NULL)
		q.before_id = "";
	lock_acquire(&m->lock);
	for (uint32_t n = 0; n < storage_page(q.limit) && code == 0; n++) {
		const struct memory_rental *rental =
			next_listed(m, &q, q.user_id == NULL ? "" : q.user_id);

		if (rental == NULL)
			break;
		q.before_created_at = rental->r.created_at;
		(void)rent_copy(last, sizeof(last), rental->r.id);
		q.before_id = last;
		code = memory_show(m, rental, false, fn, arg);
	}
	lock_release(&m->lock);
	return code;
}

static bool is_scanned(const struct rent_rental *r, enum rent_scan what)
{
	if (what != RENT_SCAN_DEBTS)
		return r->status == RENT_STATUS_ACTIVE;
	return (r->status == RENT_STATUS_FINISHED || r->status == RENT_STATUS_BUYOUT) &&
	       r->debt > 0;
}

/* The place of the first rental whose id is above. */
static size_t place_after(struct memory *m, const char *id)
{
	size_t i = memory_rental_place(m, id);

	return i < m->rentals.n && strcmp(m->rentals.at[i].r.id, id) == 0 ? i + 1 : i;
}

static int show_held(struct memory *m, const struct memory_rental *rental,
                     rent_rental_fn fn, void *arg)
{
	const struct rent_op *ops[RENT_VIEW_OPS];
	bool held = shown_ops(m, rental, ops) > 0 && ops[0]->kind == RENT_OP_HOLD;
	struct rent_rental view;

	memory_view(m, rental, &view);
	return fn(arg, &view, held ? ops : NULL, held ? 1 : 0);
}

int memory_scan(struct memory *m, enum rent_scan what, const char *after_id,
                uint32_t limit, rent_rental_fn fn, void *arg, struct rent_error *err)
{
	uint32_t n = 0;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = place_after(m, after_id);
	     i < m->rentals.n && n < storage_page(limit) && code == 0; i++) {
		if (!is_scanned(&m->rentals.at[i].r, what))
			continue;
		n++;
		code = what == RENT_SCAN_HELD
		               ? show_held(m, &m->rentals.at[i], fn, arg)
		               : memory_show(m, &m->rentals.at[i], false, fn, arg);
	}
	lock_release(&m->lock);
	return code;
}

/* ---- claim */

static struct memory_rental *next_work(struct memory *m, int64_t now)
{
	struct memory_rental *best = NULL;

	for (size_t i = 0; i < m->rentals.n; i++) {
		struct rent_rental *r = &m->rentals.at[i].r;

		if (r->work_at == 0 || r->work_at > now)
			continue;
		if (!memory_lease_is_free(r, now))
			continue;
		if (best == NULL || r->work_at < best->r.work_at)
			best = &m->rentals.at[i];
	}
	return best;
}

int memory_claim(struct memory *m, const char *token, int64_t lease_us, uint32_t limit,
                 rent_rental_fn fn, void *arg, struct rent_error *err)
{
	int64_t now;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	now = m->now(m->now_arg);
	for (uint32_t n = 0; n < storage_page(limit) && code == 0; n++) {
		struct memory_rental *rental = next_work(m, now);

		if (rental == NULL)
			break;
		(void)rent_copy(rental->r.lease_token, RENT_ID_SIZE, token);
		rental->r.lease_until = now + lease_us;
		rental->r.version++;
		code = memory_show(m, rental, true, fn, arg);
	}
	lock_release(&m->lock);
	return code;
}

/* ---- operations */

int memory_rental_trail(struct memory *m, const char *id, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	int code;

	(void)err;
	lock_acquire(&m->lock);
	code = memory_rental(m, id) == NULL;
	for (size_t i = 0; i < m->ops.n && code == 0; i++) {
		if (strcmp(m->ops.at[i].op.rental_id, id) == 0)
			code = fn(arg, &m->ops.at[i].op);
	}
	lock_release(&m->lock);
	return code;
}

int memory_op_get(struct memory *m, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	const struct memory_op *op;
	int code;

	(void)err;
	lock_acquire(&m->lock);
	op = memory_op(m, id);
	code = op == NULL ? 1 : fn(arg, &op->op);
	lock_release(&m->lock);
	return code;
}

int memory_op_requested(struct memory *m, const char *key, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	size_t n = strlen(key);
	int code = 1;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->ops.n && code == 1; i++) {
		const struct rent_op *op = &m->ops.at[i].op;

		if (strncmp(op->request_key, key, n) == 0 && op->request_key[n] == '-')
			code = fn(arg, op);
	}
	lock_release(&m->lock);
	return code;
}

/* The operation with the least id above after_id; they are not sorted. */
static const struct rent_op *next_op(const struct memory *m, enum rent_ops what,
                                     const char *after_id)
{
	const struct rent_op *best = NULL;

	for (size_t i = 0; i < m->ops.n; i++) {
		const struct rent_op *op = &m->ops.at[i].op;

		if (what == RENT_OPS_MANUAL && op->state != RENT_OP_MANUAL)
			continue;
		if (strcmp(op->id, after_id) > 0 &&
		    (best == NULL || strcmp(op->id, best->id) < 0))
			best = op;
	}
	return best;
}

int memory_op_scan(struct memory *m, enum rent_ops what, const char *after_id,
                   uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err)
{
	const struct rent_op *op = NULL;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (uint32_t n = 0; n < storage_page(limit) && code == 0; n++) {
		op = next_op(m, what, op == NULL ? after_id : op->id);
		if (op == NULL)
			break;
		code = fn(arg, op);
	}
	lock_release(&m->lock);
	return code;
}

int memory_resolutions(struct memory *m, const char *rental_id, rent_resolution_fn fn,
                       void *arg, struct rent_error *err)
{
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->resolutions.n && code == 0; i++) {
		if (strcmp(m->resolutions.at[i].rental_id, rental_id) == 0)
			code = fn(arg, &m->resolutions.at[i]);
	}
	lock_release(&m->lock);
	return code;
}
