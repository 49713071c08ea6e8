/* SPDX-License-Identifier: MIT
 *
 * waiting.h - conditions with a limit, by the monotonic clock of the system.
 */
#ifndef STORAGE_POSTGRES_WAITING_H
#define STORAGE_POSTGRES_WAITING_H

#include <pthread.h>
#include <stdint.h>

int64_t waiting_now_us(void);

/* A condition for waiting_until(); pthread_cond_destroy() ends it. */
void waiting_init(pthread_cond_t *cond);

/* Waits for cond until waiting_now_us() is until, or less; lock is held. */
void waiting_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
