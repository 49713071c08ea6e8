/* SPDX-License-Identifier: MIT
 *
 * waiter.c - see waiter.h; and how threads wait.
 */
#include "runtime/waiter.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local struct rent_waiter *current;

void waiter_become(struct rent_waiter *waiter)
{
	current = waiter;
}

/* ---- threads. Their waiters are used again by later threads and never freed. ---------------- */

struct thread_waiter {
	struct rent_waiter waiter; /* first */
	struct thread_waiter *next;
};

static struct {
	pthread_once_t once;
	pthread_key_t key;
	pthread_mutex_t lock;
	struct thread_waiter *unused; /* under lock */
} threads = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

static void thread_ends(void *arg)
{
	struct thread_waiter *w = arg;

	(void)pthread_mutex_lock(&threads.lock);
	w->next = threads.unused;
	threads.unused = w;
	(void)pthread_mutex_unlock(&threads.lock);
}

static void threads_setup(void)
{
	(void)pthread_key_create(&threads.key, thread_ends);
}

static struct rent_waiter *thread_waiter(void)
{
	struct thread_waiter *w;

	(void)pthread_once(&threads.once, threads_setup);
	w = pthread_getspecific(threads.key);
	if (w != NULL)
		return &w->waiter;
	(void)pthread_mutex_lock(&threads.lock);
	w = threads.unused;
	if (w != NULL)
		threads.unused = w->next;
	(void)pthread_mutex_unlock(&threads.lock);
	if (w == NULL)
		w = calloc(1, sizeof(*w));
	if (w == NULL || pthread_setspecific(threads.key, w) != 0)
		abort();
	return &w->waiter;
}

static void thread_park(struct rent_waiter *waiter, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = deadline_us / RENT_SECOND,
		                  .tv_nsec = deadline_us % RENT_SECOND * 1000 };

	while (atomic_load(&waiter->state) == WAITER_PARKED) {
		long r = syscall(SYS_futex, &waiter->state, FUTEX_WAIT_BITSET_PRIVATE,
		                 WAITER_PARKED,
		                 deadline_us == RENT_NO_DEADLINE ? NULL : &until, NULL,
		                 FUTEX_BITSET_MATCH_ANY);

		if (r != 0 && errno == ETIMEDOUT)
			return;
	}
}

/* ---- both kinds -------------------------------------------------------------------------- */

struct rent_waiter *waiter_self(void)
{
	return current != NULL ? current : thread_waiter();
}

bool waiter_park(int64_t deadline_us)
{
	struct rent_waiter *waiter = waiter_self();
	uint32_t none = WAITER_NONE;

	if (atomic_compare_exchange_strong(&waiter->state, &none, WAITER_PARKED)) {
		if (waiter->kind != NULL)
			waiter->kind->park(waiter, deadline_us);
		else
			thread_park(waiter, deadline_us);
	}
	atomic_store(&waiter->state, WAITER_NONE);
	return deadline_us == RENT_NO_DEADLINE || clock_mono_us() < deadline_us;
}

/* Marks up to WAITER_CHUNK waiters as woken, wakes the threads among them and resumes the others,
 * which are all of one kind. */
static void wake_chunk(struct rent_waiter *const *waiters, size_t n)
{
	struct rent_waiter *parked[WAITER_CHUNK];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct rent_waiter *w = waiters[i];

		if (atomic_exchange(&w->state, WAITER_WOKEN) != WAITER_PARKED)
			continue;
		if (w->kind != NULL)
			parked[count++] = w;
		else
			(void)syscall(SYS_futex, &w->state, FUTEX_WAKE_PRIVATE, 1, NULL,
			              NULL, 0);
	}
	if (count > 0)
		parked[0]->kind->resume(parked, count);
}

void waiter_wake_all(struct rent_waiter *const *waiters, size_t n)
{
	for (size_t i = 0; i < n; i += WAITER_CHUNK)
		wake_chunk(waiters + i, n - i < WAITER_CHUNK ? n - i : WAITER_CHUNK);
}

void waiter_wake(struct rent_waiter *waiter)
{
	wake_chunk(&waiter, 1);
}
