/* SPDX-License-Identifier: MIT
 *
 * pool.c - see pool.h. A job is handed to a sleeping worker, which then needs no lock to
 * find it; only if no worker sleeps does it go into a ring of queue_max jobs. The worker
 * that fell asleep last is woken first: its stack and caches are warm, and the memory of
 * the others stays untouched.
 */
#include "runtime/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *arg);
	void *arg;
};

struct worker {
	struct pool *pool;
	struct worker *next; /* sleeps as well, for longer */
	struct job job;      /* when woken; fn NULL: the end */
	sem_t wake;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* nothing queued and nothing running */
	struct job *ring;
	size_t size, head, count;
	struct worker *sleeping;
	unsigned running; /* jobs being done */
	bool draining, ending;
	unsigned started;
	struct worker *workers;
};

/* Under the lock. */
static struct job pop(struct pool *pool)
{
	struct job job = pool->ring[pool->head];

	pool->head = (pool->head + 1) % pool->size;
	pool->count--;
	pool->running++;
	return job;
}

/* Under the lock, which is given up: sleeps until there is a job, or the end. */
static struct job wait_job(struct pool *pool, struct worker *w)
{
	w->next = pool->sleeping;
	pool->sleeping = w;
	(void)pthread_mutex_unlock(&pool->lock);
	while (sem_wait(&w->wake) != 0)
		; /* a signal */
	return w->job;
}

/* Under the lock. */
static void finish_job(struct pool *pool)
{
	pool->running--;
	if (pool->running == 0 && pool->count == 0)
		(void)pthread_cond_broadcast(&pool->idle);
}

static struct job next_job(struct pool *pool, struct worker *w, bool after_one)
{
	struct job job = { NULL, NULL };

	(void)pthread_mutex_lock(&pool->lock);
	if (after_one)
		finish_job(pool);
	if (pool->count == 0 && !pool->ending)
		return wait_job(pool, w);
	if (pool->count > 0)
		job = pop(pool);
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct job job = next_job(w->pool, w, false);

	while (job.fn != NULL) {
		job.fn(job.arg);
		job = next_job(w->pool, w, true);
	}
	return NULL;
}

static int start_workers(struct pool *pool, unsigned workers, struct rent_error *err)
{
	for (unsigned i = 0; i < workers; i++) {
		struct worker *w = &pool->workers[i];
		int r;

		w->pool = pool;
		(void)sem_init(&w->wake, 0, 0);
		r = pthread_create(&w->thread, NULL, worker_main, w);
		if (r != 0)
			return rent_fail(
				err, RENT_EFAIL,
				"runtime.workers: cannot start worker %u of %u: %s",
				i + 1, workers, strerror(r));
		(void)pthread_setname_np(w->thread, "rentald-worker");
		pool->started++;
	}
	return 0;
}

int pool_new(unsigned workers, size_t queue_max, struct pool **ret,
             struct rent_error *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (pool == NULL)
		return rent_fail(err, RENT_ENOMEM, "worker pool: out of memory");
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->idle, NULL);
	pool->size = queue_max;
	pool->ring = calloc(queue_max, sizeof(*pool->ring));
	pool->workers = calloc(workers, sizeof(*pool->workers));
	if (pool->ring == NULL || pool->workers == NULL) {
		pool_free(pool);
		return rent_fail(err, RENT_ENOMEM, "worker pool: out of memory");
	}
	r = start_workers(pool, workers, err);
	if (r != 0) {
		pool_free(pool);
		return r;
	}
	*ret = pool;
	return 0;
}

int pool_submit(struct pool *pool, void (*fn)(void *arg), void *arg)
{
	struct job job = { .fn = fn, .arg = arg };
	struct worker *w = NULL;
	int r = 0;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->draining) {
		r = RENT_EUNAVAIL;
	} else if (pool->sleeping != NULL) {
		w = pool->sleeping;
		pool->sleeping = w->next;
		pool->running++;
	} else if (pool->count == pool->size) {
		r = RENT_EFULL;
	} else {
		pool->ring[(pool->head + pool->count) % pool->size] = job;
		pool->count++;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	if (w != NULL) {
		w->job = job;
		(void)sem_post(&w->wake);
	}
	return r;
}

void pool_drain(struct pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->draining = true;
	while (pool->count > 0 || pool->running > 0)
		(void)pthread_cond_wait(&pool->idle, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
}

void pool_settle(struct pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	while (pool->count > 0 || pool->running > 0)
		(void)pthread_cond_wait(&pool->idle, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->started > 0)
		pool_drain(pool);
	(void)pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	for (struct worker *w = pool->sleeping; w != NULL; w = w->next) {
		w->job.fn = NULL;
		(void)sem_post(&w->wake);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++) {
		(void)pthread_join(pool->workers[i].thread, NULL);
		(void)sem_destroy(&pool->workers[i].wake);
	}
	(void)pthread_cond_destroy(&pool->idle);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool->ring);
	free(pool);
}
