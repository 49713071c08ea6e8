/* SPDX-License-Identifier: MIT
 *
 * decide.h - what to do next for one rental. From what is recorded and what was heard since,
 * decide() makes one change, which records what was heard and what is intended next, and names
 * the operation to call once that change is durable. It reads neither a clock nor storage.
 *
 * A start, a stop, the tick and recovery all decide here. So what one of them left half done,
 * another finishes in the same way.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "rental_work.h"

/* Sets w->change, has_change and call, or only needs_ops: then the operations must be loaded
 * first. With call == NO_CALL nothing is left for this run once the change (if any) is recorded,
 * except for a rental that became ACTIVE although its powerbank is back: that is decided again. */
void decide(struct rental_work *w);

/* Applies to w->next the outcome that a person found out of an operation in MANUAL. */
void decide_resolved(struct rental_work *w, const struct rent_op *op);

#endif
