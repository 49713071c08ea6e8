/* SPDX-License-Identifier: MIT
 *
 * test_queue.c - for whom a batch waits (core/queue.h). The calling threads are the test's, which is the
 * writer. Times are either far longer than a test may take, or short and may pass.
 */
#include "core/queue.h"

/* What cmocka.h wants to find included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "fake_internal.h"

#define LONG_US (120 * RENT_SECOND)
#define CALLERS 3

struct caller {
	pthread_t thread;
	struct queue *queue;
	int calls;
};

static void *call(void *arg)
{
	const struct caller *c = arg;

	for (int i = 0; i < c->calls; i++) {
		struct queue_job job = { .weight = 1 };
		struct rent_error err;

		assert_int_equal(queue_do(c->queue, &job, &err), 0);
	}
	return NULL;
}

static struct queue *new_queue(int64_t gather_us)
{
	const struct queue_options options = { .queue_max = 10,
		                               .batch_max = 10,
		                               .patience_us = LONG_US,
		                               .gather_us = gather_us };
	struct queue *queue;
	struct rent_error err;

	assert_int_equal(queue_new(&options, &fake_task, &queue, &err), 0);
	return queue;
}

static void begin(struct caller *callers, int n, struct queue *queue)
{
	for (int i = 0; i < n; i++) {
		callers[i].queue = queue;
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
	}
	while (queue_length(queue) < n)
		(void)sched_yield();
}

static void end(struct caller *callers, int n, struct queue *queue)
{
	for (int i = 0; i < n; i++)
		(void)pthread_join(callers[i].thread, NULL);
	queue_free(queue);
}

static enum queue_verdict judge(void *writer, struct queue_job *job, bool first)
{
	(void)writer;
	(void)job;
	(void)first;
	return QUEUE_JOINS;
}

/* Gathers a batch and ends it: how many there were. */
static int batch_of(struct queue *queue)
{
	struct list batch;
	bool stop;
	int n = 0;

	list_init(&batch);
	assert_true(queue_gather(queue, -1, judge, NULL, &batch, &stop));
	LIST_EACH(struct queue_job, job, &batch, link)
	n += job->code == 0;
	queue_finish(queue, &batch, false);
	return n;
}

static void those_just_answered_share_the_next_batch(void **state)
{
	struct caller callers[CALLERS] = { { .calls = 3 },
		                           { .calls = 3 },
		                           { .calls = 3 } };
	struct queue *queue = new_queue(LONG_US);

	(void)state;
	begin(callers, CALLERS, queue);
	for (int i = 0; i < 3; i++)
		assert_int_equal(batch_of(queue), CALLERS);
	end(callers, CALLERS, queue);
}

static void who_does_not_come_is_not_waited_for(void **state)
{
	struct caller callers[CALLERS] = { { .calls = 1 },
		                           { .calls = 1 },
		                           { .calls = 3 } };
	struct queue *queue = new_queue(RENT_SECOND / 10);

	(void)state;
	begin(callers, CALLERS, queue);
	assert_int_equal(batch_of(queue), CALLERS);
	assert_int_equal(batch_of(queue), 1);
	assert_int_equal(batch_of(queue), 1);
	end(callers, CALLERS, queue);
}

static void a_lone_call_waits_for_nobody(void **state)
{
	struct caller caller = { .calls = 3 };
	struct queue *queue = new_queue(LONG_US);

	(void)state;
	begin(&caller, 1, queue);
	for (int i = 0; i < 3; i++)
		assert_int_equal(batch_of(queue), 1);
	end(&caller, 1, queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_just_answered_share_the_next_batch),
		cmocka_unit_test(who_does_not_come_is_not_waited_for),
		cmocka_unit_test(a_lone_call_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
