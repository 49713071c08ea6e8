/* SPDX-License-Identifier: MIT
 *
 * loop.h - the inside of a link: what callers (link.c) and its thread (loop.c) share.
 *
 * A call is its caller's until it is pushed to `pending`, then the thread's until `done`. A
 * caller whose time is up marks it abandoned under the lock and leaves; the thread frees it.
 */
#ifndef STORAGE_REDIS_LOOP_H
#define STORAGE_REDIS_LOOP_H

#include <pthread.h>

#include "flight.h"

struct link {
	struct link_options options; /* limits: under the lock */
	pthread_t thread;
	int bell; /* an eventfd: there is something to do */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t changed;
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
int64_t link_now(void);
struct timespec link_timespec(int64_t us);
void link_ring(struct link *link);
/* Something failed; under the lock. */
void link_failed(struct link *link, const char *why);

/* The thread; arg is the link. */
void *loop_main(void *arg);

#endif
