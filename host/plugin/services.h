/* SPDX-License-Identifier: MIT
 *
 * plugin/services.h - the table of rent/host.h, one an instance. Here is what connects a slot
 * with the folder of the host that does it; the folders do not know instances.
 */
#ifndef HOST_PLUGIN_SERVICES_H
#define HOST_PLUGIN_SERVICES_H

#include "plugin/instance.h"

struct pool;
struct timers;

/* The parts of the host behind the slots. NULL where this run has none (--check-config):
 * then a timer is accepted and never runs, and work is refused. Before any create(). */
struct services {
	struct pool *pool;
	struct timers *timers;
	size_t arena_max;
};

void services_setup(const struct services *reached);

/* Wakes every sleep_us, for good. */
void services_drain(void);

/* Fills in instance->host. */
void services_table(struct instance *instance, const char *service);

/* After a reload: gives the upstreams of the instance their new limits. */
void services_reload(struct instance *instance);

/* ---- service_options.c */
struct instance *
service_owner(const struct rent_host *host); /* aborts on another's table */
void service_options(struct rent_host *table);

#endif
