/* SPDX-License-Identifier: MIT
 *
 * accrual.c - see accrual.h. A charge that fails becomes debt (debt.c).
 */
#include "accrual.h"

#include "action.h"
#include "debt.h"
#include "hold.h"
#include "hold_margin.h"
#include "payer.h"
#include "settle.h"

int64_t accrual_charge(const struct params *p, const struct rent_rental *r,
                       int64_t min_charge)
{
	int64_t exposure = exposure_of(r);
	int64_t room = rules_max(0, p->r_buyout - exposure);
	int64_t fresh = rules_max(0, due_at(r, r->now) - exposure);
	int64_t charge = rules_min(fresh, room);

	if (charge < rules_max(p->charge_min_amount, min_charge) && fresh < room)
		return 0;
	return charge;
}

int64_t accrual_covered(const struct params *p, int64_t left, int64_t ends_at,
                        int64_t now)
{
	if (ends_at != 0 && ends_at - now <= p->hold_margin)
		return 0;
	return rules_max(0, left - p->charge_margin);
}

static int64_t covered_by_hold(struct rental_work *w)
{
	struct work_op *hold;

	if (!w->has_ops)
		return accrual_covered(w->params, w->held_left, w->held_until,
		                       w->next.now);
	hold = hold_current(w);
	if (hold == NULL)
		return 0;
	return accrual_covered(w->params, work_left_of(w, hold),
	                       hold_ends_at(w, hold_term(w, hold)), w->next.now);
}

/* The part of a new amount that must be taken now. */
static int64_t due_now(struct rental_work *w, int64_t amount)
{
	int64_t rest;

	if (!w->params->charge_at_end || amount == 0)
		return amount;
	rest = amount - covered_by_hold(w);
	if (rest < rules_max(w->params->charge_min_amount, w->caps->min_charge))
		return 0;
	if (w->has_ops)
		return rest;
	/* What a page says of the hold suffices to charge nothing. */
	w->needs_ops = true;
	return 0;
}

/* The settlement charges the part that was not charged yet. */
static bool is_bought_out(const struct rental_work *w)
{
	const struct params *p = w->params;

	return exposure_of(&w->next) >= p->r_buyout ||
	       (p->charge_at_end && due_at(&w->next, w->next.now) >= p->r_buyout);
}

void accrual_next(struct rental_work *w)
{
	int64_t amount;

	if (work_call_open(w) && w->call == NO_CALL)
		action_cancel_next(w);
	if (w->call != NO_CALL)
		return;
	if (is_bought_out(w)) {
		settle_end_rental(w, RENT_STATUS_BUYOUT,
		                  &(struct ending){ .by = RENT_ENDED_BY_BUYOUT });
		settle_next(w);
		return;
	}
	/* First what is owed: a tariff that has something new in every tick must not keep the
	 * debt from ever being collected, nor may what is captured before a hold ends. */
	if (debt_next(w))
		return;
	if (hold_margin_next(
		    w, w->params->charge_at_end
			       ? accrual_charge(w->params, &w->next, w->caps->min_charge)
			       : 0))
		return;
	amount = due_now(w, accrual_charge(w->params, &w->next, w->caps->min_charge));
	if (payer_is_needed(w->params, &w->next))
		debt_accrual_unasked(w, amount);
	else
		(void)debt_begin_tick_charge(w, RENT_FOR_ACCRUAL, amount);
}
