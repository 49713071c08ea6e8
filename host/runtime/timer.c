/* SPDX-License-Identifier: MIT
 *
 * timer.c - see timer.h.
 */
#include "runtime/timer.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define TIMER_NAME_SIZE 16 /* what Linux keeps of a thread's name */

struct timer {
	struct timer *next;
	struct timers *owner;
	struct timer_spec spec;
	char name[TIMER_NAME_SIZE];
	pthread_t thread;
	bool running;
};

struct timers {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* the end has come; monotonic clock */
	struct timer *first;
	bool started, ending;
};

int timers_new(struct timers **ret)
{
	struct timers *timers = calloc(1, sizeof(*timers));
	pthread_condattr_t attr;

	if (timers == NULL)
		return RENT_ENOMEM;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&timers->lock, NULL);
	(void)pthread_cond_init(&timers->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	*ret = timers;
	return 0;
}

/* Returns false when the end has come. The lock is held. */
static bool wait_until(struct timers *timers, int64_t due_us)
{
	struct timespec ts = { .tv_sec = due_us / RENT_SECOND,
		               .tv_nsec = due_us % RENT_SECOND * 1000 };

	while (!timers->ending && clock_mono_us() < due_us)
		(void)pthread_cond_timedwait(&timers->wake, &timers->lock, &ts);
	return !timers->ending;
}

static void *run(void *arg)
{
	struct timer *timer = arg;
	struct timers *timers = timer->owner;
	int64_t due_us = clock_mono_us();

	(void)pthread_mutex_lock(&timers->lock);
	while (wait_until(timers, due_us)) {
		(void)pthread_mutex_unlock(&timers->lock);
		due_us = clock_mono_us() + timer->spec.interval_us;
		if (timer->spec.serial != NULL)
			(void)pthread_mutex_lock(timer->spec.serial);
		timer->spec.fn(timer->spec.arg);
		if (timer->spec.serial != NULL)
			(void)pthread_mutex_unlock(timer->spec.serial);
		(void)pthread_mutex_lock(&timers->lock);
	}
	(void)pthread_mutex_unlock(&timers->lock);
	return NULL;
}

/* The lock is held. */
static int begin(struct timer *timer, struct rent_error *err)
{
	int r = pthread_create(&timer->thread, NULL, run, timer);

	if (r != 0)
		return rent_fail(err, RENT_EFAIL,
		                 "timer '%s': cannot start its thread: %s",
		                 timer->spec.name, strerror(r));
	(void)pthread_setname_np(timer->thread, timer->name);
	timer->running = true;
	return 0;
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
		r = begin(timer, err);
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
			r = begin(t, err);
	(void)pthread_mutex_unlock(&timers->lock);
	return r;
}

void timers_stop(struct timers *timers)
{
	(void)pthread_mutex_lock(&timers->lock);
	timers->ending = true;
	(void)pthread_cond_broadcast(&timers->wake);
	(void)pthread_mutex_unlock(&timers->lock);
	/* Nobody adds to the list any more. */
	for (struct timer *t = timers->first; t != NULL; t = t->next) {
		if (t->running)
			(void)pthread_join(t->thread, NULL);
		t->running = false;
	}
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
	(void)pthread_cond_destroy(&timers->wake);
	(void)pthread_mutex_destroy(&timers->lock);
	free(timers);
}
