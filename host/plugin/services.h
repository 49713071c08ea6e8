/* SPDX-License-Identifier: MIT
 *
 * plugin/services.h - the table of rent/host.h, one an instance. Here is what connects a slot
 * with the folder of the host that does it; the folders do not know instances.
 */
#ifndef HOST_PLUGIN_SERVICES_H
#define HOST_PLUGIN_SERVICES_H

#include "plugin/instance.h"

struct sleeper;
struct tasks;
struct timers;

/* The parts of the host behind the slots. NULL where this run has none (--check-config):
 * then a timer is accepted and never runs, work and tasks are refused. Before any create(). */
struct services {
	struct tasks *tasks;
	struct timers *timers;
	struct metrics *metrics;
	struct events *events;
	struct upstreams *upstreams;
	size_t arena_max;

	pthread_mutex_t lock;     /* the next three */
	struct sleeper *sleepers; /* in sleep_us: draining wakes them */
	bool draining;
	bool settled; /* work is refused */
};

void services_init(struct services *services);
void services_done(struct services *services);

/* Wakes every sleep_us, for good. */
void services_drain(struct services *services);

/* Takes no work any more, and waits for what was taken. */
void services_settle(struct services *services);

/* Fills in instance->host. */
void services_table(struct instance *instance, const char *service);

/* After a reload: gives the upstreams of the instance their new limits. */
void services_reload(struct instance *instance);

/* ---- service_task.c */
extern const struct rent_task_api service_task;

/* ---- service_options.c */
struct instance *
service_owner(const struct rent_host *host); /* aborts on another's table */
void service_options(struct rent_host *table);

#endif
