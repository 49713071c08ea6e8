/* SPDX-License-Identifier: MIT
 *
 * inventory.h - what is in a cabinet now, as its service says: asked for, and read.
 */
#ifndef CORE_INVENTORY_H
#define CORE_INVENTORY_H

#include "core.h"

/* Whether a powerbank is where it was asked for. */
enum cabinet_answer {
	/* The service cannot be asked now, or does not say. */
	CABINET_SAYS_NOTHING = 0,
	CABINET_HAS_IT,
	CABINET_HAS_IT_NOT,
};

/* Whether the service of this port lets its cabinets be looked into at all; NULL does not. */
bool inventory_can_ask(const struct station_port *port);

/* Asks for the snapshot of a cabinet, by the service's name of it. Waits for the answer; no lock
 * is held meanwhile. *ret is filled in whatever comes of it: its outcome is UNKNOWN when there was
 * no answer. Its list lives in the arena. */
void inventory_ask(struct core *core, struct station_port *port, const char *cabinet_id,
                   struct rent_arena *arena, struct rent_station_snapshot *ret);

/* Whether a powerbank is in it. Of a cabinet that is offline nothing is said: what it said last
 * may be long ago. A cabinet that the service does not know has none. */
enum cabinet_answer inventory_has(const struct rent_station_snapshot *shot,
                                  const char *powerbank_id);

#endif
