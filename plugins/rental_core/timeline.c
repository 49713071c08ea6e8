/* SPDX-License-Identifier: MIT
 *
 * timeline.c - see timeline.h. The changes come from the operations, by the table of effects
 * in decide.c; what is due comes from due_at(), at the moments that it grows.
 */
#include "timeline.h"

#include "debt.h"
#include "hold_kind.h"

#include <stdlib.h>

#define SECONDS_PER_HOUR   3600
#define SECONDS_PER_MINUTE 60
#define DUE_POINTS         (TIMELINE_POINTS / 2)

struct timeline_change {
	int64_t at;
	int64_t paid, debt, in_flight; /* added at that moment */
	bool unheld;                   /* the deposit could not be held */
};

/* When due_at() reaches an amount: the first whole second at which it is not less. */
static int64_t reached_at(const struct rent_rental *r, int64_t amount)
{
	__int128 seconds = (__int128)(amount - 1) * SECONDS_PER_HOUR / r->price_per_hour +
	                   1 + (__int128)r->free_period_min * SECONDS_PER_MINUTE;
	__int128 at = r->started_at + seconds * RENT_SECOND;

	return at > INT64_MAX ? INT64_MAX : (int64_t)at;
}

int64_t timeline_next_charge(const struct params *p, const struct rent_rental *r)
{
	int64_t due = due_at(r, r->now);

	if (r->status != RENT_STATUS_ACTIVE || r->price_per_hour <= 0 ||
	    p->charge_at_end || due >= p->r_buyout)
		return 0;
	return reached_at(r, due + 1);
}

int64_t timeline_next_retry(const struct params *p, const struct rent_rental *r)
{
	int64_t at = debt_retry_at(p, r);

	return r->debt <= 0 || at == DEBT_NEVER ? 0 : rules_max(r->now, at);
}

/* ---- what operations changed */

static int change_push(struct timeline *line, struct timeline_change change)
{
	size_t room = line->room == 0 ? 64 : line->room * 2;
	struct timeline_change *more = line->changes;

	if (line->count == line->room) {
		more = realloc(more, room * sizeof(*more));
		if (more == NULL)
			return RENT_ENOMEM;
		line->changes = more;
		line->room = room;
	}
	line->changes[line->count++] = change;
	return 0;
}

/* The effect of an operation's end on paid and debt. */
static struct timeline_change change_of(const struct rent_op *op)
{
	bool succeeded = op->state == RENT_OP_SUCCEEDED;
	bool failed = op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED;
	bool collects = op->purpose == RENT_FOR_DEBT;
	struct timeline_change change = { .at = op->resolved_at };

	if (rent_op_takes(op->kind) && succeeded) {
		change.paid = op->processed;
		change.debt = collects ? -op->processed : 0;
	} else if (rent_op_takes(op->kind) && failed) {
		change.debt = op->purpose == RENT_FOR_ACCRUAL ? op->amount : 0;
	} else if (op->kind == RENT_OP_REFUND && succeeded) {
		change.paid = -op->processed;
	} else if (hold_is_first(op) && failed) {
		change.unheld = true;
	} else if (rent_op_takes(op->kind) && op->state == RENT_OP_MANUAL) {
		change.debt = collects ? -op->amount : 0;
		change.in_flight = op->amount; /* in doubt: perhaps taken */
	}
	return change;
}

int timeline_add(struct timeline *line, const struct rent_op *op)
{
	bool flies = rent_op_takes(op->kind) && op->purpose != RENT_FOR_DEBT;
	struct timeline_change change;
	int code = 0;

	if (flies)
		code = change_push(line,
		                   (struct timeline_change){ .at = op->created_at,
		                                             .in_flight = op->amount });
	if (code < 0 || rent_op_is_open(op->state) || op->resolved_at == 0)
		return code;
	change = change_of(op);
	if (line->journalled) {
		change.debt = 0;
		change.unheld = false;
	}
	change.in_flight -= flies ? op->amount : 0;
	return change_push(line, change);
}

int timeline_add_debt(struct timeline *line, const struct rent_debt_line *debt)
{
	return change_push(line, (struct timeline_change){ .at = debt->created_at,
	                                                   .debt = debt->delta });
}

int timeline_add_outside(struct timeline *line, const struct rent_outside *outside)
{
	return change_push(line, (struct timeline_change){ .at = outside->created_at,
	                                                   .paid = -outside->amount });
}

static int change_order(const void *a, const void *b)
{
	const struct timeline_change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* ---- the points */

static int64_t end_of(const struct rent_rental *r)
{
	return r->finished_at != 0 ? r->finished_at : r->now;
}

/* Moments at which what is due grew: all of them, or as many as can be drawn. */
static int due_moments(struct timeline *line, const struct params *p,
                       const struct rent_rental *r)
{
	int64_t due = due_at(r, end_of(r)), most = due < p->r_buyout ? due : p->r_buyout;
	int64_t step = most / DUE_POINTS + 1;
	int code = change_push(line, (struct timeline_change){ .at = r->started_at });

	if (r->price_per_hour <= 0)
		return code;
	for (int64_t amount = 1; code == 0 && amount <= most; amount += step)
		code = change_push(
			line, (struct timeline_change){ .at = reached_at(r, amount) });
	return code;
}

static void change_apply(const struct params *p, const struct timeline_change *change,
                         struct rent_rental *so_far)
{
	so_far->paid += change->paid;
	so_far->debt += change->debt;
	so_far->in_flight += change->in_flight;
	if (change->unheld)
		so_far->debt += debt_of_unheld_deposit(p, so_far);
	if (so_far->debt < 0)
		so_far->debt = 0;
}

static struct rent_money_point point_at(const struct params *p,
                                        const struct rent_rental *so_far, int64_t at)
{
	int64_t end = end_of(so_far), due = due_at(so_far, at < end ? at : end);

	if (due > p->r_buyout)
		due = p->r_buyout;
	if (at >= end && so_far->finished_at != 0)
		due = cost_at(p, so_far, end);
	return (struct rent_money_point){
		.struct_size = sizeof(struct rent_money_point),
		.at = at < so_far->started_at ? so_far->started_at : at,
		.due = due,
		.paid = so_far->paid,
		.debt = so_far->debt,
		.in_flight = so_far->in_flight,
	};
}

/* The last point is the rental as recorded. */
static struct rent_money_point point_last(const struct params *p,
                                          const struct rent_rental *r, int64_t at)
{
	struct rent_money_point last = point_at(p, r, at);

	last.due = cost_at(p, r, r->now);
	last.in_flight = rent_in_flight(r);
	return last;
}

/* NOLINTNEXTLINE(readability-function-size): what is drawn, how, of what, and for whom */
int timeline_write(struct timeline *line, const struct params *p,
                   const struct rent_rental *r,
                   int (*point)(void *arg, const struct rent_money_point *point),
                   void *arg)
{
	struct rent_rental so_far = *r;
	struct rent_money_point now;
	int64_t last_at = end_of(r), span;
	int code;

	if (r->started_at == 0)
		return 0;
	code = due_moments(line, p, r);
	if (code < 0)
		return code;
	qsort(line->changes, line->count, sizeof(*line->changes), change_order);
	if (line->changes[line->count - 1].at > last_at)
		last_at = line->changes[line->count - 1].at;
	span = (last_at - r->started_at) / TIMELINE_POINTS;
	so_far.paid = so_far.debt = so_far.in_flight = 0;
	so_far.in_flight_debt = so_far.in_doubt = 0;
	for (size_t i = 0; i < line->count && code == 0; i++) {
		const struct timeline_change *next = &line->changes[i + 1];
		int64_t at = line->changes[i].at;

		change_apply(p, &line->changes[i], &so_far);
		/* Of several changes so near that they are drawn as one, the last counts. */
		if (i + 1 < line->count &&
		    (next->at <= r->started_at || next->at - at == 0 ||
		     (line->count > TIMELINE_POINTS &&
		      (next->at - r->started_at) / (span + 1) ==
		              (at - r->started_at) / (span + 1))))
			continue;
		now = point_at(p, &so_far, at);
		if (now.at < last_at)
			code = point(arg, &now);
	}
	if (code != 0)
		return code;
	now = point_last(p, r, last_at);
	return point(arg, &now);
}

void timeline_done(struct timeline *line)
{
	free(line->changes);
	*line = (struct timeline){ 0 };
}
