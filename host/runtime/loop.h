/* SPDX-License-Identifier: MIT
 *
 * runtime/loop.h - what task.c and loop.c share: a loop with its queue of tasks that can go on,
 * and its inbox. Private to this folder; everybody else includes task.h.
 */
#ifndef HOST_RUNTIME_LOOP_H
#define HOST_RUNTIME_LOOP_H

#include "runtime/fiber.h"
#include "runtime/task.h"

#include <pthread.h>
#include <stdatomic.h>

struct task;

enum waiter_state {
	WAITER_NONE = 0, /* neither */
	WAITER_WOKEN,    /* the next park returns at once */
	WAITER_PARKED,
};

struct rent_waiter {
	_Atomic uint32_t state;
	struct task *task; /* NULL: a thread's */
};

struct task {
	struct rent_waiter waiter; /* first */
	struct fiber fiber;
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
	struct task *next;     /* in the ready queue, or idle */
	struct task *all_next; /* every task of the loop, for ever */
	struct loop_call call; /* by which another thread makes it ready */
	uv_timer_t timer;      /* of a deadline; from the first one on */
	bool has_timer, timed_out;
	/* For reports, read by other threads. */
	char name[TASK_NAME_SIZE];
	_Atomic bool alive;
	_Atomic int64_t began_us, parked_us;
};

struct loop {
	struct tasks *tasks;
	unsigned index;
	pthread_t thread;
	bool started;
	uv_loop_t uv;
	uv_async_t bell;
	/* Descriptors that tasks wait for: an epoll set inside libuv's, whose events are given
	 * once. So a wait costs one call, and a number that was closed and given out again
	 * needs no care. The table says which task waits for a descriptor. */
	int fd_set;
	uv_poll_t fd_poll;
	struct task **fd_tasks;
	size_t fd_room;
	struct fiber fiber;   /* of the thread */
	struct task *running; /* NULL: the thread itself runs */
	/* Tasks that can go on, in the order in which they were woken. */
	struct task *ready, *ready_last;
	/* Runs while there are such: libuv then does not wait, whichever of its callbacks made
	 * a task ready. */
	uv_idle_t impatience;
	struct task *_Atomic all;
	pthread_mutex_t idle_lock; /* the next two */
	struct task *idle;         /* ended tasks, each with its stack */
	size_t idle_count;
	/* Calls from other threads, newest first. */
	struct loop_call *_Atomic inbox;
	_Atomic bool stopping;
};

struct tasks {
	struct tasks_options options;
	struct loop *loops;
	struct pool *blocking;
	_Atomic unsigned turn;
	_Atomic size_t alive;
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a task, while somebody waits for the last one */
	_Atomic bool waited_for;
};

int loop_init(struct loop *loop, struct tasks *tasks, unsigned index,
              struct rent_error *err);
int loop_start(struct loop *loop, struct rent_error *err);
void loop_stop(struct loop *loop);
void loop_done(struct loop *loop);

/* Posts a chain of calls, the newest first, with one ring of the bell. */
void loop_post_chain(struct loop *loop, struct loop_call *first_new,
                     struct loop_call *last_new);

/* The task goes on once fd has an event; false: it cannot be waited for. */
bool loop_watch(struct loop *loop, int fd, bool writing, struct task *task);
/* After the wait, whether the event came or not. */
void loop_unwatch(struct loop *loop, int fd);

/* Runs the tasks that can go on, once each. The loop's thread only. */
void loop_run_ready(struct loop *loop);
void loop_make_ready(struct loop *loop, struct task *task);
void task_free(struct task *task);

#endif
