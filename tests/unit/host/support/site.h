/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/site.h - a listener with routes of every kind, in this process.
 *
 *   GET  /hello            inline            GET  /items/{id}     task; "id=..."
 *   POST /echo             task, JSON        GET  /who            query, header, trace, ids
 *   GET  /gate /gate-inline  waits for site_open_gate()
 *   GET  /fail /unavailable /no-status /drop /split /big /serial
 *
 * With auth /hello is open, /items is for customers, and the rest is closed.
 */
#ifndef HOST_B_SITE_H
#define HOST_B_SITE_H

#include "events/events.h"
#include "http/server.h"
#include "metrics/metrics.h"
#include "runtime/task_lock.h"

#define SITE_GATE_MAX 64

struct rent_waiter;
struct tasks;

struct site {
	struct metrics *metrics;
	struct events *events;
	struct http_config config; /* changed by the test between init and start */
	struct http_mount mounts[2];
	struct task_lock serial;
	struct tasks *tasks;
	unsigned workers, queue, tasks_max;
	struct http_server *server;
	unsigned port;
	struct http_probe probe;
	bool draining, ready;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	int inside; /* handlers that came to the gate */
	struct rent_waiter *waiters[SITE_GATE_MAX];
	bool open;
	int overlaps; /* of the serial handler */
	int in_serial;
	int called; /* handlers that ran */
};

void site_init(struct site *site);
/* Other events than the usual ones; between init and start. */
void site_events(struct site *site, const struct events_config *config);
void site_start(struct site *site); /* aborts when it does not */
void site_stop(struct site *site);
void site_wait_inside(struct site *site, int n);
void site_open_gate(struct site *site);

#endif
