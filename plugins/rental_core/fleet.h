/* SPDX-License-Identifier: MIT
 *
 * fleet.h - the cabinets that rentals know of, what lies in them, and which powerbanks were sold:
 * lists in memory, for who compares.
 */
#ifndef CORE_FLEET_H
#define CORE_FLEET_H

#include "core.h"

#define FLEET_MAX 1000000 /* of each list */

/* A name, and the service that it is of. */
struct fleet_name {
	const struct station_port *port;
	char name[RENT_ID_SIZE];
	/* Of a powerbank: the cabinet in which it lies. */
	char cabinet[RENT_ID_SIZE];
};

/* Sorted by fleet_sort(), each once. */
struct fleet_names {
	struct fleet_name *at;
	size_t n, room;
};

/* false: out of memory, or too many. */
bool fleet_add(struct fleet_names *names, const struct station_port *port,
               const char *name, const char *cabinet);
void fleet_sort(struct fleet_names *names);
bool fleet_has(const struct fleet_names *names, const struct station_port *port,
               const char *name);
void fleet_done(struct fleet_names *names);

/* The cabinets at which rentals began since then, and the powerbanks of those that were bought out. */
int fleet_read(struct core *core, int64_t since, struct fleet_names *cabinets,
               struct fleet_names *sold, struct rent_error *err);

#endif
