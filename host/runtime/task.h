/* SPDX-License-Identifier: MIT
 *
 * runtime/task.h - tasks: code that simply calls and waits, each on a small stack, run by one
 * event loop a processor. A task that waits parks and leaves the processor to the next one,
 * so that thousands may wait at once.
 *
 * A task stays on the loop it was spawned on: between two waits nothing else of that loop
 * runs, and thread-local state is its own until it parks. It must not block the thread.
 * Code that can only block goes through task_block().
 *
 * Waiting works everywhere: a thread that is no task's parks itself. So code that waits does
 * not need to know what runs it.
 */
#ifndef HOST_RUNTIME_TASK_H
#define HOST_RUNTIME_TASK_H

#include "runtime/loop.h"
#include "runtime/waiter.h"

struct pool;
struct tasks;

struct tasks_options {
	/* Event loops, 1 .. TASKS_LOOPS_MAX. */
	unsigned loops;
	/* Tasks alive at once, all loops together; further ones are refused. */
	size_t tasks_max;
	size_t stack_size;
	/* Threads for what blocks, and how much may wait for them. */
	unsigned blocking_threads;
	size_t blocking_queue;
};

#define TASKS_LOOPS_MAX 64
#define TASK_NAME_SIZE  48 /* a multiple of 8 */

/* One task, for a report. */
struct task_report {
	char name[TASK_NAME_SIZE];
	unsigned loop;
	int64_t began_us;  /* monotonic */
	int64_t parked_us; /* since when it waits; 0: it runs or is about to */
	int64_t busy_us;   /* since when it is at work; 0: it waits for some by design */
};

/* ---- the set */

/* RENT_ENOMEM, RENT_EFAIL. The loops do not run yet. */
int tasks_new(const struct tasks_options *options, struct tasks **ret,
              struct rent_error *err);
int tasks_start(struct tasks *tasks, struct rent_error *err);
/* Waits until no task is left, then ends the loops. Nothing may spawn any more but tasks. */
void tasks_stop(struct tasks *tasks);
/* Stops. NULL is fine. */
void tasks_free(struct tasks *tasks);

unsigned tasks_loop_count(const struct tasks *tasks);
struct loop *tasks_loop(struct tasks *tasks, unsigned i);
/* Raises the ceiling by one, for a task that lives as long as the set. */
void tasks_reserve(struct tasks *tasks);
/* The threads that may block. */
struct pool *tasks_workers(const struct tasks *tasks);
size_t tasks_alive(const struct tasks *tasks);
/* Calls fn for each task that is alive. Any thread; tasks go on meanwhile. */
void tasks_each(struct tasks *tasks, void (*fn)(void *arg, const struct task_report *t),
                void *arg);

/* ---- tasks */

/* Begins a task soon on `loop`; NULL: on the calling one, or else each in turn. name is
 * copied, cut. RENT_EFULL at the ceiling. Any thread. */
int task_spawn(struct tasks *tasks, struct loop *loop, const char *name,
               void (*fn)(void *arg), void *arg);

/* Begins a task at once, within the call, on the calling thread's loop and outside any task;
 * returns when it has ended or parked. 1: it goes on. RENT_EFULL at the ceiling. */
int task_run(struct tasks *tasks, const char *name, void (*fn)(void *arg), void *arg);

/* The calling task begins or ends a piece of work. A request is one from its beginning. */
void task_busy(bool busy);

/* The calling task waits because it wants to, and so is not at work until task_rest_over() gets what
 * task_rest() has returned. */
int64_t task_rest(void);
void task_rest_over(int64_t rested);

/* ---- waiting; see also waiter.h */

/* Waits until fd can be read, or with `writing` written. Errors count as readable: the call that
 * follows tells them. One task at a time may wait for an fd, which must not be closed
 * meanwhile. false: the deadline has passed. */
bool task_park_fd(int fd, bool writing, int64_t deadline_us);

/* Waits until then, or a little longer. */
void task_sleep_until(int64_t mono_us);

/* Runs fn(arg) on a thread that may block, and waits for it. In a thread that is no loop's,
 * calls it. RENT_EFULL: too many wait, fn was not called. */
int task_block(struct tasks *tasks, void (*fn)(void *arg), void *arg);

#endif
