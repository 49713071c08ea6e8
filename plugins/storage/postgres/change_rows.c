/* SPDX-License-Identifier: MIT
 *
 * change_rows.c - the rows of changes; see change_rows.h. The parts of the changes become rows by
 * kind, and the rows of a kind become the arrays of one statement.
 */
#include "change_rows.h"

#include <stdlib.h>

#include "core/change.h"
#include "core/deed.h"
#include "deeds.h"

union any_row {
	struct change_end end;
	struct change_new new;
	struct change_debt debt;
	struct change_answer answer;
	struct change_resolution resolution;
	struct deed_row deed;
	struct change_outside outside;
	struct change_message message;
	struct change_note note;
};

#define COLUMN(type, row, member)                         \
	{                                                 \
		BIND_##type, offsetof(struct row, member) \
	}

static const struct bind_column end_columns[] = {
	COLUMN(TEXT, change_end, rental),      COLUMN(TEXT, change_end, id),
	COLUMN(TEXT, change_end, state),       COLUMN(INT, change_end, processed),
	COLUMN(ANY, change_end, expires_at),   COLUMN(TEXT, change_end, ref),
	COLUMN(TEXT, change_end, result),      COLUMN(TEXT, change_end, note),
	COLUMN(TEXT, change_end, action),      COLUMN(TEXT, change_end, action_value),
	COLUMN(ANY, change_end, action_until), BIND_END,
};
static const struct bind_column new_columns[] = {
	COLUMN(TEXT, change_new, rental),      COLUMN(TEXT, change_new, id),
	COLUMN(TEXT, change_new, target),      COLUMN(TEXT, change_new, kind),
	COLUMN(TEXT, change_new, purpose),     COLUMN(INT, change_new, amount),
	COLUMN(TEXT, change_new, method_ref),  COLUMN(TEXT, change_new, return_url),
	COLUMN(TEXT, change_new, request_key), BIND_END,
};
static const struct bind_column debt_row_columns[] = {
	COLUMN(TEXT, change_debt, rental),
	COLUMN(INT, change_debt, delta),
	BIND_END,
};
static const struct bind_column debt_columns[] = {
	COLUMN(TEXT, change_debt, rental),  COLUMN(INT, change_debt, delta),
	COLUMN(ENUM, change_debt, attempt), COLUMN(TEXT, change_debt, reason),
	COLUMN(TEXT, change_debt, op),      BIND_END,
};
static const struct bind_column answer_columns[] = {
	COLUMN(TEXT, change_answer, rental),
	COLUMN(TEXT, change_answer, outcome),
	COLUMN(TEXT, change_answer, answer),
	BIND_END,
};
static const struct bind_column resolution_columns[] = {
	COLUMN(TEXT, change_resolution, rental), COLUMN(TEXT, change_resolution, op),
	COLUMN(TEXT, change_resolution, state),  COLUMN(INT, change_resolution, amount),
	COLUMN(TEXT, change_resolution, ref),    COLUMN(TEXT, change_resolution, reason),
	COLUMN(TEXT, change_resolution, by),     BIND_END,
};

static const struct bind_column outside_columns[] = {
	COLUMN(TEXT, change_outside, rental), COLUMN(TEXT, change_outside, event),
	COLUMN(TEXT, change_outside, op),     COLUMN(TEXT, change_outside, kind),
	COLUMN(INT, change_outside, amount),  COLUMN(TEXT, change_outside, ref),
	COLUMN(TEXT, change_outside, note),   BIND_END,
};
static const struct bind_column message_columns[] = {
	COLUMN(TEXT, change_message, rental),   COLUMN(TEXT, change_message, id),
	COLUMN(TEXT, change_message, endpoint), COLUMN(TEXT, change_message, type),
	COLUMN(TEXT, change_message, data),     BIND_END,
};
static const struct bind_column note_columns[] = {
	COLUMN(TEXT, change_note, rental),
	COLUMN(TEXT, change_note, kind),
	COLUMN(TEXT, change_note, text),
	BIND_END,
};

/* Each gives whether the change has the k-th of its kind, and the row of it. */
#define MAKER(kind)                                                    \
	static bool make_##kind(const struct rent_change *c, size_t k, \
	                        union any_row *ret)                    \
	{                                                              \
		return change_##kind##_row(c, k, &ret->kind);          \
	}
MAKER(end)
MAKER(new)
MAKER(debt)
MAKER(answer)
MAKER(resolution)
MAKER(outside)
MAKER(message)
MAKER(note)

static bool make_deed(const struct rent_change *c, size_t k, union any_row *ret)
{
	return deed_of_change(c, k, &ret->deed);
}

/* In the order in which they are applied. One that takes two statements stands twice. */
static const struct row_kind {
	bool (*make)(const struct rent_change *c, size_t k, union any_row *ret);
	const struct bind_column *columns;
	enum sql_id id;
	/* A change has at most so many. */
	size_t most;
} row_kinds[] = {
	{ make_end, end_columns, SQL_CHANGE_ENDS, RENT_CHANGE_OPS },
	{ make_new, new_columns, SQL_CHANGE_NEWS, RENT_CHANGE_OPS },
	{ make_debt, debt_row_columns, SQL_CHANGE_DEBT_ROWS, 1 },
	{ make_debt, debt_columns, SQL_CHANGE_DEBTS, 1 },
	{ make_answer, answer_columns, SQL_CHANGE_KEYS, 1 },
	{ make_resolution, resolution_columns, SQL_CHANGE_RESOLUTIONS, RENT_CHANGE_OPS },
	{ make_deed, deed_columns, SQL_DEEDS_PUT, 1 },
	{ make_outside, outside_columns, SQL_CHANGE_OUTSIDE, 1 },
	{ make_message, message_columns, SQL_CHANGE_MESSAGES, RENT_CHANGE_MESSAGES },
	{ make_note, note_columns, SQL_CHANGE_NOTES, RENT_CHANGE_OPS },
};

#define ROW_KINDS (sizeof(row_kinds) / sizeof(*row_kinds))

/* rows NULL: counts only. */
static size_t gather_rows(const struct slice *s, const struct row_kind *kind,
                          union any_row *rows)
{
	union any_row row;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < kind->most && !s->units[i].skip; k++) {
			if (!kind->make(s->units[i].change, k, &row))
				continue;
			if (rows != NULL)
				rows[n] = row;
			n++;
		}
	}
	return n;
}

static void send_rows(const struct slice *s, const struct row_kind *kind)
{
	size_t n = gather_rows(s, kind, NULL);
	union any_row *rows = n == 0 ? NULL : slice_rows(s, n, sizeof(*rows));
	struct bind *a = conn_bind(s->conn);

	if (rows == NULL)
		return;
	(void)gather_rows(s, kind, rows);
	bind_bytes(a, s->mark, sizeof(s->mark));
	bind_rows(a, kind->columns, rows, sizeof(*rows), n);
	conn_send(s->conn, kind->id);
	free(rows);
}

void change_rows_send(const struct slice *s)
{
	for (size_t i = 0; i < ROW_KINDS; i++)
		send_rows(s, &row_kinds[i]);
}

void change_rows_take(const struct slice *s)
{
	for (size_t i = 0; i < ROW_KINDS; i++) {
		if (gather_rows(s, &row_kinds[i], NULL) > 0)
			conn_skip(s->conn);
	}
}
