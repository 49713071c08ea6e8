/* SPDX-License-Identifier: MIT
 *
 * runtime/task_lock.h - a lock that may be held across waits: tasks and threads that want it
 * park, and get it in the order in which they came.
 */
#ifndef HOST_RUNTIME_TASK_LOCK_H
#define HOST_RUNTIME_TASK_LOCK_H

#include <pthread.h>
#include <stdbool.h>

struct task_lock_wish;

struct task_lock {
	pthread_mutex_t guard; /* of the members below; never held across a wait */
	bool held;
	struct task_lock_wish *first, *last;
};

void task_lock_init(struct task_lock *lock);
void task_lock_done(struct task_lock *lock);
void task_lock_acquire(struct task_lock *lock);
void task_lock_release(struct task_lock *lock);

#endif
