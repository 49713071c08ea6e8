/* SPDX-License-Identifier: MIT
 *
 * task.c - see task.h. The memory of a task is used again and never freed while its set lives,
 * so that a wake-up which comes late finds a task, though perhaps another one.
 */
#include "runtime/loop.h"

#include "base/clock.h"
#include "runtime/pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Beyond so many idle tasks of a loop, all but the top of a stack goes back to the system. */
#define TASKS_WARM 512
#define STACK_KEEP ((size_t)16 * 1024)

#define LOOPS_MAX  64

/* ---- the ready queue -------------------------------------------------------------------- */

static void on_idle(uv_idle_t *impatience)
{
	(void)impatience;
}

void loop_make_ready(struct loop *loop, struct task *task)
{
	task->next = NULL;
	if (loop->ready == NULL) {
		loop->ready = task;
		(void)uv_idle_start(&loop->impatience, on_idle);
	} else {
		loop->ready_last->next = task;
	}
	loop->ready_last = task;
}

static void tasks_count_down(struct tasks *tasks)
{
	size_t left = atomic_fetch_sub(&tasks->alive, 1) - 1;

	if (left > 0 || !atomic_load(&tasks->waited_for))
		return;
	(void)pthread_mutex_lock(&tasks->lock);
	(void)pthread_cond_broadcast(&tasks->ended);
	(void)pthread_mutex_unlock(&tasks->lock);
}

static void task_put_idle(struct task *task)
{
	struct loop *loop = task->loop;

	atomic_store(&task->alive, false);
	(void)pthread_mutex_lock(&loop->idle_lock);
	task->next = loop->idle;
	loop->idle = task;
	loop->idle_count++;
	if (loop->idle_count > TASKS_WARM)
		fiber_trim(&task->fiber, STACK_KEEP);
	(void)pthread_mutex_unlock(&loop->idle_lock);
}

/* Runs it until it parks or ends. true: it has ended. */
static bool task_go_on(struct task *task)
{
	struct loop *loop = task->loop;

	loop->running = task;
	atomic_store_explicit(&task->parked_us, 0, memory_order_relaxed);
	fiber_switch(&loop->fiber, &task->fiber);
	loop->running = NULL;
	if (!task->fiber.ended)
		return false;
	task_put_idle(task);
	tasks_count_down(loop->tasks);
	return true;
}

void loop_run_ready(struct loop *loop)
{
	struct task *task = loop->ready;

	/* Those that become ready meanwhile have the next turn, after the loop has looked at
	 * its descriptors. */
	loop->ready = NULL;
	(void)uv_idle_stop(&loop->impatience);
	while (task != NULL) {
		struct task *next = task->next;

		(void)task_go_on(task);
		task = next;
	}
}

/* ---- birth ------------------------------------------------------------------------------ */

static struct fiber *task_main(void *arg)
{
	struct task *task = arg;

	task->fn(task->arg);
	return &task->loop->fiber;
}

void task_free(struct task *task)
{
	fiber_done(&task->fiber);
	free(task);
}

static void task_make_ready(struct loop_call *call)
{
	struct task *task = (struct task *)((char *)call - offsetof(struct task, call));

	loop_make_ready(task->loop, task);
}

static struct task *task_new(struct loop *loop)
{
	struct task *task = calloc(1, sizeof(*task));

	if (task == NULL)
		return NULL;
	if (!fiber_init(&task->fiber, loop->tasks->options.stack_size)) {
		free(task);
		return NULL;
	}
	task->loop = loop;
	task->waiter.task = task;
	task->call.fn = task_make_ready;
	task->all_next = atomic_load(&loop->all);
	while (!atomic_compare_exchange_weak(&loop->all, &task->all_next, task))
		;
	return task;
}

static struct task *task_take_idle(struct loop *loop)
{
	struct task *task;

	(void)pthread_mutex_lock(&loop->idle_lock);
	task = loop->idle;
	if (task != NULL) {
		loop->idle = task->next;
		loop->idle_count--;
	}
	(void)pthread_mutex_unlock(&loop->idle_lock);
	return task;
}

/* A task that is counted and prepared; NULL: the ceiling, or no memory. */
static struct task *task_begin(struct loop *loop, const char *name, void (*fn)(void *arg),
                               void *arg)
{
	struct tasks *tasks = loop->tasks;
	struct task *task;

	if (atomic_fetch_add(&tasks->alive, 1) >= tasks->options.tasks_max) {
		tasks_count_down(tasks);
		return NULL;
	}
	task = task_take_idle(loop);
	if (task == NULL)
		task = task_new(loop);
	if (task == NULL) {
		tasks_count_down(tasks);
		return NULL;
	}
	task->fn = fn;
	task->arg = arg;
	(void)rent_copy(task->name, sizeof(task->name), name);
	atomic_store(&task->began_us, clock_mono_us());
	atomic_store(&task->parked_us, 0);
	atomic_store(&task->alive, true);
	fiber_prepare(&task->fiber, task_main, task);
	return task;
}

int task_spawn(struct tasks *tasks, struct loop *loop, const char *name,
               void (*fn)(void *arg), void *arg)
{
	struct task *task;

	if (loop == NULL)
		loop = loop_current();
	if (loop == NULL || loop->tasks != tasks)
		loop = &tasks->loops[atomic_fetch_add(&tasks->turn, 1) %
		                     tasks->options.loops];
	task = task_begin(loop, name, fn, arg);
	if (task == NULL)
		return RENT_EFULL;
	if (loop == loop_current())
		loop_make_ready(loop, task);
	else
		loop_post(loop, &task->call);
	return 0;
}

int task_run(struct loop *loop, const char *name, void (*fn)(void *arg), void *arg)
{
	struct task *task;

	assert(loop == loop_current() && loop->running == NULL);
	task = task_begin(loop, name, fn, arg);
	if (task == NULL)
		return RENT_EFULL;
	return task_go_on(task) ? 0 : 1;
}

/* ---- waiting ---------------------------------------------------------------------------- */

static struct {
	pthread_once_t once;
	pthread_key_t key;
	pthread_mutex_t lock;
	struct thread_waiter *unused;
} threads = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

struct thread_waiter {
	struct rent_waiter waiter;
	struct thread_waiter *next;
};

/* A thread ended: the next one that waits may have its waiter. */
static void thread_waiter_give_up(void *arg)
{
	struct thread_waiter *w = arg;

	(void)pthread_mutex_lock(&threads.lock);
	w->next = threads.unused;
	threads.unused = w;
	(void)pthread_mutex_unlock(&threads.lock);
}

static void thread_waiter_setup(void)
{
	(void)pthread_key_create(&threads.key, thread_waiter_give_up);
}

static struct rent_waiter *thread_waiter(void)
{
	struct thread_waiter *w;

	(void)pthread_once(&threads.once, thread_waiter_setup);
	w = pthread_getspecific(threads.key);
	if (w != NULL)
		return &w->waiter;
	(void)pthread_mutex_lock(&threads.lock);
	w = threads.unused;
	if (w != NULL)
		threads.unused = w->next;
	(void)pthread_mutex_unlock(&threads.lock);
	if (w == NULL)
		w = calloc(1, sizeof(*w));
	if (w == NULL || pthread_setspecific(threads.key, w) != 0)
		abort();
	return &w->waiter;
}

struct rent_waiter *waiter_self(void)
{
	struct loop *loop = loop_current();

	return loop != NULL && loop->running != NULL ? &loop->running->waiter
	                                             : thread_waiter();
}

static void on_deadline(uv_timer_t *timer)
{
	struct task *task = timer->data;

	task->timed_out = true;
	waiter_wake(&task->waiter);
}

static void task_set_timer(struct task *task, int64_t deadline_us)
{
	uint64_t now = uv_now(&task->loop->uv);
	uint64_t due = ((uint64_t)deadline_us + 999) / 1000;

	if (!task->has_timer) {
		(void)uv_timer_init(&task->loop->uv, &task->timer);
		task->timer.data = task;
		task->has_timer = true;
	}
	(void)uv_timer_start(&task->timer, on_deadline, due > now ? due - now : 0, 0);
}

static void task_park(struct task *task, int64_t deadline_us)
{
	struct loop *loop = task->loop;

	task->timed_out = false;
	if (deadline_us != INT64_MAX)
		task_set_timer(task, deadline_us);
	atomic_store_explicit(&task->parked_us, clock_mono_us(), memory_order_relaxed);
	fiber_switch(&task->fiber, &loop->fiber);
	if (deadline_us != INT64_MAX)
		(void)uv_timer_stop(&task->timer);
}

static void thread_park(struct rent_waiter *waiter, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = deadline_us / RENT_SECOND,
		                  .tv_nsec = deadline_us % RENT_SECOND * 1000 };

	while (atomic_load(&waiter->state) == WAITER_PARKED) {
		long r = syscall(SYS_futex, &waiter->state, FUTEX_WAIT_BITSET_PRIVATE,
		                 WAITER_PARKED, deadline_us == INT64_MAX ? NULL : &until,
		                 NULL, FUTEX_BITSET_MATCH_ANY);

		if (r != 0 && errno == ETIMEDOUT)
			return;
	}
}

bool waiter_park(int64_t deadline_us)
{
	struct rent_waiter *waiter = waiter_self();
	uint32_t none = WAITER_NONE;

	if (atomic_compare_exchange_strong(&waiter->state, &none, WAITER_PARKED)) {
		if (waiter->task != NULL)
			task_park(waiter->task, deadline_us);
		else
			thread_park(waiter, deadline_us);
	}
	atomic_store(&waiter->state, WAITER_NONE);
	return deadline_us == INT64_MAX || clock_mono_us() < deadline_us;
}

/* Whether somebody has to be woken now. */
static bool waiter_mark(struct rent_waiter *waiter)
{
	return atomic_exchange(&waiter->state, WAITER_WOKEN) == WAITER_PARKED;
}

static void thread_wake(struct rent_waiter *waiter)
{
	(void)syscall(SYS_futex, &waiter->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void waiter_wake(struct rent_waiter *waiter)
{
	struct task *task = waiter->task;

	if (!waiter_mark(waiter))
		return;
	if (task == NULL)
		thread_wake(waiter);
	else if (task->loop == loop_current())
		loop_make_ready(task->loop, task);
	else
		loop_post(task->loop, &task->call);
}

void waiter_wake_all(struct rent_waiter *const *waiters, size_t n)
{
	struct {
		struct loop *loop;
		struct loop_call *first, *last;
	} chains[LOOPS_MAX] = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct task *task = waiters[i]->task;

		if (!waiter_mark(waiters[i]))
			continue;
		if (task == NULL) {
			thread_wake(waiters[i]);
		} else if (task->loop == loop_current()) {
			loop_make_ready(task->loop, task);
		} else {
			unsigned at = task->loop->index;

			chains[at].loop = task->loop;
			task->call.next = chains[at].first;
			if (chains[at].first == NULL)
				chains[at].last = &task->call;
			chains[at].first = &task->call;
		}
	}
	for (size_t i = 0; i < LOOPS_MAX; i++) {
		if (chains[i].loop != NULL)
			loop_post_chain(chains[i].loop, chains[i].first, chains[i].last);
	}
}

static bool thread_park_fd(int fd, bool writing, int64_t deadline_us)
{
	struct pollfd p = { .fd = fd, .events = writing ? POLLOUT : POLLIN };
	int64_t left;
	int n;

	do {
		left = deadline_us - clock_mono_us();
		if (deadline_us != INT64_MAX && left <= 0)
			return false;
		left = left / 1000 + 1;
		n = poll(&p, 1,
		         deadline_us == INT64_MAX ? -1
		         : left > INT_MAX         ? INT_MAX
		                                  : (int)left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return true;
}

bool waiter_park_fd(int fd, bool writing, int64_t deadline_us)
{
	struct loop *loop = loop_current();
	bool in_time = true;

	if (loop == NULL || loop->running == NULL)
		return thread_park_fd(fd, writing, deadline_us);
	if (!loop_watch(loop, fd, writing, loop->running))
		return true; /* the call that follows says what is wrong with fd */
	while (loop->fd_tasks[fd] != NULL && in_time)
		in_time = waiter_park(deadline_us);
	in_time = loop->fd_tasks[fd] == NULL;
	loop_unwatch(loop, fd);
	return in_time;
}

void task_sleep_until(int64_t mono_us)
{
	while (waiter_park(mono_us))
		;
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
		(void)waiter_park(INT64_MAX);
	return r;
}

/* ---- the set ---------------------------------------------------------------------------- */

int tasks_new(const struct tasks_options *options, struct tasks **ret,
              struct rent_error *err)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));
	int r = 0;

	assert(options->loops >= 1 && options->loops <= LOOPS_MAX);
	if (tasks == NULL)
		return rent_fail(err, RENT_ENOMEM, "tasks: out of memory");
	tasks->options = *options;
	(void)pthread_mutex_init(&tasks->lock, NULL);
	(void)pthread_cond_init(&tasks->ended, NULL);
	tasks->loops = calloc(options->loops, sizeof(*tasks->loops));
	if (tasks->loops == NULL)
		r = rent_fail(err, RENT_ENOMEM, "tasks: out of memory");
	for (unsigned i = 0; r == 0 && i < options->loops; i++)
		r = loop_init(&tasks->loops[i], tasks, i, err);
	if (r == 0)
		r = pool_new(options->blocking_threads, options->blocking_queue,
		             &tasks->blocking, err);
	if (r != 0) {
		tasks_free(tasks);
		return r;
	}
	*ret = tasks;
	return 0;
}

int tasks_start(struct tasks *tasks, struct rent_error *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < tasks->options.loops; i++)
		r = loop_start(&tasks->loops[i], err);
	return r;
}

void tasks_stop(struct tasks *tasks)
{
	(void)pthread_mutex_lock(&tasks->lock);
	atomic_store(&tasks->waited_for, true);
	while (tasks->loops[0].started && atomic_load(&tasks->alive) > 0)
		(void)pthread_cond_wait(&tasks->ended, &tasks->lock);
	(void)pthread_mutex_unlock(&tasks->lock);
	for (unsigned i = 0; i < tasks->options.loops; i++)
		loop_stop(&tasks->loops[i]);
}

void tasks_free(struct tasks *tasks)
{
	if (tasks == NULL)
		return;
	if (tasks->loops != NULL) {
		tasks_stop(tasks);
		for (unsigned i = 0; i < tasks->options.loops; i++)
			loop_done(&tasks->loops[i]);
	}
	pool_free(tasks->blocking);
	(void)pthread_cond_destroy(&tasks->ended);
	(void)pthread_mutex_destroy(&tasks->lock);
	free(tasks->loops);
	free(tasks);
}

unsigned tasks_loops(const struct tasks *tasks)
{
	return tasks->options.loops;
}

struct loop *tasks_loop(struct tasks *tasks, unsigned i)
{
	return &tasks->loops[i];
}

size_t tasks_alive(const struct tasks *tasks)
{
	return atomic_load(&tasks->alive);
}

void tasks_each(struct tasks *tasks, void (*fn)(void *arg, const struct task_report *t),
                void *arg)
{
	for (unsigned i = 0; i < tasks->options.loops; i++) {
		for (struct task *t = atomic_load(&tasks->loops[i].all); t != NULL;
		     t = t->all_next) {
			struct task_report report = { .loop = i };

			if (!atomic_load(&t->alive))
				continue;
			(void)rent_copy(report.name, sizeof(report.name), t->name);
			report.began_us = atomic_load(&t->began_us);
			report.parked_us = atomic_load(&t->parked_us);
			fn(arg, &report);
		}
	}
}
