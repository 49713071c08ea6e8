/* SPDX-License-Identifier: MIT
 *
 * events/ring.h - the last events, by number, up to a number of events and of bytes. It has no
 * lock.
 */
#ifndef EVENTS_RING_H
#define EVENTS_RING_H

#include "events/event.h"

struct ring {
	struct event **slots;
	size_t capacity;
	size_t bytes, bytes_max;
	uint64_t first, next; /* what is kept is [first, next); numbers begin with 1 */
};

/* RENT_ENOMEM. */
int ring_init(struct ring *ring, size_t capacity, size_t bytes_max);
void ring_done(struct ring *ring);

/* Takes the event over as number ring->next, which it must have; the oldest make room. */
void ring_put(struct ring *ring, struct event *event);

/* Skips n numbers: a listener that continues from before them gets a gap. */
void ring_skip(struct ring *ring, uint64_t n);

/* NULL: not kept. The reference stays the ring's. */
struct event *ring_get(const struct ring *ring, uint64_t seq);

#endif
