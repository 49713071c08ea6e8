/* SPDX-License-Identifier: MIT
 *
 * events/event.c - see event.h.
 */
#include "events/event.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_ROOM (EVENT_ID_SIZE + 8) /* "id: …\n", written last */

bool event_type_ok(const char *type, size_t size)
{
	if (size == 0 || size >= EVENT_TYPE_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((type[i] < 'a' || type[i] > 'z') && type[i] != '_')
			return false;
	return true;
}

bool event_json_ok(const char *json, size_t size)
{
	if (size < 2 || json[0] != '{' || json[size - 1] != '}')
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)json[i] < 0x20)
			return false;
	return true;
}

struct event *event_new(const char *type, const char *json, size_t size, int64_t wall_us)
{
	size_t room = HEAD_ROOM + size + EVENT_TYPE_SIZE + 24;
	struct event *event = malloc(sizeof(*event) + room);
	int n;

	if (event == NULL)
		return NULL;
	atomic_init(&event->refs, 1);
	event->seq = 0;
	event->wall_us = wall_us;
	(void)rent_copy(event->type, sizeof(event->type), type);
	n = snprintf(event->text + HEAD_ROOM, room - HEAD_ROOM, "event: %s\ndata: %s\n\n",
	             type, json);
	event->begin = HEAD_ROOM;
	event->size = (size_t)n;
	return event;
}

void event_id(const char *epoch, uint64_t seq, char out[EVENT_ID_SIZE])
{
	(void)snprintf(out, EVENT_ID_SIZE, "%s-%" PRIu64, epoch, seq);
}

void event_number(struct event *event, const char *epoch, uint64_t seq)
{
	char id[EVENT_ID_SIZE], head[HEAD_ROOM];
	size_t n;

	event_id(epoch, seq, id);
	n = (size_t)snprintf(head, sizeof(head), "id: %s\n", id);
	event->seq = seq;
	event->begin -= n;
	event->size += n;
	memcpy(event->text + event->begin, head, n);
}

struct event *event_ref(struct event *event)
{
	(void)atomic_fetch_add_explicit(&event->refs, 1, memory_order_relaxed);
	return event;
}

void event_unref(struct event *event)
{
	if (event != NULL && atomic_fetch_sub(&event->refs, 1) == 1)
		free(event);
}
