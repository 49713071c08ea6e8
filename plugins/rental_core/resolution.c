/* SPDX-License-Identifier: MIT
 *
 * resolution.c - the way to an operation's outcome: send it, look it up, wait, or give it up.
 *
 * An operation that may have been sent before (by a run that died, or whose answer was not
 * understood) is asked for again under the same id inside the provider's window, else looked
 * up, else (an eject) judged by what is in its cabinet, else given up as MANUAL.
 */
#include "resolution.h"
#include "cabinet.h"

#include <stdlib.h>
#include <string.h>

#include "core.h"

#define RESEND_MARGIN RENT_MINUTE

bool way_maybe_sent(const struct work_op *op)
{
	return !op->fresh || op->op.tries > 0;
}

/* How long the same id may be sent again: the provider's word less a margin, since what is
 * recorded now may leave as late as its lease allows, and arrive later still. */
static int64_t resend_window(struct rental_work *w, const struct work_op *op)
{
	const struct station_port *station = core_station_of(w->core, &w->r);
	int64_t window = w->caps->resend_us, margin;

	if (op->op.kind == RENT_OP_EJECT)
		window = station == NULL ? 0 : cabinet_resend_us(station);
	margin = rules_max(w->params->start_lease, RESEND_MARGIN);
	return rules_max(0, window - margin);
}

static bool can_lookup(const struct rental_work *w, const struct work_op *op)
{
	if (op->op.kind == RENT_OP_EJECT)
		return cabinet_can_look_up(core_station_of(w->core, &w->r), &op->op);
	return (w->caps->operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) != 0;
}

/* How long the provider may take to know of an operation, or to end it. */
static int64_t settle_time(const struct rental_work *w, const struct work_op *op)
{
	const struct station_port *station = core_station_of(w->core, &w->r);

	if (op->op.kind != RENT_OP_EJECT)
		return w->caps->lookup_settle_us;
	return station == NULL ? 0 : station->caps.settle_us;
}

static int64_t age_of(const struct rental_work *w, const struct work_op *op)
{
	return w->r.now - op->op.created_at;
}

/* The wall time of the answer that the provider replays; 0: none is known. */
int64_t way_asked_only_since(const struct work_op *op)
{
	size_t n = strlen(ASK_ONLY);

	if (op->op.kind == RENT_OP_EJECT || strncmp(op->op.result, ASK_ONLY, n) != 0)
		return 0;
	return strtoll(op->op.result + n, NULL, 10);
}

/* No host sends it again, and no copy is on its way any more: neither one sent at the end
 * of the window, nor one from a host that recorded the intent, was held up, and sent it
 * at the end of its lease. The provider has also had time to know of it. A copy that is late
 * does nothing where the provider replays its answer. */
bool way_is_past_settling(struct rental_work *w, const struct work_op *op)
{
	int64_t replayed_since = way_asked_only_since(op);

	if (replayed_since != 0)
		return w->r.now - replayed_since >
		       w->params->start_lease + settle_time(w, op);
	return age_of(w, op) >
	       resend_window(w, op) + w->params->start_lease + settle_time(w, op);
}

/* An order that the service gave a reference for has arrived: it is asked for at once, and waited
 * for until the cabinet has had twice the time it may take. */
static int64_t patience_with_order(struct rental_work *w, const struct work_op *op)
{
	return resend_window(w, op) + w->params->start_lease + 2 * settle_time(w, op);
}

/* What is in the cabinet decides after that, but each time the order is asked first: whoever asked
 * last may have done so long ago. */
static enum operation_way choose_way_of_order(struct rental_work *w,
                                              const struct work_op *op)
{
	int64_t patience = patience_with_order(w, op);

	/* Nobody may have asked for long: once more, and if the service does not answer, again. */
	return age_of(w, op) <= patience + w->params->manual_after ? WAY_LOOKUP
	                                                           : WAY_GIVE_UP;
}

bool way_was_last(struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT && op->way == WAY_LOOKUP &&
	       op->op.ref[0] != '\0' && rent_op_is_open(op->op.state) &&
	       !cabinet_keeps_evidence(w->core, &w->r) &&
	       age_of(w, op) > patience_with_order(w, op);
}

bool way_cabinet_decides(struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT && op->way == WAY_LOOKUP &&
	       op->op.ref[0] != '\0' && rent_op_is_open(op->op.state) &&
	       cabinet_keeps_evidence(w->core, &w->r) &&
	       age_of(w, op) > patience_with_order(w, op);
}

/* An eject of a service that this host does not have: another host asks. */
static bool is_of_others(const struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT && w->r.station_instance[0] != '\0' &&
	       core_station_of(w->core, &w->r) == NULL;
}

/* What is not sent again: somebody else tells what became of it, or nobody. */
static enum operation_way choose_way_to_learn(struct rental_work *w,
                                              const struct work_op *op, int64_t window)
{
	int64_t age = age_of(w, op);

	if (age > window + w->params->manual_after)
		return WAY_GIVE_UP;
	if (can_lookup(w, op))
		return way_is_past_settling(w, op) ? WAY_LOOKUP : WAY_WAIT;
	if (op->op.kind == RENT_OP_EJECT && cabinet_keeps_evidence(w->core, &w->r))
		return way_is_past_settling(w, op) ? WAY_SNAPSHOT : WAY_WAIT;
	return age > window + w->params->start_lease ? WAY_GIVE_UP : WAY_WAIT;
}

enum operation_way way_choose(struct rental_work *w, const struct work_op *op)
{
	int64_t age = age_of(w, op);
	int64_t window;

	if (!way_maybe_sent(op))
		return WAY_SEND;
	window = resend_window(w, op);
	if (is_of_others(w, op))
		return age > w->params->manual_after ? WAY_GIVE_UP : WAY_WAIT;
	if (way_asked_only_since(op) != 0 && can_lookup(w, op))
		return age > window + w->params->manual_after ? WAY_GIVE_UP : WAY_LOOKUP;
	if (op->op.state == RENT_OP_PENDING && can_lookup(w, op) && age <= window)
		return WAY_LOOKUP;
	/* A clock that went back makes it look younger than it is: without a window it is
	 * never sent again. */
	if (window > 0 && age < window)
		return WAY_SEND;
	if (op->op.kind == RENT_OP_EJECT && op->op.ref[0] != '\0' && can_lookup(w, op))
		return choose_way_of_order(w, op);
	return choose_way_to_learn(w, op, window);
}
