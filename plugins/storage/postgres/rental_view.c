/* SPDX-License-Identifier: MIT
 *
 * view.c - a rental as storage.h shows it; see view.h. The rules of rental_view_all() are
 * those of SQL_RENTAL_GET: for the few operations that nearly every rental has, an
 * index scan and this cost less than what the server would do.
 */
#include "rental_view.h"

static bool has_op(const struct rental_view *view, const char *id)
{
	for (size_t i = 0; i < view->count; i++) {
		if (strcmp(view->list[i]->id, id) == 0)
			return true;
	}
	return false;
}

/* The last place is kept for what can be refunded, which comes last. */
static void add_row(struct rental_view *view, const PGresult *res, int row, bool last)
{
	if (PQgetisnull(res, row, RESULT_RENTAL) ||
	    view->count >= (last ? RENT_VIEW_OPS : RENT_VIEW_OPS - 1) ||
	    has_op(view, result_text(res, row, RESULT_RENTAL)))
		return;
	result_op(res, row, RESULT_RENTAL, &view->ops[view->count]);
	view->list[view->count] = &view->ops[view->count];
	view->count++;
}

int rental_view_chosen(const PGresult *res, int row, struct rental_view *ret)
{
	int first = row, n = PQntuples(res);
	const char *id = result_text(res, first, 0);

	result_rental(res, row, &ret->rental);
	ret->count = 0;
	for (; row < n && strcmp(result_text(res, row, 0), id) == 0; row++) {
		bool last = row + 1 == n || strcmp(result_text(res, row + 1, 0), id) != 0;

		add_row(ret, res, row, last);
	}
	return row;
}

static void sum_up(struct rent_rental *r, const struct rent_op *op)
{
	bool takes = rent_op_takes(op->kind);

	if (op->state == RENT_OP_MANUAL)
		r->in_doubt += takes ? op->amount : 0;
	if (!rent_op_is_open(op->state))
		return;
	r->open_ops++;
	r->in_flight += takes ? op->amount : 0;
	r->in_flight_debt += takes && op->purpose == RENT_FOR_DEBT ? op->amount : 0;
}

static bool of_start(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD || op->kind == RENT_OP_EJECT;
}

static bool is_hold(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD;
}

/* It holds money: not an extension, nor a try that was never sent or refused. */
static bool holds_money(const struct rent_op *op)
{
	return is_hold(op) && op->target_id[0] == '\0' && op->processed > op->used;
}

static bool is_eject(const struct rent_op *op)
{
	return op->kind == RENT_OP_EJECT;
}

static bool is_open(const struct rent_op *op)
{
	return !of_start(op) && rent_op_is_open(op->state);
}

static bool is_settled(const struct rent_op *op)
{
	return !of_start(op) && op->purpose == RENT_FOR_SETTLE &&
	       !rent_op_is_open(op->state);
}

static void choose(struct rental_view *v, size_t n,
                   bool (*wanted)(const struct rent_op *op))
{
	for (size_t i = 0; i < n; i++) {
		if (wanted(&v->ops[i]))
			v->list[v->count++] = &v->ops[i];
	}
}

static void choose_newest_first(struct rental_view *v, size_t n,
                                bool (*wanted)(const struct rent_op *op))
{
	for (size_t i = n; i-- > 0;) {
		if (wanted(&v->ops[i]))
			v->list[v->count++] = &v->ops[i];
	}
}

/* Those that hold money first; all of them newest first. */
static void choose_holds(struct rental_view *v, size_t n)
{
	size_t money = 0, others;

	for (size_t i = 0; i < n; i++)
		money += holds_money(&v->ops[i]);
	others = money < RENT_VIEW_HOLDS ? RENT_VIEW_HOLDS - money : 0;
	for (size_t i = n; i-- > 0 && v->count < RENT_VIEW_HOLDS;) {
		const struct rent_op *op = &v->ops[i];

		if (!is_hold(op) || (!holds_money(op) && others == 0))
			continue;
		others -= !holds_money(op);
		v->list[v->count++] = op;
	}
}

static void choose_refundable(struct rental_view *v, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		const struct rent_op *op = &v->ops[i];

		if (!rent_op_takes(op->kind) || op->processed <= op->used)
			continue;
		if (!has_op(v, op->id))
			v->list[v->count++] = op;
		return;
	}
}

void rental_view_all(const PGresult *res, int first, int count, struct rental_view *ret)
{
	size_t n = 0;

	result_rental(res, first, &ret->rental);
	for (int row = first + 1; row < first + count && n < RENT_VIEW_OPS; row++) {
		result_op(res, row, RESULT_RENTAL, &ret->ops[n]);
		sum_up(&ret->rental, &ret->ops[n++]);
	}
	ret->count = 0;
	choose_holds(ret, n);
	choose(ret, n, is_eject);
	choose(ret, n, is_open);
	choose_newest_first(ret, n, is_settled);
	choose_refundable(ret, n);
}
