/* SPDX-License-Identifier: MIT
 *
 * wait.c - locks and conditions; see wait.h.
 */
#include "wait.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#define US INT64_C(1000000)

/* Asserts stay on in release builds. */
static void must(int code)
{
	assert(code == 0);
	(void)code;
}

void lock_init(struct lock *lock)
{
	must(pthread_mutex_init(&lock->mutex, NULL));
}

void lock_init_recursive(struct lock *lock)
{
	pthread_mutexattr_t attr;

	must(pthread_mutexattr_init(&attr));
	must(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE));
	must(pthread_mutex_init(&lock->mutex, &attr));
	must(pthread_mutexattr_destroy(&attr));
}

void lock_done(struct lock *lock)
{
	must(pthread_mutex_destroy(&lock->mutex));
}

void lock_acquire(struct lock *lock)
{
	must(pthread_mutex_lock(&lock->mutex));
}

void lock_release(struct lock *lock)
{
	must(pthread_mutex_unlock(&lock->mutex));
}

int64_t wait_now_us(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * US + t.tv_nsec / 1000;
}

void wait_init(struct wait *wait)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(&wait->cond, &attr));
	must(pthread_condattr_destroy(&attr));
}

void wait_done(struct wait *wait)
{
	must(pthread_cond_destroy(&wait->cond));
}

void wait_forever(struct wait *wait, struct lock *lock)
{
	must(pthread_cond_wait(&wait->cond, &lock->mutex));
}

bool wait_until(struct wait *wait, struct lock *lock, int64_t until_us)
{
	struct timespec until = { .tv_sec = until_us / US,
		                  .tv_nsec = until_us % US * 1000 };
	int code = pthread_cond_timedwait(&wait->cond, &lock->mutex, &until);

	assert(code == 0 || code == ETIMEDOUT);
	return code == 0;
}

void wait_wake_one(struct wait *wait)
{
	must(pthread_cond_signal(&wait->cond));
}

void wait_wake_all(struct wait *wait)
{
	must(pthread_cond_broadcast(&wait->cond));
}
