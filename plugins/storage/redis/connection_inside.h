/* SPDX-License-Identifier: MIT
 *
 * connection_inside.h - the inside of a link: what callers (connection.c) and its thread (connection_thread.c) share.
 *
 * A call is its caller's until it is pushed to `pending`, then the thread's until `done`. A
 * caller whose time is up marks it abandoned under the lock and leaves; the thread frees it.
 */
#ifndef STORAGE_REDIS_CONNECTION_INSIDE_H
#define STORAGE_REDIS_CONNECTION_INSIDE_H

#include <pthread.h>

#include "pipeline.h"

struct connection {
	struct connection_options options; /* limits: under the lock */
	pthread_t thread;
	int bell; /* an eventfd: there is something to do */

	struct lock lock; /* what follows */
	struct wait changed;
	struct call_list pending;
	size_t under_way;
	struct breaker breaker;
	bool connected, tried, drop, stopping;
	char where[ADDRESS_TEXT_SIZE], why[RENT_NOTE_SIZE];

	/* the thread's */
	redisContext *ctx;
	struct call_list flight;
	int64_t heard_at, backoff;
	bool complained;
};

/* The kernel's monotonic clock. */
int64_t connection_now(void);
void connection_ring(struct connection *link);
/* Something failed; under the lock. */
void connection_failed(struct connection *link, const char *why);

/* The thread; arg is the link. */
void *connection_thread(void *arg);

#endif
