/* SPDX-License-Identifier: MIT
 *
 * hold_ended.h - a hold that is gone at the provider without our doing: it has run out, or was given
 * back by hand. What is left of it counts as released, by a release that is never sent; the rental
 * is charged instead of captured from then on. A hint is looked at first.
 */
#ifndef CORE_HOLD_ENDED_H
#define CORE_HOLD_ENDED_H

#include "core.h"
#include "rental_work.h"

/* An event of that kind about an operation of ours. Negative: not now. */
int hold_ended_event(struct core *core, const struct rent_inbound *event,
                     const struct rent_op *op, char ret_outcome[RENT_NOTE_SIZE],
                     struct rent_error *err);

/* Begins the release of what is left, unless something is being captured from it just now. */
void hold_ended_next(struct rental_work *w);

/* The release that was begun has happened already. */
void hold_ended_release(struct work_op *op);

#endif
