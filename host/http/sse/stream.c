/* SPDX-License-Identifier: MIT
 *
 * http/sse/stream.c - see stream.h.
 */
#include "http/sse/stream.h"

#include "base/clock.h"
#include "http/mhd/conn.h"
#include "http/mhd/tls.h"

#include <jansson.h>
#include <microhttpd.h>
#include <rent/time.h>
#include <stdlib.h>

#define RETRY "retry: 2000\n"

/* ---- events of this stream only ---------------------------------------------------------- */

/* Takes json over. An event that does not fit is left out entirely. */
static void write_event(struct stream *s, const char *id, const char *type, json_t *json)
{
	char at[RENT_TIME_SIZE];
	size_t room = sizeof(s->own) - s->own_size;
	char *text;
	int n = 0;

	rent_time_text(clock_wall_us(), 'T', at);
	(void)json_object_set_new(json, "at", json_string(at));
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (text != NULL)
		n = snprintf(s->own + s->own_size, room, "%s%s%sevent: %s\ndata: %s\n\n",
		             id == NULL ? "" : "id: ", id == NULL ? "" : id,
		             id == NULL ? "" : "\n", type, text);
	free(text);
	if (n > 0 && (size_t)n < room)
		s->own_size += (size_t)n;
}

static void write_gap(struct stream *s, const uint64_t *missed)
{
	char id[EVENT_ID_SIZE];

	events_position(s->call->server->config.events, &s->cursor, id);
	write_event(s, id, "gap",
	            json_pack("{s:o}", "missed",
	                      missed == NULL ? json_null()
	                                     : json_integer((json_int_t)*missed)));
}

/* A client that returns after a break keeps its id until it has the events it missed;
 * otherwise the next break would lose them. */
static void write_hello(struct stream *s, bool new)
{
	const struct http_probe *probe = s->call->server->config.probe;
	char id[EVENT_ID_SIZE];

	events_position(s->call->server->config.events, &s->cursor, id);
	s->own_size = strlen(RETRY);
	memcpy(s->own, RETRY, s->own_size);
	write_event(s, new ? id : NULL, "hello",
	            json_pack("{s:s, s:s, s:s}", "service", probe->service, "version",
	                      probe->version, "position", id));
}

/* Also moves on the id of a listener who chose types, past what he did not want. */
static void write_heartbeat(struct stream *s)
{
	char id[EVENT_ID_SIZE];

	events_position(s->call->server->config.events, &s->cursor, id);
	s->own_size =
		(size_t)snprintf(s->own, sizeof(s->own), ": heartbeat\nid: %s\n\n", id);
}

/* ---- life ------------------------------------------------------------------------------- */

struct stream *stream_new(struct call *call, const struct events_cursor *wanted,
                          const char *last_id)
{
	struct stream *s = calloc(1, sizeof(*s));
	bool known;

	if (s == NULL)
		return NULL;
	s->call = call;
	s->cursor = *wanted;
	known = events_seek(call->server->config.events, &s->cursor, last_id);
	write_hello(s, last_id == NULL);
	if (!known)
		write_gap(s, NULL);
	s->opened_us = s->said_us = s->read_us = clock_mono_us();
	return s;
}

void stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	event_unref(s->event);
	free(s);
}

/* ---- sending ---------------------------------------------------------------------------- */

/* The listener's certificate or authority was renewed, or the credentials that opened the stream have
 * expired, or may have been revoked since. A client who still has good ones connects again and goes on
 * where he was. */
static bool expired(const struct stream *s)
{
	const struct rent_principal *who = s->call->request.principal;
	const struct conn *conn = s->call->conn;

	if (conn != NULL && tls_is_old(s->call->server->tls, conn->tls))
		return true;
	if (who == NULL)
		return false;
	return clock_mono_us() - s->opened_us >= s->call->server->config.stream_life_us ||
	       (who->expires_at != 0 && who->expires_at <= clock_wall_us());
}

static bool silent(const struct stream *s, int64_t now)
{
	return now - s->said_us >= s->call->server->config.heartbeat_us;
}

/* Whether there is something to send, which is then in own or event. */
static bool fetch(struct stream *s)
{
	uint64_t missed;

	if (s->own_sent < s->own_size || s->event != NULL)
		return true;
	s->own_size = s->own_sent = 0;
	s->event_sent = 0;
	switch (events_next(s->call->server->config.events, &s->cursor, &s->event,
	                    &missed)) {
	case EVENTS_ONE:
		return true;
	case EVENTS_GAP:
		write_gap(s, &missed);
		return true;
	case EVENTS_NONE:
		break;
	}
	if (!silent(s, s->read_us))
		return false;
	write_heartbeat(s);
	return true;
}

static size_t copy_unsent(const char *from, size_t size, size_t *sent, char *out,
                          size_t max)
{
	size_t n = size - *sent < max ? size - *sent : max;

	memcpy(out, from + *sent, n);
	*sent += n;
	return n;
}

static size_t copy_next(struct stream *s, char *out, size_t max)
{
	size_t n;

	if (s->own_sent < s->own_size)
		return copy_unsent(s->own, s->own_size, &s->own_sent, out, max);
	n = copy_unsent(s->event->text + s->event->begin, s->event->size, &s->event_sent,
	                out, max);
	if (s->event_sent == s->event->size) {
		event_unref(s->event);
		s->event = NULL;
	}
	return n;
}

ssize_t stream_read(void *cls, uint64_t at, char *out, size_t max)
{
	struct stream *s = cls;
	size_t n = 0;

	(void)at;
	s->read_us = clock_mono_us();
	if (s->ending || expired(s))
		return MHD_CONTENT_READER_END_OF_STREAM;
	while (n < max && fetch(s)) {
		n += copy_next(s, out + n, max - n);
		s->said_us = s->read_us;
	}
	if (n == 0) {
		s->waiting = true;
		MHD_suspend_connection(s->call->mhd);
	}
	s->call->reply.body_size += n;
	return (ssize_t)n;
}

bool stream_due(struct stream *s, int64_t now)
{
	return s->ending || silent(s, now) || expired(s) ||
	       events_pending(s->call->server->config.events, &s->cursor);
}
