/* SPDX-License-Identifier: MIT
 *
 * wait.h - locks and conditions. A failing pthread call is a bug of ours (a lock that is not
 * ours, a destroyed condition) and ends the process instead of passing unnoticed. Limits are
 * points of the monotonic clock, so that a clock that is set back or forth delays nobody.
 */
#ifndef COMMON_WAIT_H
#define COMMON_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	pthread_mutex_t mutex;
};

void lock_init(struct lock *lock);
/* The thread that has it may acquire it again. */
void lock_init_recursive(struct lock *lock);
void lock_done(struct lock *lock);
void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);

struct wait {
	pthread_cond_t cond;
};

/* Microseconds of the monotonic clock: what wait_until() is given. */
int64_t wait_now_us(void);

void wait_init(struct wait *wait);
void wait_done(struct wait *wait);

/* Both release the lock, which the caller holds, while they wait, and may return without a
 * wake-up: callers look again. wait_until: false when the time was up. */
void wait_forever(struct wait *wait, struct lock *lock);
bool wait_until(struct wait *wait, struct lock *lock, int64_t until_us);

void wait_wake_one(struct wait *wait);
void wait_wake_all(struct wait *wait);

#endif
