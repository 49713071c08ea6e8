/* SPDX-License-Identifier: MIT
 *
 * rent/task.h - waiting that costs nothing (rent_host.task). Handlers of routes, timers and
 * batches run as tasks: code that simply calls and waits, each on a small stack, many on one
 * thread. A task that waits parks, and its thread serves the next one.
 *
 * The rules for code that may run as a task:
 *   - It never blocks its thread: no sleep, no condition variable, no blocking read. It waits
 *     with park(), wait_fd() and what is built on them (host->exchange, host->sleep_us, a
 *     call of a bound interface). What a library can only do blocking goes through block().
 *   - It holds no lock while it waits, since the next task of the same thread may want it.
 *   - Between two waits it runs alone on its thread, and it goes on there after each wait; but
 *     thread-local state of a library may have been used by other tasks in between.
 *   - It has runtime.task_stack bytes of stack (256 KiB unless configured), with a guard page
 *     below.
 *
 * Everything here also works on a thread of the plugin: it then blocks that thread. So code
 * need not know what runs it.
 */
#ifndef RENT_TASK_H
#define RENT_TASK_H

#include "base.h"

RENT_EXTERN_C_BEGIN

/* A task or a thread that may have to be woken. It stays valid as long as the process: to wake one
 * that went on long ago, or has ended, does no harm. */
struct rent_waiter;
struct rent_host;

#define RENT_NO_DEADLINE INT64_MAX

/* Any thread, unless a slot says otherwise. */
struct rent_task_api {
	uint32_t struct_size;

	/* The caller. Hand it to the code that will wake the caller. */
	struct rent_waiter *(*self)(void);

	/* Waits until somebody wakes the caller, or deadline_us (monotonic). Returns at once when
	 * the caller was woken since the last return. It may return for no reason: look at what
	 * is waited for, and wait again. false: the deadline has passed. */
	bool (*park)(int64_t deadline_us);

	/* Wakes n waiters, which see everything written before the call. Cheaper than n calls. */
	void (*wake)(struct rent_waiter *const *waiters, size_t n);

	/* Waits until fd can be read, or with `writing` written. false: the deadline has passed.
	 * Errors count as readable: the call that follows tells them. Only one task may wait for
	 * an fd, and the fd must not be closed meanwhile. */
	bool (*wait_fd)(int fd, bool writing, int64_t deadline_us);

	/* Runs fn(arg) as a task, soon. name shows in reports and debuggers; it is copied.
	 * RENT_EFULL: runtime.tasks are alive already, fn is not called. */
	int (*spawn)(const struct rent_host *host, const char *name,
	             void (*fn)(void *arg), void *arg);

	/* Runs fn(arg), which may block, on a thread kept for that, and waits for it. On a thread
	 * of the plugin it just calls fn. RENT_EFULL: too many wait for such a thread already,
	 * fn was not called. */
	int (*block)(const struct rent_host *host, void (*fn)(void *arg), void *arg);
};

RENT_EXTERN_C_END
#endif
