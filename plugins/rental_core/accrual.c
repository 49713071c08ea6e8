/* SPDX-License-Identifier: MIT
 *
 * accrual.c - see accrual.h. What fails to be charged becomes debt (debt.c).
 */
#include "accrual.h"

#include "debt.h"
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

void accrual_next(struct rental_work *w)
{
	int64_t amount;

	(void)work_call_open(w);
	if (w->call != NO_CALL)
		return;
	if (exposure_of(&w->next) >= w->params->r_buyout) {
		settle_end_rental(w, RENT_STATUS_BUYOUT,
		                  &(struct ending){ .by = RENT_ENDED_BY_BUYOUT });
		settle_next(w);
		return;
	}
	/* First what is owed: a tariff that has something new in every tick must not keep the
	 * debt from ever being collected. */
	if (debt_next(w))
		return;
	amount = accrual_charge(w->params, &w->next, w->caps->min_charge);
	(void)debt_begin_tick_charge(w, RENT_FOR_ACCRUAL, amount);
}
