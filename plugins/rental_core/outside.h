/* SPDX-License-Identifier: MIT
 *
 * outside.h - what a payment provider does on its own with money that we took: disputes, and
 * refunds made by hand; payments that it had refused.
 *
 * What is proven is recorded as an outside movement of the rental, once, never as an operation of ours: it
 * lowers `paid`, a person is told, and the rental is not charged any more unless its customer pays himself.
 * What it gave back counts as paid in what he has to pay (rent_kept): nobody is charged for it again, and
 * whether he owes it is for a person to say. A hint of a refund makes us ask the provider; another one is
 * only told.
 */
#ifndef CORE_OUTSIDE_H
#define CORE_OUTSIDE_H

#include <rent/model.h>

struct core;

/* Whether an event is one of these. */
bool outside_is(enum rent_event_kind kind);

/* Records the event, tells a person of it, and says so in the outcome. op: the operation that the event
 * names by our id; NULL none. RENT_EUNAVAIL: not now. */
int outside_event(struct core *core, const struct rent_inbound *event,
                  const struct rent_op *op, char ret_outcome[RENT_NOTE_SIZE],
                  struct rent_error *err);

/* Whether a proven event says that money moved by an operation which, as we were told,
 * did nothing. */
bool outside_contradicts(const struct rent_inbound *event, const struct rent_op *op);

/* Tells a person of such an event, about that operation. */
void outside_report_contradiction(struct core *core, const struct rent_inbound *event,
                                  const struct rent_op *op,
                                  char ret_outcome[RENT_NOTE_SIZE]);

#endif
