/* SPDX-License-Identifier: MIT
 *
 * base/arena.h - the host's implementation of struct rent_arena (rent/base.h): memory that
 * dies with a request, an exchange or a step. One thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <rent/base.h>

#define ARENA_MAX_DEFAULT ((size_t)1024 * 1024)

/* An arena that hands out at most `max` bytes in all. NULL on ENOMEM. */
struct rent_arena *arena_new(size_t max);

/* Frees all it gave. NULL is fine. Any thread. */
void arena_free(struct rent_arena *arena);

/* Bytes handed out so far. */
size_t arena_used(const struct rent_arena *arena);

#endif
