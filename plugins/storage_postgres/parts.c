/* SPDX-License-Identifier: MIT
 *
 * parts.c - the parts of changes; see parts.h. Each part gathers what the changes have of
 * it into one list, which becomes the arrays of one statement.
 */
#include "parts.h"

#include <stdlib.h>

/* An element of a change: the change and its number there. */
struct element {
	const struct rent_change *change;
	size_t k;
};

struct list {
	struct element *at;
	size_t n;
};

enum part {
	PART_ENDS,
	PART_NEWS,
	PART_DEBTS,
	PART_KEYS,
	PARTS
};

static bool has(const struct rent_change *c, enum part part, size_t k)
{
	switch (part) {
	case PART_ENDS:
		return c->ends[k].id != NULL;
	case PART_NEWS:
		return c->news[k].id != NULL;
	case PART_DEBTS:
		return k == 0 &&
		       (c->debt_delta != 0 || c->debt_try != RENT_DEBT_TRY_NONE);
	case PART_KEYS:
		return k == 0 && c->outcome != NULL;
	case PARTS:
	default:
		return false;
	}
}

static size_t count(const struct slice *s, enum part part)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < RENT_CHANGE_OPS && !s->units[i].skip; k++)
			n += has(s->units[i].change, part, k);
	}
	return n;
}

static const struct rent_op_end *end_of(const struct list *l, size_t i)
{
	return &l->at[i].change->ends[l->at[i].k];
}

static const struct rent_op_new *new_of(const struct list *l, size_t i)
{
	return &l->at[i].change->news[l->at[i].k];
}

static int64_t processed_of(const struct rent_op_end *end)
{
	return end->state == RENT_OP_SUCCEEDED ? end->processed : 0;
}

static void add_int_or_null(struct args *a, int64_t v)
{
	if (v == 0)
		args_add_null(a);
	else
		args_add_int(a, v);
}

static const char *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

static void send_ends(struct conn *c, struct args *a, const struct list *l)
{
	ARGS_TEXTS(a, l->n, end_of(l, i)->id);
	ARGS_TEXTS(a, l->n, rent_name_of(rent_op_state_names, (int)end_of(l, i)->state));
	ARGS_INTS(a, l->n, processed_of(end_of(l, i)));
	ARGS_COLUMN(a, ARGS_INT, add_int_or_null, l->n, end_of(l, i)->expires_at);
	ARGS_TEXTS(a, l->n, end_of(l, i)->ref);
	ARGS_TEXTS(a, l->n, end_of(l, i)->result);
	ARGS_TEXTS(a, l->n, end_of(l, i)->note);
	conn_send(c, SQL_CHANGE_ENDS);
}

static void send_news(struct conn *c, struct args *a, const struct list *l)
{
	ARGS_TEXTS(a, l->n, new_of(l, i)->id);
	ARGS_TEXTS(a, l->n, text_or_null(new_of(l, i)->target_id));
	ARGS_TEXTS(a, l->n, rent_name_of(rent_op_kind_names, (int)new_of(l, i)->kind));
	ARGS_TEXTS(a, l->n, rent_name_of(rent_purpose_names, (int)new_of(l, i)->purpose));
	ARGS_INTS(a, l->n, new_of(l, i)->amount);
	conn_send(c, SQL_CHANGE_NEWS);
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

static const char *reason_of(const struct rent_change *c)
{
	return c->debt_reason == NULL ? "" : c->debt_reason;
}

static void begin(const struct slice *s, const struct list *l)
{
	struct args *a = conn_args(s->conn);

	args_bytes(a, s->mark, sizeof(s->mark));
	ARGS_TEXTS(a, l->n, l->at[i].change->rental_id);
}

static void send_debts(const struct slice *s, struct args *a, const struct list *l)
{
	ARGS_INTS(a, l->n, l->at[i].change->debt_delta);
	conn_send(s->conn, SQL_CHANGE_DEBT_ROWS);
	begin(s, l);
	ARGS_INTS(a, l->n, l->at[i].change->debt_delta);
	ARGS_INTS(a, l->n, (int64_t)l->at[i].change->debt_try);
	ARGS_TEXTS(a, l->n, reason_of(l->at[i].change));
	ARGS_TEXTS(a, l->n, cause_of(l->at[i].change));
	conn_send(s->conn, SQL_CHANGE_DEBTS);
}

static void send_keys(struct conn *c, struct args *a, const struct list *l)
{
	ARGS_TEXTS(a, l->n, l->at[i].change->outcome);
	ARGS_TEXTS(a, l->n, l->at[i].change->answer);
	conn_send(c, SQL_CHANGE_KEYS);
}

static void send_part(const struct slice *s, enum part part, const struct list *l)
{
	struct args *a = &s->conn->args;

	begin(s, l);
	if (part == PART_ENDS)
		send_ends(s->conn, a, l);
	else if (part == PART_NEWS)
		send_news(s->conn, a, l);
	else if (part == PART_DEBTS)
		send_debts(s, a, l);
	else
		send_keys(s->conn, a, l);
}

static void gather(const struct slice *s, enum part part, struct list *l)
{
	l->n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct rent_change *c = s->units[i].change;

		for (size_t k = 0; k < RENT_CHANGE_OPS && !s->units[i].skip; k++) {
			if (has(c, part, k))
				l->at[l->n++] = (struct element){ c, k };
		}
	}
}

void parts_send(const struct slice *s)
{
	struct list l;

	for (int part = 0; part < PARTS; part++) {
		size_t n = count(s, (enum part)part);

		if (n == 0)
			continue;
		l.at = calloc(n, sizeof(*l.at));
		if (l.at == NULL) {
			s->conn->end = rent_fail(&s->conn->err, RENT_ENOMEM,
			                         "advance: out of memory");
			return;
		}
		gather(s, (enum part)part, &l);
		send_part(s, (enum part)part, &l);
		free(l.at);
	}
}

void parts_take(const struct slice *s)
{
	for (int part = 0; part < PARTS; part++) {
		if (count(s, (enum part)part) == 0)
			continue;
		conn_skip(s->conn);
		if (part == PART_DEBTS)
			conn_skip(s->conn);
	}
}
