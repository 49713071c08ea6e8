/* SPDX-License-Identifier: MIT
 *
 * parts.c - the parts of changes; see parts.h. What the changes have of each part becomes
 * rows, and these the arrays of one statement.
 */
#include "parts.h"

#include <stdlib.h>

struct end_row {
	int64_t processed, expires_at;
	const char *rental, *id, *state, *ref, *result, *note;
};

struct new_row {
	int64_t amount;
	const char *rental, *id, *target, *kind, *purpose;
};

struct debt_row {
	int64_t delta, try;
	const char *rental, *reason, *op;
};

struct key_row {
	const char *rental, *outcome, *answer;
};

struct resolution_row {
	int64_t amount;
	const char *rental, *op, *state, *ref, *reason, *by;
};

union any_row {
	struct end_row end;
	struct new_row new;
	struct debt_row debt;
	struct key_row key;
	struct resolution_row resolution;
};

#define COLUMN(type, row, member)                         \
	{                                                 \
		ARGS_##type, offsetof(struct row, member) \
	}

static const struct args_column end_columns[] = {
	COLUMN(TEXT, end_row, rental),
	COLUMN(TEXT, end_row, id),
	COLUMN(TEXT, end_row, state),
	COLUMN(INT, end_row, processed),
	COLUMN(ANY, end_row, expires_at),
	COLUMN(TEXT, end_row, ref),
	COLUMN(TEXT, end_row, result),
	COLUMN(TEXT, end_row, note),
	ARGS_END,
};
static const struct args_column new_columns[] = {
	COLUMN(TEXT, new_row, rental),
	COLUMN(TEXT, new_row, id),
	COLUMN(TEXT, new_row, target),
	COLUMN(TEXT, new_row, kind),
	COLUMN(TEXT, new_row, purpose),
	COLUMN(INT, new_row, amount),
	ARGS_END,
};
static const struct args_column debt_row_columns[] = {
	COLUMN(TEXT, debt_row, rental),
	COLUMN(INT, debt_row, delta),
	ARGS_END,
};
static const struct args_column debt_columns[] = {
	COLUMN(TEXT, debt_row, rental), COLUMN(INT, debt_row, delta),
	COLUMN(INT, debt_row, try),     COLUMN(TEXT, debt_row, reason),
	COLUMN(TEXT, debt_row, op),     ARGS_END,
};
static const struct args_column key_columns[] = {
	COLUMN(TEXT, key_row, rental),
	COLUMN(TEXT, key_row, outcome),
	COLUMN(TEXT, key_row, answer),
	ARGS_END,
};

static const struct args_column resolution_columns[] = {
	COLUMN(TEXT, resolution_row, rental), COLUMN(TEXT, resolution_row, op),
	COLUMN(TEXT, resolution_row, state),  COLUMN(INT, resolution_row, amount),
	COLUMN(TEXT, resolution_row, ref),    COLUMN(TEXT, resolution_row, reason),
	COLUMN(TEXT, resolution_row, by),     ARGS_END,
};

static const char *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

/* Each gives whether the change has the k-th of the part, and the row of it. */
static bool make_end(const struct rent_change *c, size_t k, union any_row *ret)
{
	const struct rent_op_end *e = &c->ends[k];

	if (e->id == NULL)
		return false;
	ret->end = (struct end_row){
		.processed = e->state == RENT_OP_SUCCEEDED ? e->processed : 0,
		.expires_at = e->expires_at,
		.rental = c->rental_id,
		.id = e->id,
		.state = rent_name_of(rent_op_state_names, (int)e->state),
		.ref = e->ref,
		.result = e->result,
		.note = e->note,
	};
	return true;
}

static bool make_new(const struct rent_change *c, size_t k, union any_row *ret)
{
	const struct rent_op_new *n = &c->news[k];

	if (n->id == NULL)
		return false;
	ret->new = (struct new_row){
		.amount = n->amount,
		.rental = c->rental_id,
		.id = n->id,
		.target = text_or_null(n->target_id),
		.kind = rent_name_of(rent_op_kind_names, (int)n->kind),
		.purpose = rent_name_of(rent_purpose_names, (int)n->purpose),
	};
	return true;
}

/* The operation that a change of debt follows from: the first that the change ends. */
static const char *cause_of(const struct rent_change *c)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->ends[i].id != NULL)
			return c->ends[i].id;
	}
	return NULL;
}

static bool make_debt(const struct rent_change *c, size_t k, union any_row *ret)
{
	if (k > 0 || (c->debt_delta == 0 && c->debt_try == RENT_DEBT_TRY_NONE))
		return false;
	ret->debt = (struct debt_row){
		.delta = c->debt_delta,
		.try = (int64_t)c->debt_try,
		.rental = c->rental_id,
		.reason = c->debt_reason == NULL ? "" : c->debt_reason,
		.op = cause_of(c),
	};
	return true;
}

static bool make_key(const struct rent_change *c, size_t k, union any_row *ret)
{
	if (k > 0 || c->outcome == NULL)
		return false;
	ret->key = (struct key_row){ c->rental_id, c->outcome, c->answer };
	return true;
}

/* The k-th end, if it is the one that a person made. */
static bool make_resolution(const struct rent_change *c, size_t k, union any_row *ret)
{
	const struct rent_resolution *r = rent_change_resolution(c);
	const struct rent_op_end *e = &c->ends[k];

	if (r == NULL || e->id == NULL || strcmp(e->id, r->op_id) != 0)
		return false;
	ret->resolution = (struct resolution_row){
		.amount = e->state == RENT_OP_SUCCEEDED ? e->processed : 0,
		.rental = c->rental_id,
		.op = r->op_id,
		.state = rent_name_of(rent_op_state_names, (int)e->state),
		.ref = text_or_null(e->ref),
		.reason = r->reason,
		.by = r->by,
	};
	return true;
}

/* In the order in which they are applied. One that takes two statements stands twice. */
static const struct part {
	bool (*make)(const struct rent_change *c, size_t k, union any_row *ret);
	const struct args_column *columns;
	enum sql_id id;
} parts[] = {
	{ make_end, end_columns, SQL_CHANGE_ENDS },
	{ make_new, new_columns, SQL_CHANGE_NEWS },
	{ make_debt, debt_row_columns, SQL_CHANGE_DEBT_ROWS },
	{ make_debt, debt_columns, SQL_CHANGE_DEBTS },
	{ make_key, key_columns, SQL_CHANGE_KEYS },
	{ make_resolution, resolution_columns, SQL_CHANGE_RESOLUTIONS },
};

#define PARTS (sizeof(parts) / sizeof(*parts))

/* rows NULL: counts only. */
static size_t gather(const struct slice *s, const struct part *part, union any_row *rows)
{
	union any_row row;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < RENT_CHANGE_OPS && !s->units[i].skip; k++) {
			if (!part->make(s->units[i].change, k, &row))
				continue;
			if (rows != NULL)
				rows[n] = row;
			n++;
		}
	}
	return n;
}

static void send_part(const struct slice *s, const struct part *part)
{
	size_t n = gather(s, part, NULL);
	union any_row *rows = n == 0 ? NULL : slice_rows(s, n, sizeof(*rows));
	struct args *a = conn_args(s->conn);

	if (rows == NULL)
		return;
	(void)gather(s, part, rows);
	args_bytes(a, s->mark, sizeof(s->mark));
	args_rows(a, part->columns, rows, sizeof(*rows), n);
	conn_send(s->conn, part->id);
	free(rows);
}

void parts_send(const struct slice *s)
{
	for (size_t i = 0; i < PARTS; i++)
		send_part(s, &parts[i]);
}

void parts_take(const struct slice *s)
{
	for (size_t i = 0; i < PARTS; i++) {
		if (gather(s, &parts[i], NULL) > 0)
			conn_skip(s->conn);
	}
}
