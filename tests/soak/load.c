/* SPDX-License-Identifier: MIT
 *
 * load.c - arrivals and departures; see load.h.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define HERE_MAX   3000 /* threads; further customers are turned away, and counted */
#define STACK_SIZE ((size_t)256 * 1024)

static struct timespec at_us(int64_t us)
{
	return (struct timespec){ .tv_sec = us / 1000000,
		                  .tv_nsec = us % 1000000 * 1000 };
}

void load_nap(struct load *l, int64_t us, bool may_be_cut)
{
	struct timespec until = at_us(mono_us() + us);

	(void)pthread_mutex_lock(&l->lock);
	while (!(may_be_cut && atomic_load(&l->closing)) &&
	       pthread_cond_timedwait(&l->changed, &l->lock, &until) != ETIMEDOUT)
		;
	(void)pthread_mutex_unlock(&l->lock);
}

struct arrival {
	struct load *load;
	unsigned n;
	uint64_t seed;
};

static void *visit_main(void *arg)
{
	struct arrival a = *(struct arrival *)arg;

	free(arg);
	visit_run(a.load, a.n, a.seed);
	(void)pthread_mutex_lock(&a.load->lock);
	a.load->here--;
	(void)pthread_cond_signal(&a.load->left);
	(void)pthread_mutex_unlock(&a.load->lock);
	return NULL;
}

static void let_in(struct load *l, const pthread_attr_t *attr, uint64_t seed)
{
	struct arrival *a = malloc(sizeof(*a));
	bool full;
	pthread_t thread;

	if (a == NULL)
		abort();
	*a = (struct arrival){ l, atomic_fetch_add(&l->arrived, 1) + 1, seed };
	(void)pthread_mutex_lock(&l->lock);
	full = l->here >= HERE_MAX;
	l->turned_away += full;
	l->here += !full;
	if (l->here > l->most_here)
		l->most_here = l->here;
	(void)pthread_mutex_unlock(&l->lock);
	if (full) {
		free(a);
		return;
	}
	if (pthread_create(&thread, attr, visit_main, a) != 0)
		abort();
}

/* The schedule is made of the seed alone: the next one comes when it is his time. */
static void *arrivals(void *arg)
{
	struct load *l = arg;
	uint64_t random = l->seed | 1;
	int64_t next = mono_us(), late, mean = 60000000 / (int64_t)l->rate;
	pthread_attr_t attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while (!atomic_load(&l->closing)) {
		uint64_t seed = dice(&random) | 1;

		next += dice_between(&random, 0, 2 * mean);
		if (next > mono_us())
			load_nap(l, next - mono_us(), true);
		late = mono_us() - next;
		if (atomic_load(&l->closing))
			break;
		if (late > l->latest_us)
			l->latest_us = late;
		let_in(l, &attr, seed);
	}
	(void)pthread_attr_destroy(&attr);
	return NULL;
}

void load_start(struct load *l)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->changed, &attr);
	(void)pthread_cond_init(&l->left, &attr);
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_init(&l->lock, NULL);
	atomic_store(&l->give_up_us, INT64_MAX);
	if (pthread_create(&l->thread, NULL, arrivals, l) != 0)
		abort();
}

bool load_finish(struct load *l, int seconds)
{
	struct timespec until;

	atomic_store(&l->give_up_us, mono_us() + seconds * INT64_C(1000000));
	(void)pthread_mutex_lock(&l->lock);
	atomic_store(&l->closing, true);
	(void)pthread_cond_broadcast(&l->changed);
	(void)pthread_mutex_unlock(&l->lock);
	(void)pthread_join(l->thread, NULL);
	until = at_us(mono_us() + (seconds + 30) * INT64_C(1000000));
	(void)pthread_mutex_lock(&l->lock);
	while (l->here > 0 &&
	       pthread_cond_timedwait(&l->left, &l->lock, &until) != ETIMEDOUT)
		;
	if (l->here > 0)
		abort(); /* a thread that nobody may free the ground under */
	(void)pthread_mutex_unlock(&l->lock);
	return atomic_load(&l->unresolved) == 0;
}
