/* SPDX-License-Identifier: MIT
 *
 * verify.h - a customer says that his powerbank is back, and the cabinet is asked whether it is.
 *
 *   it is there                     the rental ends, at the time of his asking
 *   it is not there                 it goes on, and whatever was kept of an earlier asking is
 *                                   forgotten: the powerbank was out
 *   the cabinet cannot be asked     it goes on, and the time of asking is kept with the station. If
 *                                   that cabinet later shows the powerbank, the rental ends at that
 *                                   time (returned.c)
 */
#ifndef CORE_VERIFY_H
#define CORE_VERIFY_H

#include "core.h"
#include "rental_work.h"

/* Whether stops are verified, of one bound service at least. */
bool verify_is_wanted(struct core *core);

/* ending->station_id: where the customer says it is. With *ret_ends the rental may be ended by
 * *ending, or has ended already; without, ret->verdict says why not. Negative: not even that is
 * known. */
int verify_stop(struct core *core, const char *order_id, struct ending *ending,
                struct rent_view *ret, bool *ret_ends, struct rent_error *err);

/* The cabinet that could not be asked when a customer said so does not have it: nothing is kept of
 * that any more. */
int verify_forget(struct core *core, struct rent_rental *r, struct rent_error *err);

#endif
