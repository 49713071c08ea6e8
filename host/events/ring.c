/* SPDX-License-Identifier: MIT
 *
 * events/ring.c - see ring.h.
 */
#include "events/ring.h"

#include <assert.h>
#include <stdlib.h>

int ring_init(struct ring *ring, size_t capacity, size_t bytes_max)
{
	*ring = (struct ring){
		.capacity = capacity, .bytes_max = bytes_max, .first = 1, .next = 1
	};
	ring->slots = calloc(capacity, sizeof(struct event *));
	return ring->slots == NULL ? RENT_ENOMEM : 0;
}

static struct event **slot(const struct ring *ring, uint64_t seq)
{
	return &ring->slots[seq % ring->capacity];
}

static void drop_oldest(struct ring *ring)
{
	struct event **at = slot(ring, ring->first++);

	ring->bytes -= (*at)->size;
	event_unref(*at);
	*at = NULL;
}

static void clear(struct ring *ring)
{
	while (ring->first < ring->next)
		drop_oldest(ring);
}

void ring_done(struct ring *ring)
{
	if (ring->slots != NULL)
		clear(ring);
	free(ring->slots);
	*ring = (struct ring){ .slots = NULL };
}

void ring_put(struct ring *ring, struct event *event)
{
	assert(event->seq == ring->next);
	while (ring->first < ring->next && (ring->next - ring->first == ring->capacity ||
	                                    ring->bytes + event->size > ring->bytes_max))
		drop_oldest(ring);
	*slot(ring, ring->next++) = event;
	ring->bytes += event->size;
}

void ring_skip(struct ring *ring, uint64_t n)
{
	clear(ring);
	ring->next += n;
	ring->first = ring->next;
}

struct event *ring_get(const struct ring *ring, uint64_t seq)
{
	return seq < ring->first || seq >= ring->next ? NULL : *slot(ring, seq);
}
