/* SPDX-License-Identifier: MIT
 *
 * crowd.h - many threads let go at once.
 */
#ifndef TEST_CROWD_H
#define TEST_CROWD_H

#include <stddef.h>

/* Runs fn(item) for every one of n items, each on a separate thread; none begins before all
 * are there. Returns when all have ended. */
void crowd_run(unsigned n, void (*fn)(void *item), void *items, size_t item_size);

/* The same in the background. crowd_join waits and frees. */
struct crowd;
struct crowd *crowd_start(unsigned n, void (*fn)(void *item), void *items,
                          size_t item_size);
void crowd_join(struct crowd *crowd);

#endif
