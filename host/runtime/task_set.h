/* SPDX-License-Identifier: MIT
 *
 * runtime/task_set.h - what task.c and task_set.c share: a task, the tasks of a loop, the set.
 */
#ifndef HOST_RUNTIME_TASK_SET_H
#define HOST_RUNTIME_TASK_SET_H

#include "runtime/descriptors.h"
#include "runtime/fiber.h"
#include "runtime/task.h"

struct task {
	struct rent_waiter waiter; /* first */
	struct fiber fiber;
	struct home *home;
	void (*fn)(void *arg);
	void *arg;
	const struct trace *trace; /* the thread's, while the task runs */
	struct task *next;         /* in the ready queue, or idle */
	struct task *all_next;     /* among all tasks of the home; none leaves */
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

static inline struct home *home_current(void)
{
	return (struct home *)loop_current();
}

/* Runs the tasks that are ready; each turn of the loop calls it. */
void home_turn(struct loop *loop);

/* A task has ended, or was not begun: wakes who waits for the last one. */
void tasks_count_down(struct tasks *tasks);

#endif
