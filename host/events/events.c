/* SPDX-License-Identifier: MIT
 *
 * events/events.c - see events.h.
 */
#include "events/events.h"

#include "base/clock.h"
#include "base/id.h"
#include "events/ring.h"
#include "metrics/metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct events {
	pthread_mutex_t lock;
	struct ring ring;
	struct events_listener *listeners;
	int64_t linger_us;
	char epoch[EVENT_EPOCH_SIZE];
	struct rent_metric *published, *dropped;

	/* Without the lock: a publisher whom nobody listens to takes none. */
	_Atomic int64_t kept_until_us;
	_Atomic uint64_t skipped;
};

static void register_metrics(struct events *events, struct metrics *metrics)
{
	static const struct rent_metric_def published = {
		.struct_size = sizeof(published),
		.type = RENT_COUNTER,
		.name = "rentald_events_total",
		.help = "Events published while somebody listened, by type.",
		.labels = { "type" },
	};
	static const struct rent_metric_def dropped = {
		.struct_size = sizeof(dropped),
		.type = RENT_COUNTER,
		.name = "rentald_events_dropped_total",
		.help = "Events that were malformed, too_long, or met with no memory.",
		.labels = { "reason" },
	};

	events->published = metrics_register(metrics, &published);
	events->dropped = metrics_register(metrics, &dropped);
}

struct events *events_new(const struct events_config *config, struct metrics *metrics)
{
	static const struct events_config usual = { EVENTS_RING, EVENTS_BYTES,
		                                    EVENTS_LINGER_US };
	struct events *events = calloc(1, sizeof(*events));

	if (config == NULL)
		config = &usual;
	if (events == NULL ||
	    ring_init(&events->ring, config->ring, config->bytes) != 0) {
		free(events);
		return NULL;
	}
	(void)pthread_mutex_init(&events->lock, NULL);
	id_hex(events->epoch, (EVENT_EPOCH_SIZE - 1) / 2);
	events->linger_us = config->linger_us;
	register_metrics(events, metrics);
	return events;
}

void events_free(struct events *events)
{
	if (events == NULL)
		return;
	assert(events->listeners == NULL);
	ring_done(&events->ring);
	(void)pthread_mutex_destroy(&events->lock);
	free(events);
}

/* ---- publishing ----------------------------------------------------------------------- */

/* 0, before anybody has listened, is asked without looking at the clock. */
bool events_kept(struct events *events)
{
	int64_t until = atomic_load(&events->kept_until_us);

	return until != 0 && clock_mono_us() < until;
}

void events_skip(struct events *events)
{
	(void)atomic_fetch_add(&events->skipped, 1);
}

/* Under the lock, before anything is read or put: the numbers given without it. */
static void catch_up(struct events *events)
{
	uint64_t n = atomic_exchange(&events->skipped, 0);

	if (n > 0)
		ring_skip(&events->ring, n);
}

static void count_dropped(struct events *events, const char *reason)
{
	const char *labels[] = { reason };

	metrics_add(events->dropped, 1, labels);
}

static void publish_event(struct events *events, struct event *event)
{
	(void)pthread_mutex_lock(&events->lock);
	catch_up(events);
	event_number(event, events->epoch, events->ring.next);
	ring_put(&events->ring, event);
	for (struct events_listener *l = events->listeners; l != NULL; l = l->next)
		l->wake(l->arg);
	(void)pthread_mutex_unlock(&events->lock);
}

void events_publish(struct events *events, const char *type, const char *json)
{
	events_publish_of(events, NULL, type, json);
}

void events_publish_of(struct events *events, const char *subject, const char *type,
                       const char *json)
{
	size_t n = strnlen(json, EVENT_JSON_MAX + 1);
	const char *labels[] = { type };
	struct event *event;

	if (n > EVENT_JSON_MAX) {
		count_dropped(events, "too_long");
		return;
	}
	if (!event_type_ok(type, strnlen(type, EVENT_TYPE_SIZE)) ||
	    !event_json_ok(json, n)) {
		count_dropped(events, "malformed");
		return;
	}
	if (!events_kept(events)) {
		events_skip(events);
		return;
	}
	metrics_add(events->published, 1, labels);
	event = event_new(type, json, n, clock_wall_us());
	if (event == NULL) {
		count_dropped(events, "no_memory");
		return;
	}
	(void)rent_copy(event->subject, sizeof(event->subject), subject);
	publish_event(events, event);
}

/* ---- listening ------------------------------------------------------------------------ */

void events_listen(struct events *events, struct events_listener *listener)
{
	(void)pthread_mutex_lock(&events->lock);
	listener->next = events->listeners;
	events->listeners = listener;
	atomic_store(&events->kept_until_us, INT64_MAX);
	(void)pthread_mutex_unlock(&events->lock);
}

void events_unlisten(struct events *events, struct events_listener *listener)
{
	struct events_listener **at = &events->listeners;

	(void)pthread_mutex_lock(&events->lock);
	while (*at != listener)
		at = &(*at)->next;
	*at = listener->next;
	if (events->listeners == NULL)
		atomic_store(&events->kept_until_us, clock_mono_us() + events->linger_us);
	(void)pthread_mutex_unlock(&events->lock);
}

static bool wants(const struct events_cursor *cursor, const struct event *event)
{
	if (cursor->subject != NULL && strcmp(cursor->subject, event->subject) != 0)
		return false;
	if (cursor->types[0] == NULL)
		return true;
	for (const char *const *type = cursor->types; *type != NULL; type++)
		if (strcmp(*type, event->type) == 0)
			return true;
	return false;
}

/* Under the lock. NULL: a gap, or nothing. */
static struct event *next_wanted(struct events *events, struct events_cursor *cursor)
{
	catch_up(events);
	while (cursor->next >= events->ring.first && cursor->next < events->ring.next) {
		struct event *event = ring_get(&events->ring, cursor->next);

		if (wants(cursor, event))
			return event;
		cursor->next++;
	}
	return NULL;
}

enum events_verdict events_next(struct events *events, struct events_cursor *cursor,
                                struct event **ret, uint64_t *ret_missed)
{
	enum events_verdict verdict = EVENTS_NONE;
	struct event *event;

	(void)pthread_mutex_lock(&events->lock);
	event = next_wanted(events, cursor);
	if (event != NULL) {
		*ret = event_ref(event);
		cursor->next++;
		verdict = EVENTS_ONE;
	} else if (cursor->next < events->ring.first) {
		*ret_missed = events->ring.first - cursor->next;
		cursor->next = events->ring.first;
		verdict = EVENTS_GAP;
	}
	(void)pthread_mutex_unlock(&events->lock);
	return verdict;
}

bool events_pending(struct events *events, struct events_cursor *cursor)
{
	bool pending;

	(void)pthread_mutex_lock(&events->lock);
	pending =
		next_wanted(events, cursor) != NULL || cursor->next < events->ring.first;
	(void)pthread_mutex_unlock(&events->lock);
	return pending;
}

/* The number of an id of this epoch; 0 and up, or -1. */
static int64_t number_of(const struct events *events, const char *id)
{
	size_t n = strlen(events->epoch);
	int64_t seq = 0;

	if (strncmp(id, events->epoch, n) != 0 || id[n] != '-')
		return -1;
	id += n + 1;
	if (*id == '\0' || strlen(id) > 18)
		return -1;
	for (; *id >= '0' && *id <= '9'; id++)
		seq = seq * 10 + (*id - '0');
	return *id == '\0' ? seq : -1;
}

bool events_seek(struct events *events, struct events_cursor *cursor, const char *id)
{
	int64_t seq = id == NULL ? -1 : number_of(events, id);
	bool known;

	(void)pthread_mutex_lock(&events->lock);
	catch_up(events);
	known = id == NULL || (seq >= 0 && (uint64_t)seq < events->ring.next);
	if (id == NULL)
		cursor->next = events->ring.next;
	else
		cursor->next = known ? (uint64_t)seq + 1 : events->ring.first;
	(void)pthread_mutex_unlock(&events->lock);
	return known;
}

void events_position(const struct events *events, const struct events_cursor *cursor,
                     char out[EVENT_ID_SIZE])
{
	event_id(events->epoch, cursor->next - 1, out);
}
