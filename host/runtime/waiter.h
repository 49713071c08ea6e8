/* SPDX-License-Identifier: MIT
 *
 * runtime/waiter.h - waiting and waking. A waiter is a party that may have to be woken: a
 * thread, or a task (task.c says how one parks). Waking never gets lost and may come
 * late.
 */
#ifndef HOST_RUNTIME_WAITER_H
#define HOST_RUNTIME_WAITER_H

#include <rent/task.h>
#include <stdatomic.h>

/* How waiters of a kind wait. */
struct waiter_kind {
	/* Returns after resume(), at deadline_us, or for no reason. */
	void (*park)(struct rent_waiter *waiter, int64_t deadline_us);
	/* Makes parked waiters go on. Any thread. */
	void (*resume)(struct rent_waiter *const *waiters, size_t n);
};

enum waiter_state {
	WAITER_NONE = 0, /* neither */
	WAITER_WOKEN,    /* the next park returns at once */
	WAITER_PARKED,
};

struct rent_waiter {
	_Atomic uint32_t state;
	const struct waiter_kind *kind; /* NULL: a thread */
};

/* The calling task or thread, to be handed to its waker. It stays valid as long as the process: a
 * late wake-up only wakes whatever runs there by then once for no reason. */
struct rent_waiter *waiter_self(void);

/* Waits until somebody wakes the caller's waiter; returns at once when that has happened since
 * the last return. It may return for no reason: look at what was waited for, and wait again.
 * false: deadline_us (monotonic; RENT_NO_DEADLINE: none) has passed. */
bool waiter_park(int64_t deadline_us);

/* The woken task sees everything written before the call. Any thread. */
void waiter_wake(struct rent_waiter *waiter);
/* Several at once, with one call into each loop for up to WAITER_CHUNK of them. */
void waiter_wake_all(struct rent_waiter *const *waiters, size_t n);

#define WAITER_CHUNK 64

/* For task.c: from now on the calling thread's code is this waiter; NULL: the thread itself. */
void waiter_become(struct rent_waiter *waiter);

#endif
