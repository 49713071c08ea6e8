/* SPDX-License-Identifier: MIT
 *
 * orphan.h - reported returns of powerbanks that no live rental has, while a start waits for the end
 * of its eject: the powerbank may be the one that came out for it.
 */
#ifndef CORE_ORPHAN_H
#define CORE_ORPHAN_H

#include "core.h"

/* Whether such a start of the service was under way when the return was reported, and still is: the
 * report then waits for it, for a while. */
int orphan_awaits_start(struct core *core, const struct rent_inbound *event,
                        bool *ret_awaits, struct rent_error *err);

/* Returns to one cabinet that nobody has acted on. */
struct orphan_query {
	/* Of the service, and its name of the cabinet. */
	const char *instance, *cabinet_id;
	/* Happened and reported then or later, by the database's clock. A report that does not say when
	 * it happened may be of before. */
	int64_t since;
};
#define ORPHANS_MAX 64 /* further ones are not looked at */

struct orphan_returns {
	char powerbanks[ORPHANS_MAX][RENT_ID_SIZE];
	size_t n;
};

/* Fills *ret in. Negative: they cannot be read now, and without them nothing may be concluded. */
int orphan_read(struct core *core, const struct orphan_query *query,
                struct orphan_returns *ret, struct rent_error *err);

#endif
