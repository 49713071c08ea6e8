/* SPDX-License-Identifier: MIT
 *
 * wait.h - locks, and waiting for another task or thread. A task that waits parks and leaves its
 * thread to the next one (rent/task.h); a thread sleeps. No lock is held while waiting.
 * A failing pthread call is a bug of ours (a lock that is not ours) and ends the process instead
 * of passing unnoticed. Limits are points of the monotonic clock, so that a clock that is set
 * back or forth delays nobody.
 */
#ifndef COMMON_WAIT_H
#define COMMON_WAIT_H

#include <pthread.h>
#include <rent/task.h>

#include "common/list.h"

struct lock {
	pthread_mutex_t mutex;
};

void lock_init(struct lock *lock);
/* The thread that has it may acquire it again. */
void lock_init_recursive(struct lock *lock);
void lock_done(struct lock *lock);
void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);

/* A place to wait at. */
struct wait {
	const struct rent_task_api *task;
	struct list
		waiting; /* struct waiting, those who came first in front; under the lock */
};

/* Microseconds of the monotonic clock: what wait_until() is given. */
int64_t wait_now_us(void);

void wait_init(struct wait *wait, const struct rent_task_api *task);

/* Both release the lock, which the caller holds, while they wait, and return with it once they
 * were woken: nobody is woken for no reason, nor two by one call of wait_wake_one(). wait_until:
 * false when the time was up before. */
void wait_forever(struct wait *wait, struct lock *lock);
bool wait_until(struct wait *wait, struct lock *lock, int64_t until_us);

/* With the lock. false: nobody waits. */
bool wait_wake_one(struct wait *wait);
void wait_wake_all(struct wait *wait);

/* In the i-th round of a loop over much: lets the other tasks of this thread have a turn now and
 * then, so that a page of a thousand rentals delays no request by more than a few of them. */
static inline void wait_turn(const struct rent_task_api *task, size_t i)
{
	if (i % 32 == 31)
		(void)task->park(0);
}

/* wait_wake_one() in two steps, where it matters that whoever wakes finds the lock free: picks
 * with the lock, wakes without it. NULL: nobody waits. */
struct rent_waiter *wait_pick(struct wait *wait);
void wait_wake(const struct wait *wait, struct rent_waiter *picked);

#endif
