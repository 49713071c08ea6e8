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

static struct {
	pthread_mutex_t lock;
	struct ring ring;
	struct events_listener *listeners;
	int64_t linger_us;
	char epoch[EVENT_EPOCH_SIZE];
	struct rent_metric *published, *dropped;

	/* Without the lock: a publisher whom nobody listens to takes none. */
	_Atomic int64_t kept_until_us;
	_Atomic uint64_t skipped;
} hub = { .lock = PTHREAD_MUTEX_INITIALIZER };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void register_metrics(void)
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

	hub.published = metrics_register(&published);
	hub.dropped = metrics_register(&dropped);
}

static int begin(const struct events_config *config)
{
	id_hex(hub.epoch, (EVENT_EPOCH_SIZE - 1) / 2);
	hub.linger_us = config->linger_us;
	register_metrics();
	atomic_store(&hub.skipped, 0);
	atomic_store(&hub.kept_until_us, clock_mono_us() + config->linger_us);
	return ring_init(&hub.ring, config->ring, config->bytes);
}

static void begin_default(void)
{
	const struct events_config config = { EVENTS_RING, EVENTS_BYTES,
		                              EVENTS_LINGER_US };

	if (hub.ring.slots == NULL && begin(&config) != 0)
		abort(); /* 32 KiB at the start of the process */
}

static void ready(void)
{
	(void)pthread_once(&once, begin_default);
}

int events_setup(const struct events_config *config)
{
	ready();
	assert(hub.listeners == NULL);
	ring_done(&hub.ring);
	return begin(config);
}

/* Events published later only get a number. */
void events_done(void)
{
	ready();
	(void)pthread_mutex_lock(&hub.lock);
	atomic_store(&hub.kept_until_us, 0);
	ring_skip(&hub.ring, 0);
	(void)pthread_mutex_unlock(&hub.lock);
}

/* ---- publishing ----------------------------------------------------------------------- */

bool events_kept(void)
{
	ready();
	return clock_mono_us() < atomic_load(&hub.kept_until_us);
}

void events_skip(void)
{
	(void)atomic_fetch_add(&hub.skipped, 1);
}

/* Under the lock, before anything is read or put: the numbers given without it. */
static void catch_up(void)
{
	uint64_t n = atomic_exchange(&hub.skipped, 0);

	if (n > 0)
		ring_skip(&hub.ring, n);
}

static void drop(const char *reason)
{
	const char *labels[] = { reason };

	metrics_add(hub.dropped, 1, labels);
}

static void put(struct event *event)
{
	(void)pthread_mutex_lock(&hub.lock);
	catch_up();
	event_number(event, hub.epoch, hub.ring.next);
	ring_put(&hub.ring, event);
	for (struct events_listener *l = hub.listeners; l != NULL; l = l->next)
		l->wake(l->arg);
	(void)pthread_mutex_unlock(&hub.lock);
}

void events_publish(const char *type, const char *json)
{
	size_t n = strnlen(json, EVENT_JSON_MAX + 1);
	const char *labels[] = { type };
	struct event *event;

	ready();
	if (n > EVENT_JSON_MAX) {
		drop("too_long");
		return;
	}
	if (!event_type_ok(type, strnlen(type, EVENT_TYPE_SIZE)) ||
	    !event_json_ok(json, n)) {
		drop("malformed");
		return;
	}
	if (!events_kept()) {
		events_skip();
		return;
	}
	metrics_add(hub.published, 1, labels);
	event = event_new(type, json, n, clock_wall_us());
	if (event == NULL)
		drop("no_memory");
	else
		put(event);
}

/* ---- listening ------------------------------------------------------------------------ */

void events_listen(struct events_listener *listener)
{
	ready();
	(void)pthread_mutex_lock(&hub.lock);
	listener->next = hub.listeners;
	hub.listeners = listener;
	atomic_store(&hub.kept_until_us, INT64_MAX);
	(void)pthread_mutex_unlock(&hub.lock);
}

void events_unlisten(struct events_listener *listener)
{
	struct events_listener **at = &hub.listeners;

	(void)pthread_mutex_lock(&hub.lock);
	while (*at != listener)
		at = &(*at)->next;
	*at = listener->next;
	if (hub.listeners == NULL)
		atomic_store(&hub.kept_until_us, clock_mono_us() + hub.linger_us);
	(void)pthread_mutex_unlock(&hub.lock);
}

static bool wants(const struct events_cursor *cursor, const struct event *event)
{
	if (cursor->types[0] == NULL)
		return true;
	for (const char *const *type = cursor->types; *type != NULL; type++)
		if (strcmp(*type, event->type) == 0)
			return true;
	return false;
}

/* Under the lock. NULL: a gap, or nothing. */
static struct event *look(struct events_cursor *cursor)
{
	catch_up();
	while (cursor->next >= hub.ring.first && cursor->next < hub.ring.next) {
		struct event *event = ring_get(&hub.ring, cursor->next);

		if (wants(cursor, event))
			return event;
		cursor->next++;
	}
	return NULL;
}

enum events_verdict events_next(struct events_cursor *cursor, struct event **ret,
                                uint64_t *ret_missed)
{
	enum events_verdict verdict = EVENTS_NONE;
	struct event *event;

	(void)pthread_mutex_lock(&hub.lock);
	event = look(cursor);
	if (event != NULL) {
		*ret = event_ref(event);
		cursor->next++;
		verdict = EVENTS_ONE;
	} else if (cursor->next < hub.ring.first) {
		*ret_missed = hub.ring.first - cursor->next;
		cursor->next = hub.ring.first;
		verdict = EVENTS_GAP;
	}
	(void)pthread_mutex_unlock(&hub.lock);
	return verdict;
}

bool events_pending(struct events_cursor *cursor)
{
	bool pending;

	(void)pthread_mutex_lock(&hub.lock);
	pending = look(cursor) != NULL || cursor->next < hub.ring.first;
	(void)pthread_mutex_unlock(&hub.lock);
	return pending;
}

/* The number of an id of this life; 0 and up, or -1. */
static int64_t number_of(const char *id)
{
	size_t n = strlen(hub.epoch);
	int64_t seq = 0;

	if (strncmp(id, hub.epoch, n) != 0 || id[n] != '-')
		return -1;
	id += n + 1;
	if (*id == '\0' || strlen(id) > 18)
		return -1;
	for (; *id >= '0' && *id <= '9'; id++)
		seq = seq * 10 + (*id - '0');
	return *id == '\0' ? seq : -1;
}

bool events_seek(struct events_cursor *cursor, const char *id)
{
	int64_t seq = id == NULL ? -1 : number_of(id);
	bool known;

	ready();
	(void)pthread_mutex_lock(&hub.lock);
	catch_up();
	known = id == NULL || (seq >= 0 && (uint64_t)seq < hub.ring.next);
	if (id == NULL)
		cursor->next = hub.ring.next;
	else
		cursor->next = known ? (uint64_t)seq + 1 : hub.ring.first;
	(void)pthread_mutex_unlock(&hub.lock);
	return known;
}

void events_position(const struct events_cursor *cursor, char out[EVENT_ID_SIZE])
{
	event_id(hub.epoch, cursor->next - 1, out);
}
