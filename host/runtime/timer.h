/* SPDX-License-Identifier: MIT
 *
 * runtime/timer.h - the timers of rent/host.h. Each has a thread; its function never runs
 * twice at once, and the next run is due one interval after the last one began. Nothing
 * runs before timers_start(); then the first run follows immediately.
 */
#ifndef HOST_RUNTIME_TIMER_H
#define HOST_RUNTIME_TIMER_H

#include <pthread.h>
#include <rent/base.h>

struct timers; /* a set of timers that begin and end together */

struct timer_spec {
	const char *name; /* copied; names the thread */
	int64_t interval_us;
	void (*fn)(void *arg);
	void *arg;
	pthread_mutex_t *serial; /* held while fn runs; NULL: none */
};

int timers_new(struct timers **ret);

/* After timers_start() the timer begins at once. RENT_EINVAL: interval < 1 ms or no name. */
int timers_add(struct timers *timers, const struct timer_spec *spec,
               struct rent_error *err);

int timers_start(struct timers *timers, struct rent_error *err);

/* Returns when the last run of each has finished; they do not start again. */
void timers_stop(struct timers *timers);

void timers_free(struct timers *timers); /* stops; NULL is fine */

#endif
