/* SPDX-License-Identifier: MIT
 *
 * bell.h - a wake-up for many: one system call wakes all threads that listen to a bell.
 * They wait for a condition in memory, and look at it again after each ring.
 *
 *     uint32_t heard = bell_listen(&bell);      ring: atomic_store(&done, true);
 *     if (!atomic_load(&done))                        bell_ring(&bell);
 *             bell_wait(&bell, heard);
 *
 * Listening before looking is what makes a ring in between not get lost.
 */
#ifndef COMMON_BELL_H
#define COMMON_BELL_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bell {
	_Atomic uint32_t rung; /* how often; wraps around */
};

static inline uint32_t bell_listen(struct bell *bell)
{
	return atomic_load(&bell->rung);
}

/* Returns once the bell was rung after `heard`, or for no reason. */
static inline void bell_wait(struct bell *bell, uint32_t heard)
{
	(void)syscall(SYS_futex, &bell->rung, FUTEX_WAIT_PRIVATE, heard, NULL, NULL, 0);
}

static inline void bell_ring(struct bell *bell)
{
	(void)atomic_fetch_add(&bell->rung, 1);
	(void)syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#endif
