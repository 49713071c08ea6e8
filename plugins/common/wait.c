/* SPDX-License-Identifier: MIT
 *
 * wait.c - locks and waiting; see wait.h.
 */
#include "wait.h"

#include <assert.h>
#include <time.h>

#include "common/failpoint.h"

#define US INT64_C(1000000)

#ifdef RENT_FAILPOINTS
const struct rent_task_api *failpoint_task;
#endif

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

/* On the stack of whoever waits. */
struct waiting {
	struct list link;
	struct rent_waiter *waiter;
	bool woken;
};

void wait_init(struct wait *wait, const struct rent_task_api *task)
{
	wait->task = task;
	list_init(&wait->waiting);
}

/* Not inlined, since gcc warns of the list that keeps an address of the caller's stack: until the
 * call is over. */
__attribute__((noinline)) static void wait_in_line(struct wait *wait, struct lock *lock,
                                                   struct waiting *me, int64_t until_us)
{
	bool in_time = true;

	list_append(&wait->waiting, &me->link);
	while (!me->woken && in_time) {
		lock_release(lock);
		in_time = wait->task->park(until_us);
		lock_acquire(lock);
	}
	list_remove(&me->link);
}

bool wait_until(struct wait *wait, struct lock *lock, int64_t until_us)
{
	struct waiting me = { .waiter = wait->task->self() };

	wait_in_line(wait, lock, &me, until_us);
	return me.woken;
}

void wait_forever(struct wait *wait, struct lock *lock)
{
	(void)wait_until(wait, lock, RENT_NO_DEADLINE);
}

struct rent_waiter *wait_pick(struct wait *wait)
{
	struct waiting *first;

	if (list_is_empty(&wait->waiting))
		return NULL;
	first = LIST_FIRST(&wait->waiting, struct waiting, link);
	list_remove(&first->link);
	first->woken = true;
	return first->waiter;
}

void wait_wake(const struct wait *wait, struct rent_waiter *picked)
{
	if (picked != NULL)
		wait->task->wake(&picked, 1);
}

bool wait_wake_one(struct wait *wait)
{
	struct rent_waiter *first = wait_pick(wait);

	wait_wake(wait, first);
	return first != NULL;
}

void wait_wake_all(struct wait *wait)
{
	while (wait_wake_one(wait))
		;
}
