/* SPDX-License-Identifier: MIT
 *
 * tests/support/redis/redis.h - a Redis server, or a sentinel, of a test's own: on a free
 * loopback port, without files but a sentinel's. It ends when the test frees it or dies.
 * Anything that fails aborts with a message.
 */
#ifndef TEST_REDIS_H
#define TEST_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis;

/* args: further arguments of redis-server ("--requirepass", "x"), ended by NULL; NULL: none.
 * They must outlive it. Returns when it answers. */
struct redis *redis_new(const char *const *args);
/* A replica of another one, in step with it. */
struct redis *redis_replica_new(const struct redis *of);
/* A sentinel that watches `master` under this name and alone decides, after 300 ms of silence.
 * Returns when it knows of `replicas` replicas. */
struct redis *redis_sentinel_new(const char *name, const struct redis *master,
                                 int replicas);
void redis_free(struct redis *r);

int redis_port(const struct redis *r);
const char *redis_url(const struct redis *r); /* redis://127.0.0.1:port */

void redis_pause(struct redis *r);
void redis_continue(struct redis *r);
void redis_kill(struct redis *r);  /* SIGKILL; all it knew is gone */
void redis_start(struct redis *r); /* on the same port; returns when it answers */

/* One command of an operator's. The reply's text, or its number as text, to be freed; NULL
 * for nil. An error reply aborts. */
char *redis_ask(const struct redis *r, int argc, const char *const *argv);
/* … in words: "DEL key". */
void redis_say(const struct redis *r, const char *words);
void redis_set(const struct redis *r, const char *key, const void *value, size_t size);
/* fn(arg, key) for every key. */
void redis_each(const struct redis *r, void (*fn)(void *arg, const char *key), void *arg);
int64_t redis_keys(const struct redis *r);

#endif
