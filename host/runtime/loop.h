/* SPDX-License-Identifier: MIT
 *
 * runtime/loop.h - one event loop: a thread, its libuv loop, calls that other threads post, and a
 * turn that its owner takes after each round of events. It knows no tasks.
 */
#ifndef HOST_RUNTIME_LOOP_H
#define HOST_RUNTIME_LOOP_H

#include <pthread.h>
#include <rent/base.h>
#include <stdatomic.h>
#include <uv.h>

#define LOOP_SIGNAL_STACK 65536 /* bytes */

/* A call into a loop from elsewhere; its memory is the caller's until fn runs. */
struct loop_call {
	struct loop_call *next;
	void (*fn)(struct loop_call *call);
};

struct loop {
	uv_loop_t uv;
	unsigned index;
	/* After each round of events, on the loop's thread. */
	void (*turn)(struct loop *loop);
	/* Private to loop.c from here on. */
	pthread_t thread;
	bool started, open;
	uv_async_t bell;
	uv_idle_t impatience;
	struct loop_call *_Atomic inbox; /* newest first */
	_Atomic bool stopping;
	/* Aligned as a stack is: AddressSanitizer marks it, eight bytes at a time. */
	_Alignas(16) char signal_stack[LOOP_SIGNAL_STACK];
};

/* RENT_EFAIL. The loop does not run yet; handles may be added. */
int loop_init(struct loop *loop, unsigned index, void (*turn)(struct loop *loop),
              struct rent_error *err);
int loop_start(struct loop *loop, struct rent_error *err);
/* Returns when the thread has ended. Fine with a loop that does not run. */
void loop_stop(struct loop *loop);
/* Between the two. For the thread that starts and stops it. */
bool loop_runs(const struct loop *loop);
/* Closes all handles. Fine with a zeroed loop. */
void loop_done(struct loop *loop);

/* The loop that the calling thread runs; NULL: it runs none. */
struct loop *loop_current(void);

/* Runs call->fn on the loop's thread soon, in the order of the posts. Any thread. */
void loop_post(struct loop *loop, struct loop_call *call);
/* Posts a chain of calls, the newest first, with one ring of the bell. */
void loop_post_chain(struct loop *loop, struct loop_call *newest,
                     struct loop_call *oldest);

/* While it is set, the loop looks for events without waiting for one: the owner has something
 * to do in its turn. The loop's thread only. */
void loop_hurry(struct loop *loop, bool hurry);

/* Calls fn once, at due_us (monotonic) or a little later, never earlier: libuv counts in
 * milliseconds. The loop's thread only. */
void loop_timer_start(uv_timer_t *timer, uv_timer_cb fn, int64_t due_us);

#endif
