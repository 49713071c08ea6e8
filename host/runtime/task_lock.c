/* SPDX-License-Identifier: MIT
 *
 * task_lock.c - see task_lock.h.
 */
#include "runtime/task_lock.h"

#include "runtime/waiter.h"

#include <assert.h>
#include <stdatomic.h>

/* On the stack of the waiter for the lock. */
struct task_lock_wish {
	struct task_lock_wish *next;
	struct rent_waiter *waiter;
	_Atomic bool granted;
};

void task_lock_init(struct task_lock *lock)
{
	*lock = (struct task_lock){ .held = false };
	(void)pthread_mutex_init(&lock->guard, NULL);
}

void task_lock_done(struct task_lock *lock)
{
	assert(!lock->held);
	(void)pthread_mutex_destroy(&lock->guard);
}

void task_lock_acquire(struct task_lock *lock)
{
	struct task_lock_wish wish = { .waiter = NULL };
	bool waits;

	(void)pthread_mutex_lock(&lock->guard);
	waits = lock->held;
	lock->held = true;
	if (waits) {
		wish.waiter = waiter_self();
		/* The wish is taken out before this function returns. */
		if (lock->first == NULL)
			lock->first = &wish; /* cppcheck-suppress autoVariables */
		else
			lock->last->next = &wish;
		lock->last = &wish; /* cppcheck-suppress autoVariables */
	}
	(void)pthread_mutex_unlock(&lock->guard);
	while (waits && !atomic_load(&wish.granted))
		(void)waiter_park(RENT_NO_DEADLINE);
}

/* The lock is handed on, so that nobody overtakes those that wait. */
void task_lock_release(struct task_lock *lock)
{
	struct rent_waiter *waiter = NULL;
	struct task_lock_wish *next;

	(void)pthread_mutex_lock(&lock->guard);
	assert(lock->held);
	next = lock->first;
	if (next == NULL) {
		lock->held = false;
	} else {
		lock->first = next->next;
		waiter = next->waiter;
		/* From here on the wish may be gone. */
		atomic_store(&next->granted, true);
	}
	(void)pthread_mutex_unlock(&lock->guard);
	if (waiter != NULL)
		waiter_wake(waiter);
}
