/* SPDX-License-Identifier: MIT
 *
 * decide.h - what to do next for one rental. A pure function: from what is recorded and what
 * was heard since, it makes the one change that records it and takes the next step, and names
 * the one operation to call after that change is durable.
 *
 * Every driver of a rental - a start, a stop, the tick, recovery after a crash - decides here,
 * so that a half-done state is finished by the code that would have finished it anyway.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "rental_work.h"

/* Sets w->change, has_change and call. With call == NO_CALL the run rests once the change (if
 * any) is recorded. */
void decide(struct rental_work *w);

/* Applies to w->next the outcome that a person found out of an operation in MANUAL. */
void decide_resolved(struct rental_work *w, const struct rent_op *op);

/* Makes w->change the difference between w->r and w->next, with the outcomes heard, the
 * intents made, the lease and the time of the next look. Sets w->has_change. */
void decide_change(struct rental_work *w);

#endif
