/* SPDX-License-Identifier: MIT
 *
 * runtime/pool.h - worker threads behind a bounded queue. Full is said at once; nothing here
 * waits for room.
 */
#ifndef HOST_RUNTIME_POOL_H
#define HOST_RUNTIME_POOL_H

#include <rent/base.h>

struct pool;

/* Starts the threads. RENT_ENOMEM, RENT_EFAIL. */
int pool_new(unsigned workers, size_t queue_max, struct pool **ret,
             struct rent_error *err);

/* Runs fn(arg) on a worker. RENT_EFULL when queue_max jobs are waiting, RENT_EUNAVAIL once
 * pool_drain() began; fn is not called then. Any thread. */
int pool_submit(struct pool *pool, void (*fn)(void *arg), void *arg);

/* Returns when nothing is queued and nothing is being done. Not on a worker. */
void pool_settle(struct pool *pool);

/* Takes no more, returns when all that was queued has been done. Not on a worker. */
void pool_drain(struct pool *pool);

/* Drains, ends the threads. NULL is fine. */
void pool_free(struct pool *pool);

#endif
