/* SPDX-License-Identifier: MIT
 *
 * outside.h - what a payment provider does on its own with money that we took: disputes, and
 * refunds made by hand, payments that it had refused. It is logged for a person; no sum of a rental changes.
 */
#ifndef CORE_OUTSIDE_H
#define CORE_OUTSIDE_H

#include <rent/model.h>

struct core;

/* Whether an event is one of these. */
bool outside_is(enum rent_event_kind kind);

/* Tells a person of it, and says so in the outcome. rental_id: "" not known. */
void outside_report(struct core *core, const struct rent_inbound *event,
                    const char *rental_id, char ret_outcome[RENT_NOTE_SIZE]);

/* Whether a proven event says that money moved by an operation which, as we were told,
 * did nothing. */
bool outside_contradicts(const struct rent_inbound *event, const struct rent_op *op);

/* The same as outside_report() for such an event, about that operation. */
void outside_report_contradiction(struct core *core, const struct rent_inbound *event,
                                  const struct rent_op *op,
                                  char ret_outcome[RENT_NOTE_SIZE]);

#endif
