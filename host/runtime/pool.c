/* SPDX-License-Identifier: MIT
 *
 * pool.c - see pool.h. A ring of queue_max jobs under one mutex: a hand-over costs about a
 * futex wake-up, which is small against what a worker then waits for.
 */
#include "runtime/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *arg);
	void *arg;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* work came, or the end */
	pthread_cond_t idle; /* nothing queued and nothing running */
	struct job *ring;
	size_t size, head, count;
	unsigned running;  /* jobs being done */
	unsigned sleeping; /* workers waiting in wake */
	bool draining, ending;
	unsigned started;
	pthread_t *threads;
};

static void *worker(void *arg)
{
	struct pool *pool = arg;

	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job job;

		while (pool->count == 0 && !pool->ending) {
			pool->sleeping++;
			(void)pthread_cond_wait(&pool->wake, &pool->lock);
			pool->sleeping--;
		}
		if (pool->count == 0)
			break;
		job = pool->ring[pool->head];
		pool->head = (pool->head + 1) % pool->size;
		pool->count--;
		pool->running++;
		(void)pthread_mutex_unlock(&pool->lock);
		job.fn(job.arg);
		(void)pthread_mutex_lock(&pool->lock);
		pool->running--;
		if (pool->running == 0 && pool->count == 0)
			(void)pthread_cond_broadcast(&pool->idle);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int start_workers(struct pool *pool, unsigned workers, struct rent_error *err)
{
	for (unsigned i = 0; i < workers; i++) {
		int r = pthread_create(&pool->threads[i], NULL, worker, pool);

		if (r != 0)
			return rent_fail(
				err, RENT_EFAIL,
				"runtime.workers: cannot start worker %u of %u: %s",
				i + 1, workers, strerror(r));
		(void)pthread_setname_np(pool->threads[i], "rentald-worker");
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
	(void)pthread_cond_init(&pool->wake, NULL);
	(void)pthread_cond_init(&pool->idle, NULL);
	pool->size = queue_max;
	pool->ring = calloc(queue_max, sizeof(*pool->ring));
	pool->threads = calloc(workers, sizeof(*pool->threads));
	if (pool->ring == NULL || pool->threads == NULL) {
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
	int r = 0;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->draining) {
		r = RENT_EUNAVAIL;
	} else if (pool->count == pool->size) {
		r = RENT_EFULL;
	} else {
		pool->ring[(pool->head + pool->count) % pool->size] =
			(struct job){ .fn = fn, .arg = arg };
		pool->count++;
		/* A busy worker looks at the queue by itself before it sleeps. */
		if (pool->sleeping > 0)
			(void)pthread_cond_signal(&pool->wake);
	}
	(void)pthread_mutex_unlock(&pool->lock);
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

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->started > 0)
		pool_drain(pool);
	(void)pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		(void)pthread_join(pool->threads[i], NULL);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_cond_destroy(&pool->idle);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool->ring);
	free(pool);
}
