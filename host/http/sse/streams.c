/* SPDX-License-Identifier: MIT
 *
 * http/sse/streams.c - see streams.h.
 */
#include "http/sse/streams.h"

#include "base/clock.h"
#include "http/limits.h"
#include "http/mhd/conn.h"
#include "metrics/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/socket.h>

/* Runs on a publisher's thread, under its lock. The first publisher since the door's last
 * look rings. */
static void wake(void *arg)
{
	struct streams *streams = arg;

	if (!atomic_exchange(&streams->news, true))
		streams->ring(streams->ring_arg);
}

void streams_init(struct streams *streams, struct metrics *metrics, struct events *events,
                  void (*ring)(void *arg), void *arg)
{
	static const struct rent_metric_def def = {
		.struct_size = sizeof(def),
		.type = RENT_GAUGE,
		.name = "rentald_event_streams",
		.help = "Open streams of events.",
	};

	*streams = (struct streams){ .events = events, .ring = ring, .ring_arg = arg };
	streams->open = metrics_register(metrics, &def);
	streams->listener = (struct events_listener){ .wake = wake, .arg = streams };
}

void streams_add(struct streams *streams, struct stream *stream)
{
	stream->prev = NULL;
	stream->next = streams->first;
	if (streams->first != NULL)
		streams->first->prev = stream;
	streams->first = stream;
	if (streams->count++ == 0)
		events_listen(streams->events, &streams->listener);
	metrics_add(streams->open, 1, NULL);
}

void streams_remove(struct streams *streams, struct stream *stream)
{
	if (stream->prev != NULL)
		stream->prev->next = stream->next;
	else
		streams->first = stream->next;
	if (stream->next != NULL)
		stream->next->prev = stream->prev;
	if (--streams->count == 0)
		events_unlisten(streams->events, &streams->listener);
	(void)atomic_fetch_sub(&stream->call->server->streams, 1);
	metrics_add(streams->open, -1, NULL);
	stream_free(stream);
}

static void resume(struct stream *stream)
{
	stream->waiting = false;
	MHD_resume_connection(stream->call->mhd);
}

static void cut(const struct stream *stream)
{
	if (stream->call->conn != NULL)
		(void)shutdown(stream->call->conn->fd, SHUT_RDWR);
}

/* A suspended connection is not watched by the library. */
static bool gone(const struct stream *stream)
{
	char c;
	ssize_t n;

	if (stream->call->conn == NULL)
		return false;
	n = recv(stream->call->conn->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

static void end_stalled(struct streams *streams, int64_t now)
{
	streams->watched_us = now;
	for (struct stream *s = streams->first; s != NULL; s = s->next) {
		if (s->waiting)
			s->ending = s->ending || gone(s);
		else if (now - s->read_us > s->call->server->config.stall_us)
			cut(s);
	}
}

static void deliver(struct streams *streams, int64_t now)
{
	for (struct stream *s = streams->first; s != NULL; s = s->next)
		if (s->waiting && stream_due(s, now))
			resume(s);
}

static void end_all(struct streams *streams, int64_t now, bool now_or_never)
{
	if (streams->ending_us == 0)
		streams->ending_us = now;
	for (struct stream *s = streams->first; s != NULL; s = s->next) {
		s->ending = true;
		if (now_or_never || now - streams->ending_us > HTTP_DRAIN_FRESH_US)
			cut(s);
	}
	deliver(streams, now);
}

void streams_turn(struct streams *streams, int64_t now, bool end, bool now_or_never)
{
	bool look = now - streams->watched_us >= STREAMS_WATCH_US;

	if (streams->count == 0)
		return;
	if (end) {
		end_all(streams, now, now_or_never);
		return;
	}
	if (look)
		end_stalled(streams, now);
	if (!look && now - streams->delivered_us < STREAMS_PAUSE_US)
		return;
	/* Cleared before the ring is read: what comes later wakes again. */
	if (atomic_exchange(&streams->news, false) || look) {
		streams->delivered_us = now;
		deliver(streams, now);
	}
}

int streams_wait_ms(const struct streams *streams, int limit_ms)
{
	int64_t left_us;

	if (streams->count == 0 || !atomic_load(&streams->news))
		return limit_ms;
	left_us = streams->delivered_us + STREAMS_PAUSE_US - clock_mono_us();
	if (left_us <= 0)
		return 0;
	return left_us / 1000 + 1 < limit_ms ? (int)(left_us / 1000 + 1) : limit_ms;
}
