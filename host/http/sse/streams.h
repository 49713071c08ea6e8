/* SPDX-License-Identifier: MIT
 *
 * http/sse/streams.h - the streams of one door: wakes them when there is news, at most
 * every STREAMS_PAUSE_US for all of them together, and looks after those whose client has gone
 * or does not read.
 */
#ifndef HTTP_STREAMS_H
#define HTTP_STREAMS_H

#include "http/sse/stream.h"

#define STREAMS_PAUSE_US 20000  /* between two deliveries; the first one is at once */
#define STREAMS_WATCH_US 500000 /* between two looks at the sockets */

struct metrics;
struct rent_metric;

struct streams {
	struct stream *first;
	unsigned count;
	struct events *events;
	struct rent_metric *open;        /* of all doors */
	struct events_listener listener; /* while count > 0 */
	atomic_bool news;                /* set by publishers */
	int64_t delivered_us, watched_us, ending_us;
	void (*ring)(void *arg);
	void *ring_arg;
};

/* ring(arg) makes the next turn come soon; any thread. */
void streams_init(struct streams *streams, struct metrics *metrics, struct events *events,
                  void (*ring)(void *arg), void *arg);

void streams_add(struct streams *streams, struct stream *stream);
/* … and frees it. */
void streams_remove(struct streams *streams, struct stream *stream);

/* Once in every turn of the door, before the library runs. end: every stream ends; now_or_never:
 * whether its client reads or not. */
void streams_turn(struct streams *streams, int64_t now, bool end, bool now_or_never);

/* How long the door may wait, at most limit_ms. */
int streams_wait_ms(const struct streams *streams, int limit_ms);

#endif
