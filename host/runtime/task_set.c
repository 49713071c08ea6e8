/* SPDX-License-Identifier: MIT
 *
 * task_set.c - the set of tasks: its loops, the threads for what blocks, its reports. See task.h.
 */
#include "runtime/task_set.h"

#include "runtime/pool.h"

#include <assert.h>
#include <stdlib.h>

/* For gdb_tasks.py. */
static pthread_mutex_t tasks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tasks *tasks_newest __attribute__((used));

void tasks_count_down(struct tasks *tasks)
{
	size_t left = atomic_fetch_sub(&tasks->alive, 1) - 1;

	if (left > 0 || !atomic_load(&tasks->waited_for))
		return;
	(void)pthread_mutex_lock(&tasks->lock);
	(void)pthread_cond_broadcast(&tasks->ended);
	(void)pthread_mutex_unlock(&tasks->lock);
}

/* ---- what blocks ------------------------------------------------------------------------ */

struct blocking_call {
	void (*fn)(void *arg);
	void *arg;
	struct rent_waiter *waiter;
	_Atomic bool done;
};

static void blocking_main(void *arg)
{
	struct blocking_call *call = arg;
	struct rent_waiter *waiter = call->waiter;

	call->fn(call->arg);
	/* From here on the call may be gone. */
	atomic_store(&call->done, true);
	waiter_wake(waiter);
}

int task_block(struct tasks *tasks, void (*fn)(void *arg), void *arg)
{
	struct blocking_call call = { .fn = fn, .arg = arg };
	int r;

	if (loop_current() == NULL) {
		fn(arg);
		return 0;
	}
	call.waiter = waiter_self();
	r = pool_submit(tasks->blocking, blocking_main, &call);
	while (r == 0 && !atomic_load(&call.done))
		(void)waiter_park(RENT_NO_DEADLINE);
	return r;
}

/* ---- the set ---------------------------------------------------------------------------- */

static void on_descriptor(void *waiting)
{
	waiter_wake(waiting);
}

static void on_first_turn(struct loop_call *call)
{
	struct home *home = home_current();

	assert(home != NULL);
	fiber_init_thread(&home->fiber);
	free(call);
}

/* The thread's own stack becomes known as a fiber before the first task runs. */
static int home_init(struct home *home, struct tasks *tasks, unsigned index,
                     struct rent_error *err)
{
	struct loop_call *call = calloc(1, sizeof(*call));
	int r;

	home->tasks = tasks;
	(void)pthread_mutex_init(&home->idle_lock, NULL);
	if (call == NULL)
		return rent_fail(err, RENT_ENOMEM, "tasks: out of memory");
	r = loop_init(&home->loop, index, home_turn, err);
	if (r != 0) {
		free(call);
		return r;
	}
	call->fn = on_first_turn;
	loop_post(&home->loop, call);
	r = descriptors_init(&home->descriptors, &home->loop.uv, on_descriptor);
	if (r != 0)
		return rent_fail(err, RENT_EFAIL, "event loop %u: %s", index,
		                 uv_strerror(r));
	return 0;
}

static void home_done(struct home *home)
{
	struct task *next;

	if (home->tasks == NULL)
		return;
	loop_done(&home->loop);
	descriptors_done(&home->descriptors);
	for (struct task *t = home->all; t != NULL; t = next) {
		next = t->all_next;
		fiber_done(&t->fiber);
		free(t);
	}
	(void)pthread_mutex_destroy(&home->idle_lock);
}

int tasks_new(const struct tasks_options *options, struct tasks **ret,
              struct rent_error *err)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));
	int r = 0;

	assert(options->loops >= 1 && options->loops <= TASKS_LOOPS_MAX);
	if (tasks == NULL)
		return rent_fail(err, RENT_ENOMEM, "tasks: out of memory");
	tasks->options = *options;
	atomic_store(&tasks->ceiling, options->tasks_max);
	(void)pthread_mutex_init(&tasks->lock, NULL);
	(void)pthread_cond_init(&tasks->ended, NULL);
	tasks->homes = calloc(options->loops, sizeof(*tasks->homes));
	if (tasks->homes == NULL) {
		tasks_free(tasks);
		return rent_fail(err, RENT_ENOMEM, "tasks: out of memory");
	}
	for (unsigned i = 0; r == 0 && i < options->loops; i++)
		r = home_init(&tasks->homes[i], tasks, i, err);
	if (r == 0)
		r = pool_new(options->blocking_threads, options->blocking_queue,
		             &tasks->blocking, err);
	if (r != 0) {
		tasks_free(tasks);
		return r;
	}
	(void)pthread_mutex_lock(&tasks_lock);
	tasks->older = tasks_newest;
	tasks_newest = tasks;
	(void)pthread_mutex_unlock(&tasks_lock);
	*ret = tasks;
	return 0;
}

int tasks_start(struct tasks *tasks, struct rent_error *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < tasks->options.loops; i++)
		r = loop_start(&tasks->homes[i].loop, err);
	tasks->started = r == 0;
	return r;
}

void tasks_stop(struct tasks *tasks)
{
	(void)pthread_mutex_lock(&tasks->lock);
	atomic_store(&tasks->waited_for, true);
	while (tasks->started && atomic_load(&tasks->alive) > 0)
		(void)pthread_cond_wait(&tasks->ended, &tasks->lock);
	(void)pthread_mutex_unlock(&tasks->lock);
	tasks->started = false;
	for (unsigned i = 0; i < tasks->options.loops; i++)
		loop_stop(&tasks->homes[i].loop);
}

static void tasks_forget(struct tasks *tasks)
{
	struct tasks **at = &tasks_newest;

	(void)pthread_mutex_lock(&tasks_lock);
	while (*at != NULL && *at != tasks)
		at = &(*at)->older;
	if (*at != NULL)
		*at = tasks->older;
	(void)pthread_mutex_unlock(&tasks_lock);
}

void tasks_free(struct tasks *tasks)
{
	if (tasks == NULL)
		return;
	tasks_forget(tasks);
	if (tasks->homes != NULL) {
		tasks_stop(tasks);
		for (unsigned i = 0; i < tasks->options.loops; i++)
			home_done(&tasks->homes[i]);
	}
	pool_free(tasks->blocking);
	(void)pthread_cond_destroy(&tasks->ended);
	(void)pthread_mutex_destroy(&tasks->lock);
	free(tasks->homes);
	free(tasks);
}

unsigned tasks_loop_count(const struct tasks *tasks)
{
	return tasks->options.loops;
}

struct loop *tasks_loop(struct tasks *tasks, unsigned i)
{
	return &tasks->homes[i].loop;
}

void tasks_reserve(struct tasks *tasks)
{
	(void)atomic_fetch_add(&tasks->ceiling, 1);
}

struct pool *tasks_workers(const struct tasks *tasks)
{
	return tasks->blocking;
}

size_t tasks_alive(const struct tasks *tasks)
{
	return atomic_load(&tasks->alive);
}

static void task_get_name(struct task *task, char ret[TASK_NAME_SIZE])
{
	for (size_t i = 0; i < TASK_NAME_SIZE / sizeof(uint64_t); i++) {
		uint64_t word =
			atomic_load_explicit(&task->name[i], memory_order_relaxed);

		memcpy(ret + i * sizeof(word), &word, sizeof(word));
	}
}

void tasks_each(struct tasks *tasks, void (*fn)(void *arg, const struct task_report *t),
                void *arg)
{
	for (unsigned i = 0; i < tasks->options.loops; i++) {
		for (struct task *t = atomic_load(&tasks->homes[i].all); t != NULL;
		     t = t->all_next) {
			struct task_report report = { .loop = i };

			if (!atomic_load(&t->alive))
				continue;
			task_get_name(t, report.name);
			report.began_us = atomic_load(&t->began_us);
			report.parked_us = atomic_load(&t->parked_us);
			report.busy_us = atomic_load(&t->busy_us);
			fn(arg, &report);
		}
	}
}
