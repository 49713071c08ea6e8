/* SPDX-License-Identifier: MIT
 *
 * timer.c - see timer.h.
 */
#include "runtime/timer.h"

#include "base/clock.h"
#include "runtime/task.h"
#include "runtime/task_lock.h"

#include <pthread.h>
#include <stdlib.h>

struct timer {
	struct timer *next;
	struct timers *owner;
	struct timer_spec spec;
	char name[TASK_NAME_SIZE];
	/* Under the owner's lock. */
	struct rent_waiter *waiter; /* NULL: its task has not begun, or has ended */
	bool running;               /* it has a task */
};

struct timers {
	struct tasks *tasks;
	pthread_mutex_t lock; /* never held across a wait */
	struct timer *first;
	struct rent_waiter *stopper; /* waits for the last of them */
	bool started, ending;
};

int timers_new(struct tasks *tasks, struct timers **ret)
{
	struct timers *timers = calloc(1, sizeof(*timers));

	if (timers == NULL)
		return RENT_ENOMEM;
	timers->tasks = tasks;
	(void)pthread_mutex_init(&timers->lock, NULL);
	*ret = timers;
	return 0;
}

/* Returns false when the end has come. The lock is held, except while it waits. */
static bool wait_until(struct timers *timers, int64_t due_us)
{
	while (!timers->ending && clock_mono_us() < due_us) {
		(void)pthread_mutex_unlock(&timers->lock);
		(void)waiter_park(due_us);
		(void)pthread_mutex_lock(&timers->lock);
	}
	return !timers->ending;
}

static void timer_run(const struct timer *timer)
{
	struct task_lock *serial = timer->spec.serial;

	if (serial != NULL)
		task_lock_acquire(serial);
	timer->spec.fn(timer->spec.arg);
	if (serial != NULL)
		task_lock_release(serial);
}

static void timer_main(void *arg)
{
	struct timer *timer = arg;
	struct timers *timers = timer->owner;
	struct rent_waiter *stopper;
	int64_t due_us = clock_mono_us();

	(void)pthread_mutex_lock(&timers->lock);
	timer->waiter = waiter_self();
	while (wait_until(timers, due_us)) {
		(void)pthread_mutex_unlock(&timers->lock);
		due_us = clock_mono_us() + timer->spec.interval_us;
		task_busy(true);
		timer_run(timer);
		task_busy(false);
		(void)pthread_mutex_lock(&timers->lock);
	}
	timer->waiter = NULL;
	timer->running = false;
	stopper = timers->stopper;
	(void)pthread_mutex_unlock(&timers->lock);
	/* From here on the timers may be gone. */
	if (stopper != NULL)
		waiter_wake(stopper);
}

/* The lock is held. */
static int begin_timer(struct timer *timer, struct rent_error *err)
{
	tasks_reserve(timer->owner->tasks);
	timer->running = task_spawn(timer->owner->tasks, NULL, timer->name, timer_main,
	                            timer) == 0;
	return timer->running ? 0
	                      : rent_fail(err, RENT_ENOMEM, "timer '%s': out of memory",
	                                  timer->spec.name);
}

int timers_add(struct timers *timers, const struct timer_spec *spec,
               struct rent_error *err)
{
	struct timer *timer;
	int r = 0;

	if (spec->name == NULL || spec->fn == NULL || spec->interval_us < 1000)
		return rent_fail(err, RENT_EINVAL,
		                 "timer '%s': interval is %" PRId64
		                 " us; allowed: at least 1 ms",
		                 spec->name == NULL ? "" : spec->name, spec->interval_us);
	timer = calloc(1, sizeof(*timer));
	if (timer == NULL)
		return rent_fail(err, RENT_ENOMEM, "timer '%s': out of memory",
		                 spec->name);
	timer->spec = *spec;
	timer->owner = timers;
	(void)rent_copy(timer->name, sizeof(timer->name), spec->name);
	timer->spec.name = timer->name;
	(void)pthread_mutex_lock(&timers->lock);
	if (timers->ending)
		r = rent_fail(err, RENT_EUNAVAIL, "timer '%s': the host is draining",
		              spec->name);
	else if (timers->started)
		r = begin_timer(timer, err);
	if (r == 0) {
		timer->next = timers->first;
		timers->first = timer;
	}
	(void)pthread_mutex_unlock(&timers->lock);
	if (r != 0)
		free(timer);
	return r;
}

int timers_start(struct timers *timers, struct rent_error *err)
{
	int r = 0;

	(void)pthread_mutex_lock(&timers->lock);
	timers->started = true;
	for (struct timer *t = timers->first; t != NULL && r == 0; t = t->next)
		if (!t->running)
			r = begin_timer(t, err);
	(void)pthread_mutex_unlock(&timers->lock);
	return r;
}

/* The lock is held. */
static bool any_runs(const struct timers *timers)
{
	for (const struct timer *t = timers->first; t != NULL; t = t->next)
		if (t->running)
			return true;
	return false;
}

void timers_stop(struct timers *timers)
{
	(void)pthread_mutex_lock(&timers->lock);
	timers->ending = true;
	timers->stopper = waiter_self();
	for (const struct timer *t = timers->first; t != NULL; t = t->next)
		if (t->waiter != NULL)
			waiter_wake(t->waiter);
	while (any_runs(timers)) {
		(void)pthread_mutex_unlock(&timers->lock);
		(void)waiter_park(RENT_NO_DEADLINE);
		(void)pthread_mutex_lock(&timers->lock);
	}
	(void)pthread_mutex_unlock(&timers->lock);
}

void timers_free(struct timers *timers)
{
	if (timers == NULL)
		return;
	timers_stop(timers);
	while (timers->first != NULL) {
		struct timer *t = timers->first;

		timers->first = t->next;
		free(t);
	}
	(void)pthread_mutex_destroy(&timers->lock);
	free(timers);
}
