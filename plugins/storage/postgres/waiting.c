/* SPDX-License-Identifier: MIT
 *
 * waiting.c - conditions with a limit; see waiting.h.
 */
#include "waiting.h"

#include <rent/base.h>

#include <time.h>

int64_t waiting_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * RENT_SECOND + t.tv_nsec / 1000;
}

void waiting_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void waiting_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	struct timespec t = { .tv_sec = until / RENT_SECOND,
		              .tv_nsec = until % RENT_SECOND * 1000 };

	(void)pthread_cond_timedwait(cond, lock, &t);
}
