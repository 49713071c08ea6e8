/* SPDX-License-Identifier: MIT
 *
 * task.c - see task.h. The memory of a task is used again and never freed while its set lives,
 * so that a wake-up which comes late finds a task, though perhaps another one.
 */
#include "runtime/task.h"

#include "base/clock.h"
#include "base/trace.h"
#include "runtime/descriptors.h"
#include "runtime/fiber.h"
#include "runtime/pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

/* Beyond so many idle tasks of a loop, all but the top of a stack goes back to the system. */
#define TASKS_WARM 512
#define STACK_KEEP ((size_t)16 * 1024)

struct task {
	struct rent_waiter waiter; /* first */
	struct fiber fiber;
	struct home *home;
	void (*fn)(void *arg);
	void *arg;
	const struct trace *trace; /* the thread's, while the task runs */
	struct task *next;         /* in the ready queue, or idle */
	struct task *all_next;     /* every task of the home, for ever */
	struct loop_call call;     /* by which another thread makes it ready */
	uv_timer_t timer;          /* of a deadline; from the first one on */
	bool has_timer;
	/* For reports, read by other threads. */
	_Atomic uint64_t name[TASK_NAME_SIZE / 8]; /* text */
	_Atomic bool alive;
	_Atomic int64_t began_us, parked_us, busy_us;
};

/* The tasks of one loop. */
struct home {
	struct loop loop; /* first */
	struct tasks *tasks;
	struct descriptors descriptors;
	struct fiber fiber;   /* of the thread; from the first turn on */
	struct task *running; /* NULL: the thread itself runs */
	/* Tasks that can go on, in the order in which they were woken. */
	struct task *ready, *ready_last;
	struct task *_Atomic all;
	pthread_mutex_t idle_lock; /* the next two */
	struct task *idle;         /* ended tasks, each with its stack */
	size_t idle_count;
};

struct tasks {
	struct tasks *older; /* under tasks_lock */
	struct tasks_options options;
	struct home *homes;
	struct pool *blocking;
	_Atomic unsigned turn;
	_Atomic size_t ceiling, alive;
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a task, while somebody waits for the last one */
	_Atomic bool waited_for;
	bool started;
};

/* For gdb_tasks.py. */
static pthread_mutex_t tasks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tasks *tasks_newest __attribute__((used));

static struct home *home_current(void)
{
	return (struct home *)loop_current();
}

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
static void home_turn(struct loop *loop)
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

static void on_descriptor(void *waiting)
{
	waiter_wake(waiting);
}

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

static void task_get_name(struct task *task, char ret[TASK_NAME_SIZE])
{
	for (size_t i = 0; i < TASK_NAME_SIZE / sizeof(uint64_t); i++) {
		uint64_t word =
			atomic_load_explicit(&task->name[i], memory_order_relaxed);

		memcpy(ret + i * sizeof(word), &word, sizeof(word));
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

void task_busy(bool busy)
{
	struct home *home = home_current();

	if (home != NULL && home->running != NULL)
		atomic_store(&home->running->busy_us, busy ? clock_mono_us() : 0);
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

unsigned tasks_loops(const struct tasks *tasks)
{
	return tasks->options.loops;
}

struct pool *tasks_workers(const struct tasks *tasks)
{
	return tasks->blocking;
}

size_t tasks_alive(const struct tasks *tasks)
{
	return atomic_load(&tasks->alive);
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
