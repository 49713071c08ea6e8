/* SPDX-License-Identifier: MIT
 *
 * events/events.h - the events of a host: published by plugins (rent/host.h) and by the host
 * itself, kept in one ring, read by listeners that each have a cursor. Knows nothing of HTTP.
 *
 * Publishers never wait for a listener: a listener that is slower than the ring learns
 * how many events it missed. Until somebody listens, and again once nobody has for
 * EVENTS_LINGER_US, events get their number and are not kept.
 *
 * All but events_new and events_free: any thread. Publishing takes one short lock and never blocks on I/O.
 */
#ifndef EVENTS_EVENTS_H
#define EVENTS_EVENTS_H

#include "events/event.h"

#define EVENTS_RING      4096 /* entries, unless configured otherwise */
#define EVENTS_BYTES     ((size_t)4 * 1024 * 1024) /* of all of them together */
#define EVENTS_LINGER_US (5 * RENT_MINUTE)
#define EVENTS_TYPES     16 /* types that one listener may choose */

struct events_config {
	size_t ring, bytes;
	int64_t linger_us;
};

struct events;
struct metrics;

/* Begins an epoch. config NULL: the defaults. Its metrics are registered with `metrics`. NULL on
 * ENOMEM. */
struct events *events_new(const struct events_config *config, struct metrics *metrics);
/* Call it when nothing listens or publishes any more. NULL is fine. */
void events_free(struct events *events);

/* Copies. One that is malformed, too long, or for which there is no memory is dropped and
 * counted. */
void events_publish(struct events *events, const char *type, const char *json);
/* The same, about a user: listeners with that subject see it, too. NULL, "": about none. */
void events_publish_of(struct events *events, const char *subject, const char *type,
                       const char *json);

/* ---- own_event.c: an event of the host itself. `at`, the wall time, becomes its last member. */
struct event_member {
	const char *name;
	const char *text; /* NULL: the number */
	int64_t number;
};

/* members ends with a NULL name. */
void events_publish_own(struct events *events, const char *subject, const char *type,
                        const struct event_member *members);

/* Whether events are kept at present: one that costs something to write may be skipped. */
bool events_kept(struct events *events);
void events_skip(struct events *events);

/* ---- listening */

/* Woken for every event: on the publisher's thread, under the lock, so that it may do no more
 * than note it. The caller's memory. */
struct events_listener {
	struct events_listener *next;
	void (*wake)(void *arg);
	void *arg;
};

void events_listen(struct events *events, struct events_listener *listener);
void events_unlisten(struct events *events, struct events_listener *listener);

/* Where a listener stands, and what it wants: types up to the first NULL, none: all. */
struct events_cursor {
	uint64_t next;
	const char *types[EVENTS_TYPES + 1];
	const char *subject; /* only events of this user; NULL: all events */
};

enum events_verdict {
	EVENTS_NONE, /* there is nothing new for it */
	EVENTS_ONE,  /* *ret is the next one, to be given back with event_unref() */
	EVENTS_GAP, /* *ret_missed numbers are not kept any more; the cursor is after them */
};

/* The cursor moves past what is not wanted. */
enum events_verdict events_next(struct events *events, struct events_cursor *cursor,
                                struct event **ret, uint64_t *ret_missed);

/* Whether events_next() would return EVENTS_ONE or EVENTS_GAP. Moves the cursor past what is
 * not wanted. */
bool events_pending(struct events *events, struct events_cursor *cursor);

/* Places the cursor after the event with this id. false: the id is of another epoch, or
 * of none; the cursor is then at the oldest event there is. NULL id: after the
 * newest one. */
bool events_seek(struct events *events, struct events_cursor *cursor, const char *id);

/* "epoch-number" of what lies before the cursor. */
void events_position(const struct events *events, const struct events_cursor *cursor,
                     char out[EVENT_ID_SIZE]);

#endif
