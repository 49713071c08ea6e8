/* SPDX-License-Identifier: MIT
 *
 * task.c - see task.h. The memory of a task is used again and never freed while its set lives,
 * so that a wake-up which comes late finds a task, though perhaps another one.
 */
#include "runtime/task_set.h"

#include "base/clock.h"
#include "base/trace.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

/* Beyond so many idle tasks of a loop, all but the top of a stack goes back to the system. */
#define TASKS_WARM 512
#define STACK_KEEP ((size_t)16 * 1024)

/* ---- running ------------------------------------------------------------------------------ */

static void task_make_ready(struct task *task)
{
	struct home *home = task->home;

	task->next = NULL;
	if (home->ready == NULL) {
		home->ready = task;
		loop_hurry(&home->loop, true);
	} else {
		home->ready_last->next = task;
	}
	home->ready_last = task;
}

static void on_ready_call(struct loop_call *call)
{
	task_make_ready((struct task *)((char *)call - offsetof(struct task, call)));
}

static void task_put_idle(struct task *task)
{
	struct home *home = task->home;

	atomic_store(&task->alive, false);
	(void)pthread_mutex_lock(&home->idle_lock);
	task->next = home->idle;
	home->idle = task;
	home->idle_count++;
	if (home->idle_count > TASKS_WARM)
		fiber_trim(&task->fiber, STACK_KEEP);
	(void)pthread_mutex_unlock(&home->idle_lock);
}

/* Runs it until it parks or ends. true: it has ended. */
static bool task_go_on(struct task *task)
{
	struct home *home = task->home;

	home->running = task;
	waiter_become(&task->waiter);
	trace_enter(task->trace);
	atomic_store_explicit(&task->parked_us, 0, memory_order_relaxed);
	fiber_switch(&home->fiber, &task->fiber);
	task->trace = trace_current();
	trace_enter(NULL);
	waiter_become(NULL);
	home->running = NULL;
	if (!task->fiber.ended)
		return false;
	task_put_idle(task);
	tasks_count_down(home->tasks);
	return true;
}

/* Tasks that become ready meanwhile have the next turn, after the loop has looked at its
 * descriptors. */
void home_turn(struct loop *loop)
{
	struct home *home = (struct home *)loop;
	struct task *task = home->ready;

	home->ready = NULL;
	loop_hurry(loop, false);
	while (task != NULL) {
		struct task *next = task->next;

		(void)task_go_on(task);
		task = next;
	}
}

/* ---- parking: see waiter.h ------------------------------------------------------------------ */

static void on_deadline(uv_timer_t *timer)
{
	struct task *task = timer->data;

	waiter_wake(&task->waiter);
}

static void task_set_timer(struct task *task, int64_t deadline_us)
{
	if (!task->has_timer) {
		(void)uv_timer_init(&task->home->loop.uv, &task->timer);
		task->timer.data = task;
		task->has_timer = true;
	}
	loop_timer_start(&task->timer, on_deadline, deadline_us);
}

static void task_park(struct rent_waiter *waiter, int64_t deadline_us)
{
	struct task *task = (struct task *)waiter;

	if (deadline_us != RENT_NO_DEADLINE)
		task_set_timer(task, deadline_us);
	atomic_store_explicit(&task->parked_us, clock_mono_us(), memory_order_relaxed);
	fiber_switch(&task->fiber, &task->home->fiber);
	if (deadline_us != RENT_NO_DEADLINE)
		(void)uv_timer_stop(&task->timer);
}

/* Those of other loops go over in one chain a loop, the newest first. */
static void task_resume(struct rent_waiter *const *waiters, size_t n)
{
	struct {
		struct loop *loop;
		struct loop_call *newest, *oldest;
	} chains[TASKS_LOOPS_MAX];
	unsigned loops = 0;

	for (size_t i = 0; i < n; i++) {
		struct task *task = (struct task *)waiters[i];
		unsigned at = 0;

		if (task->home == home_current()) {
			task_make_ready(task);
			continue;
		}
		while (at < loops && chains[at].loop != &task->home->loop)
			at++;
		if (at == loops) {
			chains[loops].loop = &task->home->loop;
			chains[loops].newest = NULL;
			chains[loops++].oldest = &task->call;
		}
		task->call.next = chains[at].newest;
		chains[at].newest = &task->call;
	}
	for (unsigned i = 0; i < loops; i++)
		loop_post_chain(chains[i].loop, chains[i].newest, chains[i].oldest);
}

static const struct waiter_kind task_kind = { task_park, task_resume };

static bool thread_park_fd(int fd, bool writing, int64_t deadline_us)
{
	struct pollfd p = { .fd = fd, .events = writing ? POLLOUT : POLLIN };
	int n;

	do {
		int64_t left = deadline_us - clock_mono_us();
		int ms = left / 1000 >= INT_MAX ? INT_MAX : (int)(left / 1000) + 1;

		if (left <= 0)
			return false;
		n = poll(&p, 1, deadline_us == RENT_NO_DEADLINE ? -1 : ms);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return true;
}

bool task_park_fd(int fd, bool writing, int64_t deadline_us)
{
	struct home *home = home_current();
	struct descriptors *d;
	bool in_time = true;

	if (home == NULL || home->running == NULL)
		return thread_park_fd(fd, writing, deadline_us);
	d = &home->descriptors;
	if (!descriptors_watch(d, fd, writing, &home->running->waiter))
		return true; /* the call that follows says what is wrong with fd */
	while (descriptors_waits(d, fd) && in_time)
		in_time = waiter_park(deadline_us);
	in_time = !descriptors_waits(d, fd);
	descriptors_unwatch(d, fd);
	return in_time;
}

void task_sleep_until(int64_t mono_us)
{
	while (waiter_park(mono_us))
		;
}

/* ---- birth ------------------------------------------------------------------------------ */

static struct fiber *task_main(void *arg)
{
	struct task *task = arg;

	task->fn(task->arg);
	return &task->home->fiber;
}

static struct task *task_new(struct home *home)
{
	struct task *task = calloc(1, sizeof(*task));

	if (task == NULL)
		return NULL;
	if (!fiber_init(&task->fiber, home->tasks->options.stack_size)) {
		free(task);
		return NULL;
	}
	task->home = home;
	task->waiter.kind = &task_kind;
	task->call.fn = on_ready_call;
	task->all_next = atomic_load(&home->all);
	while (!atomic_compare_exchange_weak(&home->all, &task->all_next, task))
		;
	return task;
}

static struct task *task_take_idle(struct home *home)
{
	struct task *task;

	(void)pthread_mutex_lock(&home->idle_lock);
	task = home->idle;
	if (task != NULL) {
		home->idle = task->next;
		home->idle_count--;
	}
	(void)pthread_mutex_unlock(&home->idle_lock);
	return task;
}

/* Others may read it meanwhile, and then get a mixture of two names. */
static void task_set_name(struct task *task, const char *name)
{
	char text[TASK_NAME_SIZE] = "";
	uint64_t word;

	(void)rent_copy(text, sizeof(text), name);
	for (size_t i = 0; i < TASK_NAME_SIZE / sizeof(word); i++) {
		memcpy(&word, text + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&task->name[i], word, memory_order_relaxed);
	}
}

/* A task that is counted and prepared; NULL: the ceiling, or no memory. */
static struct task *task_begin(struct home *home, const char *name, void (*fn)(void *arg),
                               void *arg)
{
	struct tasks *tasks = home->tasks;
	struct task *task = NULL;

	if (atomic_fetch_add(&tasks->alive, 1) < atomic_load(&tasks->ceiling)) {
		task = task_take_idle(home);
		if (task == NULL)
			task = task_new(home);
	}
	if (task == NULL) {
		tasks_count_down(tasks);
		return NULL;
	}
	task->fn = fn;
	task->arg = arg;
	task->trace = NULL;
	task_set_name(task, name);
	atomic_store(&task->began_us, clock_mono_us());
	atomic_store(&task->busy_us, 0);
	atomic_store(&task->parked_us, 0);
	atomic_store(&task->alive, true);
	fiber_prepare(&task->fiber, task_main, task);
	return task;
}

int task_spawn(struct tasks *tasks, struct loop *loop, const char *name,
               void (*fn)(void *arg), void *arg)
{
	struct home *home = (struct home *)loop;
	struct task *task;

	if (home == NULL)
		home = home_current();
	if (home == NULL || home->tasks != tasks)
		home = &tasks->homes[atomic_fetch_add(&tasks->turn, 1) %
		                     tasks->options.loops];
	task = task_begin(home, name, fn, arg);
	if (task == NULL)
		return RENT_EFULL;
	if (home == home_current())
		task_make_ready(task);
	else
		loop_post(&home->loop, &task->call);
	return 0;
}

int task_run(struct tasks *tasks, const char *name, void (*fn)(void *arg), void *arg)
{
	struct home *home = home_current();
	struct task *task;

	assert(home != NULL && home->tasks == tasks && home->running == NULL);
	task = task_begin(home, name, fn, arg);
	if (task == NULL)
		return RENT_EFULL;
	atomic_store(&task->busy_us, atomic_load(&task->began_us));
	return task_go_on(task) ? 0 : 1;
}

static struct task *task_running(void)
{
	struct home *home = home_current();

	return home == NULL ? NULL : home->running;
}

void task_busy(bool busy)
{
	struct task *task = task_running();

	if (task != NULL)
		atomic_store(&task->busy_us, busy ? clock_mono_us() : 0);
}

int64_t task_rest(void)
{
	struct task *task = task_running();

	return task == NULL ? 0 : atomic_exchange(&task->busy_us, 0);
}

void task_rest_over(int64_t rested)
{
	struct task *task = task_running();

	if (task != NULL)
		atomic_store(&task->busy_us, rested);
}
