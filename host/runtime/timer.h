/* SPDX-License-Identifier: MIT
 *
 * runtime/timer.h - the timers of rent/host.h. Each is a task; its function never runs
 * twice at once, and the next run is due one interval after the last one began. Nothing
 * runs before timers_start(); then the first run follows immediately.
 */
#ifndef HOST_RUNTIME_TIMER_H
#define HOST_RUNTIME_TIMER_H

#include <rent/base.h>

struct task_lock;
struct tasks;
struct timers; /* a set of timers that begin and end together */

struct timer_spec {
	const char *name; /* copied, cut; names the task */
	int64_t interval_us;
	void (*fn)(void *arg);
	void *arg;
	struct task_lock *serial; /* held while fn runs; NULL: none */
};

/* They are tasks of the set. */
int timers_new(struct tasks *tasks, struct timers **ret);

/* After timers_start() the timer begins at once. RENT_EINVAL: interval < 1 ms or no name;
 * RENT_ENOMEM. */
int timers_add(struct timers *timers, const struct timer_spec *spec,
               struct rent_error *err);

int timers_start(struct timers *timers, struct rent_error *err);

/* Returns when the last run of each has finished; they do not start again. In no task. */
void timers_stop(struct timers *timers);

void timers_free(struct timers *timers); /* stops; NULL is fine */

#endif
