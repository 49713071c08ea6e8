/* SPDX-License-Identifier: MIT
 *
 * runners.c - see runners.h. The threads live as long as the set, so that a cycle of a few
 * milliseconds does not pay for their start.
 */
#include "runners.h"

#include <pthread.h>
#include <stdlib.h>

struct runners {
	pthread_mutex_t lock;
	pthread_cond_t wake, done;
	void (*fn)(void *arg);
	void *arg;
	uint64_t round; /* grows with every runners_do() */
	unsigned busy;  /* threads that have not returned from this round */
	bool quit;
	unsigned count;
	pthread_t threads[];
};

static void *runner_main(void *arg)
{
	struct runners *r = arg;
	uint64_t seen = 0;

	(void)pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->round == seen && !r->quit)
			(void)pthread_cond_wait(&r->wake, &r->lock);
		if (r->quit)
			break;
		seen = r->round;
		(void)pthread_mutex_unlock(&r->lock);
		r->fn(r->arg);
		(void)pthread_mutex_lock(&r->lock);
		if (--r->busy == 0)
			(void)pthread_cond_signal(&r->done);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

int runners_new(unsigned count, struct runners **ret, struct rent_error *err)
{
	struct runners *r = calloc(1, sizeof(*r) + count * sizeof(r->threads[0]));

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for %u runners", count);
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->wake, NULL);
	(void)pthread_cond_init(&r->done, NULL);
	for (; r->count + 1 < count; r->count++) {
		int e = pthread_create(&r->threads[r->count], NULL, runner_main, r);

		if (e != 0) {
			runners_free(r);
			return rent_fail(err, RENT_EFAIL, "cannot start a thread: %s",
			                 strerror(e));
		}
	}
	*ret = r;
	return 0;
}

void runners_free(struct runners *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->quit = true;
	(void)pthread_cond_broadcast(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
	for (unsigned i = 0; i < r->count; i++)
		(void)pthread_join(r->threads[i], NULL);
	(void)pthread_cond_destroy(&r->done);
	(void)pthread_cond_destroy(&r->wake);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

void runners_do(struct runners *r, void (*fn)(void *arg), void *arg)
{
	(void)pthread_mutex_lock(&r->lock);
	r->fn = fn;
	r->arg = arg;
	r->busy = r->count;
	r->round++;
	(void)pthread_cond_broadcast(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
	fn(arg);
	(void)pthread_mutex_lock(&r->lock);
	while (r->busy > 0)
		(void)pthread_cond_wait(&r->done, &r->lock);
	(void)pthread_mutex_unlock(&r->lock);
}
