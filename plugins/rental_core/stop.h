/* SPDX-License-Identifier: MIT
 *
 * stop.h - the end of a rental by its customer, or by whoever knows that its powerbank is back.
 * settle.c has the money: settle_next() captures the deposit, charges the rest, refunds and
 * releases.
 */
#ifndef CORE_STOP_H
#define CORE_STOP_H

#include "core.h"
#include "rental_work.h"

/* Ends a rental, by whoever says so, who must know that the powerbank is back. A rental that ended before
 * stays as it is. */
int stop_by(struct core *core, const char *order_id, const struct ending *ending,
            struct rent_view *ret, struct rent_error *err);

/* Whether only other hosts have the service of this rental. It may be able to look: that it cannot be
 * asked here is no reason to believe a customer. */
bool stop_is_of_others(struct core *core, const struct rent_rental *r);

/* Whether a cabinet's return comes so soon after the buyout that it still counts. */
bool stop_is_after_buyout(const struct params *params, const struct rent_rental *r,
                          const struct ending *ending);

/* Ends an ACTIVE rental, or turns a buyout into a return. Its money is settled at once unless another run has the lease: that
 * one settles then. */
void stop_next(struct rental_work *w);

#endif
