/* SPDX-License-Identifier: MIT
 *
 * engine.h - moves items along, any number at once: plan, record the changes in one call of
 * storage, make the calls together, and again until every item rests. Intents are durable
 * before their calls are made because a call is only made after its change was applied.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <rent/rental.h>

#include "item.h"

/* At most RENT_ADVANCE_MAX items, of different rentals. Returns when all are finished; each
 * says how it ended (error, conflicted, recorded, r). run may be NULL. */
void engine_run(struct core *core, struct item *const *items, size_t n,
                struct rent_run *run);

#endif
