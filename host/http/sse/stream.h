/* SPDX-License-Identifier: MIT
 *
 * http/sse/stream.h - one reply that goes on: the events of the process as text/event-stream. Has
 * no thread: while there is nothing to send its connection is suspended, and the door that it
 * belongs to resumes it (streams.h). On the loop only.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "events/events.h"
#include "http/call.h"

#include <sys/types.h>

/* Bytes of the events of one stream only: hello, gap, heartbeat. */
#define STREAM_OWN_SIZE 512

struct stream {
	struct stream *prev, *next; /* of the door */
	struct call *call;
	struct events_cursor cursor;
	char own[STREAM_OWN_SIZE];
	size_t own_size, own_sent;
	struct event *event; /* being sent; a reference */
	size_t event_sent;
	int64_t opened_us;
	int64_t said_us; /* something was last sent */
	int64_t read_us; /* the library last had room; what it has not sent since then waits */
	bool waiting; /* suspended */
	bool ending;
};

/* Opens one for a request that asks for events: places the cursor and writes the greeting.
 * last_id may be NULL. NULL on ENOMEM. */
struct stream *stream_new(struct call *call, const struct events_cursor *wanted,
                          const char *last_id);
void stream_free(struct stream *stream);

/* The content reader of libmicrohttpd. */
ssize_t stream_read(void *cls, uint64_t at, char *out, size_t max);

/* Suspended: has it something to send, or to end? */
bool stream_due(struct stream *stream, int64_t now);

#endif
