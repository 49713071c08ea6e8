/* SPDX-License-Identifier: MIT
 *
 * crowd.c - see crowd.h.
 */
#include "crowd.h"

#include <pthread.h>
#include <stdlib.h>

struct member {
	pthread_t thread;
	struct crowd *crowd;
	void *item;
};

struct crowd {
	pthread_barrier_t gate;
	void (*fn)(void *item);
	unsigned n;
	struct member members[];
};

static void *run(void *arg)
{
	struct member *m = arg;

	(void)pthread_barrier_wait(&m->crowd->gate);
	m->crowd->fn(m->item);
	return NULL;
}

struct crowd *crowd_start(unsigned n, void (*fn)(void *item), void *items,
                          size_t item_size)
{
	struct crowd *c = calloc(1, sizeof(*c) + n * sizeof(c->members[0]));

	if (c == NULL || pthread_barrier_init(&c->gate, NULL, n) != 0)
		abort();
	c->fn = fn;
	c->n = n;
	for (unsigned i = 0; i < n; i++) {
		c->members[i].crowd = c;
		c->members[i].item = (char *)items + i * item_size;
		if (pthread_create(&c->members[i].thread, NULL, run, &c->members[i]) != 0)
			abort();
	}
	return c;
}

void crowd_join(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->n; i++)
		(void)pthread_join(crowd->members[i].thread, NULL);
	(void)pthread_barrier_destroy(&crowd->gate);
	free(crowd);
}

void crowd_run(unsigned n, void (*fn)(void *item), void *items, size_t item_size)
{
	crowd_join(crowd_start(n, fn, items, item_size));
}
