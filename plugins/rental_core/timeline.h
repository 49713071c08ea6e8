/* SPDX-License-Identifier: MIT
 *
 * timeline.h - the money of one rental over time: when its cost grows next, when its debt is
 * tried next, and what was due, paid, owed and in flight at every moment so far. It explains
 * what the rules did; it decides nothing.
 */
#ifndef CORE_TIMELINE_H
#define CORE_TIMELINE_H

#include <rent/rental.h>

#include "rules.h"

#define TIMELINE_POINTS 240 /* more moments than these are drawn as one */

/* Wall time; 0: it will not grow, or nobody knows (charge = "at_end"). */
int64_t timeline_next_charge(const struct params *p, const struct rent_rental *r);

/* Wall time, the rental's `now` when it is due already; 0: there is no debt. */
int64_t timeline_next_retry(const struct params *p, const struct rent_rental *r);

/* Zeroed: empty. */
struct timeline {
	struct timeline_change *changes;
	size_t count, room;
	/* Its debt goes by the journal: what operations say of it does not count. */
	bool journalled;
};

int timeline_add(struct timeline *line, const struct rent_op *op);
/* A line of the journal: also what no operation says, and what an operator did. */
int timeline_add_debt(struct timeline *line, const struct rent_debt_line *debt);
/* What the provider did by itself. */
int timeline_add_outside(struct timeline *line, const struct rent_outside *outside);

/* Calls point for every moment that something changed, oldest first; the last one says what
 * the rental says. Returns what point returns when that is not 0. */
int timeline_write(struct timeline *line, const struct params *p,
                   const struct rent_rental *r,
                   int (*point)(void *arg, const struct rent_money_point *point),
                   void *arg);

void timeline_done(struct timeline *line);

#endif
