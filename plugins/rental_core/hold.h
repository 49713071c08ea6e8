/* SPDX-License-Identifier: MIT
 *
 * hold.h - the holds of a rental's deposit. One is made with the start. Where it ends before the rental
 * does (hold_margin.h), it is extended or replaced by a new one: an operation of kind HOLD and purpose
 * ACCRUAL. With a target it extends that hold: it moves nothing, and says how long the hold lasts from
 * then on. Without a target it is a hold of its own.
 */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

#include "hold_kind.h"
#include "rental_work.h"

/* The newest hold that succeeded, whatever is left of it; NULL: none did. */
struct work_op *hold_current(struct rental_work *w);

/* The operation that says since when and until when a hold stands: it, or its newest extension. */
const struct rent_op *hold_term(const struct rental_work *w, const struct work_op *hold);

/* When an operation of kind HOLD says that the hold ends; 0: nobody knows. */
int64_t hold_ends_at(const struct rental_work *w, const struct rent_op *op);

/* The rest of a hold; 0 when hold is NULL, did not succeed, or has run out. */
int64_t hold_left(const struct rental_work *w, const struct work_op *hold);

/* Whether something is left of a hold that is to be given back. One whose release was refused eight times
 * is a person's; the others are not given up with it. */
bool hold_is_releasable(const struct rental_work *w, const struct work_op *hold);

/* Whether something surely was taken out of a hold, whatever is in doubt about others. */
bool hold_was_captured(const struct rental_work *w, const struct work_op *hold);

/* The amount that was taken out of a hold, or is being taken. */
int64_t hold_captured(const struct rental_work *w, const struct work_op *hold);

#endif
