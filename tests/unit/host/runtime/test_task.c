/* SPDX-License-Identifier: MIT
 *
 * test_task.c - tasks: they wait without a thread, wake-ups are never lost and may come late,
 * deadlines, the ceiling, what blocks, threads that wait the same way.
 */
#include "runtime/task.h"
#include "runtime/task_lock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * RENT_SECOND + ts.tv_nsec / 1000;
}

static const struct tasks_options usual = { .loops = 2,
	                                    .tasks_max = 20000,
	                                    .stack_size = (size_t)128 * 1024,
	                                    .blocking_threads = 4,
	                                    .blocking_queue = 1000 };

static struct tasks *begin(const struct tasks_options *options)
{
	struct rent_error err = { 0 };
	struct tasks *tasks = NULL;

	assert_int_equal(tasks_new(options, &tasks, &err), 0);
	assert_int_equal(tasks_start(tasks, &err), 0);
	return tasks;
}

/* TSan keeps so much of each stack that the kernel's limit of mappings is reached early. */
#ifdef __SANITIZE_THREAD__
#define CROWD 1000
#else
#define CROWD 10000
#endif

/* ---- many that wait ---------------------------------------------------------------------- */

struct crowd {
	_Atomic int inside, done;
	_Atomic bool open;
	struct rent_waiter *waiters[CROWD];
	_Atomic size_t count;
};

static void wait_at_gate(void *arg)
{
	struct crowd *crowd = arg;

	crowd->waiters[atomic_fetch_add(&crowd->count, 1)] = waiter_self();
	(void)atomic_fetch_add(&crowd->inside, 1);
	while (!atomic_load(&crowd->open))
		assert_true(waiter_park(INT64_MAX));
	(void)atomic_fetch_add(&crowd->done, 1);
}

static void wait_for(_Atomic int *value, int wanted)
{
	int64_t deadline = now_us() + 30 * RENT_SECOND;

	while (atomic_load(value) != wanted) {
		assert_true(now_us() < deadline);
		(void)sched_yield();
	}
}

/* The ceiling is named, counted and gives room again; waiting takes no thread. */
static void thousands_wait_and_go_on_together(void **state)
{
	struct tasks_options options = usual;
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct tasks *tasks;

	(void)state;
	options.tasks_max = CROWD;
	tasks = begin(&options);
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(task_spawn(tasks, NULL, "gate", wait_at_gate, crowd), 0);
	wait_for(&crowd->inside, CROWD);
	assert_int_equal(tasks_alive(tasks), CROWD);
	assert_int_equal(task_spawn(tasks, NULL, "late", wait_at_gate, crowd),
	                 RENT_EFULL);
	assert_int_equal(tasks_alive(tasks), CROWD);
	atomic_store(&crowd->open, true);
	waiter_wake_all(crowd->waiters, CROWD);
	wait_for(&crowd->done, CROWD);
	tasks_stop(tasks);
	assert_int_equal(tasks_alive(tasks), 0);
	tasks_free(tasks);
	free(crowd);
}

/* ---- wake-ups ----------------------------------------------------------------------------- */

struct pair {
	struct rent_waiter *_Atomic ping, *_Atomic pong;
	_Atomic int ball; /* whose turn: even ping's, odd pong's */
	_Atomic int done;
	int rounds;
};

static void play(struct pair *pair, int parity, struct rent_waiter *_Atomic *mine,
                 struct rent_waiter *_Atomic *other)
{
	atomic_store(mine, waiter_self());
	while (atomic_load(other) == NULL)
		task_sleep_until(now_us() + 1000);
	for (int i = 0; i < pair->rounds; i++) {
		while (atomic_load(&pair->ball) % 2 != parity)
			assert_true(waiter_park(INT64_MAX));
		(void)atomic_fetch_add(&pair->ball, 1);
		waiter_wake(atomic_load(other));
	}
	(void)atomic_fetch_add(&pair->done, 1);
}

static void play_ping(void *arg)
{
	struct pair *pair = arg;

	play(pair, 0, &pair->ping, &pair->pong);
}

static void play_pong(void *arg)
{
	struct pair *pair = arg;

	play(pair, 1, &pair->pong, &pair->ping);
}

/* A lost wake-up would hang here: on one loop, across loops, and with a thread. */
static void no_wake_up_is_lost(void **state)
{
	struct tasks *tasks = begin(&usual);

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct pair pair = { .rounds = 20000 };

		assert_int_equal(
			task_spawn(tasks, tasks_loop(tasks, 0), "ping", play_ping, &pair),
			0);
		if (kind < 2)
			assert_int_equal(task_spawn(tasks,
			                            tasks_loop(tasks, (unsigned)kind),
			                            "pong", play_pong, &pair),
			                 0);
		else
			play_pong(&pair);
		wait_for(&pair.done, 2);
		assert_int_equal(pair.ball, 40000);
	}
	tasks_free(tasks);
}

static void wake_before_park(void *arg)
{
	_Atomic int *result = arg;
	int64_t before = now_us();

	waiter_wake(waiter_self());
	(void)waiter_park(before + 10 * RENT_SECOND);
	atomic_store(result, now_us() - before < 10 * RENT_SECOND ? 1 : 2);
}

static void a_wake_up_before_the_wait_counts(void **state)
{
	struct tasks *tasks = begin(&usual);
	_Atomic int result = 0;

	(void)state;
	assert_int_equal(task_spawn(tasks, NULL, "early", wake_before_park, &result), 0);
	while (atomic_load(&result) == 0)
		(void)sched_yield();
	assert_int_equal(result, 1);
	atomic_store(&result, 0);
	wake_before_park(&result);
	assert_int_equal(result, 1);
	tasks_free(tasks);
}

static void remember_me(void *arg)
{
	*(struct rent_waiter * _Atomic *)arg = waiter_self();
}

static void sleep_a_while(void *arg)
{
	_Atomic int *result = arg;
	int64_t until = now_us() + 200000;

	task_sleep_until(until);
	atomic_store(result, now_us() >= until ? 1 : 2);
}

/* The memory of an ended task goes to the next: a wake-up that is late disturbs nobody. */
static void a_late_wake_up_is_harmless(void **state)
{
	struct tasks_options options = usual;
	struct rent_waiter *_Atomic waiter = NULL;
	_Atomic int result = 0;
	struct tasks *tasks;

	(void)state;
	options.loops = 1;
	tasks = begin(&options);
	assert_int_equal(task_spawn(tasks, NULL, "first", remember_me, &waiter), 0);
	while (atomic_load(&waiter) == NULL || tasks_alive(tasks) > 0)
		(void)sched_yield();
	waiter_wake(waiter);
	assert_int_equal(task_spawn(tasks, NULL, "second", sleep_a_while, &result), 0);
	while (atomic_load(&result) == 0)
		waiter_wake(waiter);
	assert_int_equal(result, 1);
	tasks_free(tasks);
}

/* ---- deadlines ---------------------------------------------------------------------------- */

struct alarm {
	int64_t deadline;
	_Atomic int *done, *wrong;
};

static void wait_until_deadline(void *arg)
{
	struct alarm *alarm = arg;

	while (waiter_park(alarm->deadline))
		(void)atomic_fetch_add(alarm->wrong, 1);
	if (now_us() < alarm->deadline)
		(void)atomic_fetch_add(alarm->wrong, 1);
	(void)atomic_fetch_add(alarm->done, 1);
}

static void deadlines_are_kept(void **state)
{
	enum {
		N = 1000
	};
	struct tasks *tasks = begin(&usual);
	struct alarm *alarms = calloc(N, sizeof(*alarms));
	_Atomic int done = 0, wrong = 0;
	int64_t began = now_us();

	(void)state;
	for (int i = 0; i < N; i++) {
		alarms[i] = (struct alarm){ began + 1000 + (int64_t)(i % 100) * 1000,
			                    &done, &wrong };
		assert_int_equal(
			task_spawn(tasks, NULL, "alarm", wait_until_deadline, &alarms[i]),
			0);
	}
	wait_for(&done, N);
	assert_int_equal(wrong, 0);
	assert_true(now_us() - began < 30 * RENT_SECOND);
	assert_false(waiter_park(now_us() + 2000)); /* a thread's */
	tasks_free(tasks);
	free(alarms);
}

/* ---- descriptors --------------------------------------------------------------------------- */

struct pipe_end {
	int fd;
	_Atomic int bytes, time_outs;
};

static void read_pipe(void *arg)
{
	struct pipe_end *end = arg;
	char c;

	if (!task_park_fd(end->fd, false, now_us() + 20000))
		(void)atomic_fetch_add(&end->time_outs, 1);
	while (task_park_fd(end->fd, false, RENT_NO_DEADLINE) &&
	       read(end->fd, &c, 1) == 1)
		(void)atomic_fetch_add(&end->bytes, 1);
}

/* The number of a closed descriptor that is given out again is waited for like a new one. */
static void descriptors_are_waited_for(void **state)
{
	struct tasks *tasks = begin(&usual);

	(void)state;
	for (int round = 0; round < 3; round++) {
		struct pipe_end end = { 0 };
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		end.fd = fds[0];
		assert_int_equal(
			task_spawn(tasks, tasks_loop(tasks, 0), "pipe", read_pipe, &end),
			0);
		wait_for(&end.time_outs, 1);
		for (int i = 1; i <= 100; i++) {
			assert_int_equal(write(fds[1], "x", 1), 1);
			wait_for(&end.bytes, i);
		}
		assert_false(
			task_park_fd(fds[0], false, now_us() + 1000)); /* a thread's */
		(void)close(fds[1]); /* the end of the stream counts as readable */
		while (tasks_alive(tasks) > 0)
			(void)sched_yield();
		(void)close(fds[0]);
	}
	tasks_free(tasks);
}

/* ---- locks --------------------------------------------------------------------------------- */

struct guarded {
	struct task_lock lock;
	int inside; /* under the lock */
	_Atomic int done, wrong;
};

static void work_guarded(void *arg)
{
	struct guarded *g = arg;

	for (int i = 0; i < 20; i++) {
		task_lock_acquire(&g->lock);
		if (++g->inside != 1)
			(void)atomic_fetch_add(&g->wrong, 1);
		task_sleep_until(now_us() + 100);
		g->inside--;
		task_lock_release(&g->lock);
	}
	(void)atomic_fetch_add(&g->done, 1);
}

static void a_lock_is_held_across_waits(void **state)
{
	struct tasks *tasks = begin(&usual);
	struct guarded g = { 0 };

	(void)state;
	task_lock_init(&g.lock);
	for (int i = 0; i < 10; i++)
		assert_int_equal(task_spawn(tasks, tasks_loop(tasks, (unsigned)i % 2),
		                            "lock", work_guarded, &g),
		                 0);
	work_guarded(&g);
	wait_for(&g.done, 11);
	assert_int_equal(g.wrong, 0);
	task_lock_done(&g.lock);
	tasks_free(tasks);
}

/* ---- at once, what blocks, reports --------------------------------------------------------- */

struct at_once {
	struct loop_call call; /* first */
	struct tasks *tasks;
	_Atomic int stage;
	int first, second;
	struct rent_waiter *waiter;
};

static void ends_at_once(void *arg)
{
	((struct at_once *)arg)->first = 10;
}

static void parks_first(void *arg)
{
	struct at_once *a = arg;

	a->waiter = waiter_self();
	while (a->second == 0)
		(void)waiter_park(INT64_MAX);
	atomic_store(&a->stage, 2);
}

static void run_both(struct loop_call *call)
{
	struct at_once *a = (struct at_once *)call;
	struct tasks *tasks = a->tasks;

	if (task_run(tasks, "ends", ends_at_once, a) != 0 || a->first != 10 ||
	    task_run(tasks, "parks", parks_first, a) != 1)
		abort();
	a->second = 1;
	waiter_wake(a->waiter);
	atomic_store(&a->stage, 1);
}

static void a_task_begins_at_once(void **state)
{
	struct tasks *tasks = begin(&usual);
	struct at_once a = { .call.fn = run_both, .tasks = tasks };

	(void)state;
	loop_post(tasks_loop(tasks, 1), &a.call);
	wait_for(&a.stage, 2);
	tasks_free(tasks);
}

#define BLOCKING_THREADS 4

struct blocked {
	struct tasks *tasks;
	_Atomic int done, inside, threads_used;
	_Atomic bool loop_ran;
};

/* Goes on when as many block at once as there are threads, and a task ran meanwhile. */
static void block_a_thread(void *arg)
{
	struct blocked *b = arg;
	int64_t deadline = now_us() + 30 * RENT_SECOND;

	if (loop_current() == NULL)
		(void)atomic_fetch_add(&b->threads_used, 1);
	(void)atomic_fetch_add(&b->inside, 1);
	while (atomic_load(&b->inside) < BLOCKING_THREADS || !atomic_load(&b->loop_ran)) {
		assert_true(now_us() < deadline);
		(void)sched_yield();
	}
}

static void block_from_task(void *arg)
{
	struct blocked *b = arg;

	if (task_block(b->tasks, block_a_thread, b) == 0)
		(void)atomic_fetch_add(&b->done, 1);
}

static void run_meanwhile(void *arg)
{
	atomic_store(&((struct blocked *)arg)->loop_ran, true);
}

static void what_blocks_holds_no_loop(void **state)
{
	struct tasks_options options = usual;
	struct blocked b = { 0 };

	(void)state;
	options.loops = 1;
	options.blocking_threads = BLOCKING_THREADS;
	b.tasks = begin(&options);
	for (int i = 0; i < 8; i++)
		assert_int_equal(task_spawn(b.tasks, NULL, "block", block_from_task, &b),
		                 0);
	wait_for(&b.inside, BLOCKING_THREADS);
	assert_int_equal(task_spawn(b.tasks, NULL, "meanwhile", run_meanwhile, &b), 0);
	wait_for(&b.done, 8);
	assert_int_equal(b.threads_used, 8);
	tasks_free(b.tasks);
}

static void count_gate(void *arg, const struct task_report *t)
{
	if (strcmp(t->name, "gate") == 0 && t->parked_us >= t->began_us &&
	    t->began_us > 0)
		++*(int *)arg;
}

static void tasks_are_shown(void **state)
{
	struct tasks *tasks = begin(&usual);
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	int64_t deadline = now_us() + 10 * RENT_SECOND;
	int shown = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(task_spawn(tasks, NULL, "gate", wait_at_gate, crowd), 0);
	wait_for(&crowd->inside, 10);
	while (shown != 10) {
		assert_true(now_us() < deadline);
		shown = 0;
		tasks_each(tasks, count_gate, &shown);
	}
	atomic_store(&crowd->open, true);
	waiter_wake_all(crowd->waiters, 10);
	tasks_free(tasks);
	free(crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_wait_and_go_on_together),
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(a_wake_up_before_the_wait_counts),
		cmocka_unit_test(a_late_wake_up_is_harmless),
		cmocka_unit_test(deadlines_are_kept),
		cmocka_unit_test(descriptors_are_waited_for),
		cmocka_unit_test(a_lock_is_held_across_waits),
		cmocka_unit_test(a_task_begins_at_once),
		cmocka_unit_test(what_blocks_holds_no_loop),
		cmocka_unit_test(tasks_are_shown),
	};

	return cmocka_run_group_tests_name("host.runtime.task", tests, NULL, NULL);
}
