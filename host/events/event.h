/* SPDX-License-Identifier: MIT
 *
 * events/event.h - one event, already written as the lines of text/event-stream that every
 * listener gets. Shared by the ring and by those who are sending it, so it is counted.
 */
#ifndef EVENTS_EVENT_H
#define EVENTS_EVENT_H

#include <rent/base.h>
#include <stdatomic.h>

#define EVENT_TYPE_SIZE  33   /* [a-z_]{1,32} */
#define EVENT_JSON_MAX   4096 /* bytes of the object; a longer one is dropped */
#define EVENT_EPOCH_SIZE 9    /* 8 hex digits */
#define EVENT_ID_SIZE    40   /* "epoch-sequence" */

struct event {
	atomic_uint refs;
	uint64_t seq;
	int64_t wall_us;
	char type[EVENT_TYPE_SIZE];
	char subject[RENT_ID_SIZE]; /* whose it is; "": nobody's */
	size_t begin, size;         /* of what is sent, in text */
	char text[];
};

/* [a-z_]{1,32}. */
bool event_type_ok(const char *type, size_t size);

/* Whether json is one object on one line, as far as that shows without parsing it: what
 * would break the framing of the stream is refused. */
bool event_json_ok(const char *json, size_t size);

/* With one reference, without a number. type and json have been checked. NULL on ENOMEM. */
struct event *event_new(const char *type, const char *json, size_t size, int64_t wall_us);

/* Gives it its number and writes its id. Before anybody else sees it. */
void event_number(struct event *event, const char *epoch, uint64_t seq);

struct event *event_ref(struct event *event);
void event_unref(struct event *event); /* NULL is fine */

/* "epoch-sequence" */
void event_id(const char *epoch, uint64_t seq, char out[EVENT_ID_SIZE]);

#endif
