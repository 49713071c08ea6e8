/* SPDX-License-Identifier: MIT
 *
 * hold_ended.h - a provider reports that a hold is gone without our doing: it has run out, or was
 * given back by hand. A hint is looked at first; what then follows is in hold_gone.h.
 */
#ifndef CORE_HOLD_ENDED_H
#define CORE_HOLD_ENDED_H

#include "core.h"
#include "rental_work.h"

/* An event of that kind about an operation of ours. Negative: not now. */
int hold_ended_event(struct core *core, const struct rent_inbound *event,
                     const struct rent_op *op, char ret_outcome[RENT_NOTE_SIZE],
                     struct rent_error *err);

#endif
