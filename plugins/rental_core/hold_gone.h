/* SPDX-License-Identifier: MIT
 *
 * hold_gone.h - the decision that a hold is gone at the provider without our doing: what is left of it
 * counts as released, by a release that is never sent. The rental is charged instead of captured
 * from then on. hold_ended.h has the events that tell of it.
 */
#ifndef CORE_HOLD_GONE_H
#define CORE_HOLD_GONE_H

#include "rental_work.h"

/* Whether something is being captured or released from the hold just now. */
bool hold_gone_is_used(const struct rental_work *w, const struct work_op *hold);

/* Begins the release of what is left of the hold w->gone_id, unless it is being used. */
void hold_gone_next(struct rental_work *w);

/* The release that was begun has happened already. */
void hold_gone_release(struct work_op *op);

/* An operation has ended: if it says that the hold is gone, the trail does. */
void hold_gone_heed(struct rental_work *w, const struct rent_op *op);

#endif
