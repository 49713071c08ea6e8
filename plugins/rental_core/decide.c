/* SPDX-License-Identifier: MIT
 *
 * decide.c - the states of a rental (docs/explanation/money.md) and the file that decides in each.
 */
#include "decide.h"

#include "accrual.h"
#include "change.h"
#include "debt.h"
#include "outcomes.h"
#include "settle.h"
#include "start.h"
#include "stop.h"

static void ended_next(struct rental_work *w)
{
	if (w->next.settlement == RENT_SETTLEMENT_PENDING) {
		/* Recovery owns a settlement that was put off, and its back-off. */
		if (w->goal != GOAL_TICK || w->leased)
			settle_next(w);
	} else if (!work_call_open(w)) {
		(void)debt_next(w);
	}
}

static void decide_by_status(struct rental_work *w)
{
	switch (w->next.status) {
	case RENT_STATUS_PENDING:
		start_next(w);
		break;
	case RENT_STATUS_ACTIVE:
		if (w->goal == GOAL_STOP)
			stop_next(w);
		else
			accrual_next(w);
		break;
	case RENT_STATUS_FINISHED:
	case RENT_STATUS_BUYOUT:
	case RENT_STATUS_FAILED:
		ended_next(w);
		break;
	case RENT_STATUS_NONE:
		break;
	}
}

/* Somebody else is moving this rental's money. All that may be done meanwhile is to end it. */
static bool is_others(const struct rental_work *w)
{
	bool stops = w->goal == GOAL_STOP && w->r.status == RENT_STATUS_ACTIVE;

	return !w->leased && work_lease_is_live(&w->r) && !stops;
}

void decide(struct rental_work *w)
{
	w->next = w->r;
	w->call = NO_CALL;
	w->debt_reason = NULL;
	w->answers = false;
	w->needs_ops = false;
	outcomes_apply(w);
	if (!is_others(w))
		decide_by_status(w);
	change_make(w);
}
