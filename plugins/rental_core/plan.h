/* SPDX-License-Identifier: MIT
 *
 * plan.h - the heart: what to do next for one rental. A pure function of the item: from
 * what is recorded and what was heard since, it makes the one change that records it and
 * takes the next step, and names the one operation to call after that change is durable.
 *
 * Whoever drives a rental - a start, a stop, the tick, recovery after a crash - goes through
 * here, so that a rule is in one place and every half-done state is driven on by the same
 * code that would have finished it.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "item.h"

/* Fills in it->change, has_change and call. With call == NO_CALL the run rests once the
 * change (if any) is recorded. */
void plan(struct item *it);

/* Whether the lease of a rental is somebody's at the time it was read. */
bool lease_is_live(const struct rent_rental *r);

#endif
