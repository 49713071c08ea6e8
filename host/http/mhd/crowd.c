/* SPDX-License-Identifier: MIT
 *
 * crowd.c - see crowd.h.
 */
#include "http/mhd/crowd.h"

#include "http/limits.h"
#include "log/log.h"
#include "metrics/metrics.h"

void crowd_setup(struct http_server *server)
{
	static const struct rent_metric_def def = {
		.struct_size = (uint32_t)sizeof(def),
		.type = RENT_COUNTER,
		.name = "rentald_http_connections_ended_total",
		.help = "Quiet connections that were ended because all were taken.",
		.labels = { "listener" },
	};

	server->ended = metrics_register(server->config.metrics, &def);
}

static bool is_full(struct door *door)
{
	bool full;

	(void)pthread_mutex_lock(&door->lock);
	full = door->conns >= door->conns_max;
	(void)pthread_mutex_unlock(&door->lock);
	return full;
}

static bool all_full(struct http_server *server)
{
	for (unsigned i = 0; i < server->config.event_threads; i++)
		if (!is_full(&server->doors[i]))
			return false;
	return true;
}

static int64_t patience(const struct conn *conn)
{
	if (conn->midway)
		return HTTP_FULL_MIDWAY_US;
	return conn->requests == 0 ? HTTP_FULL_FRESH_US : HTTP_FULL_QUIET_US;
}

/* The list begins with the one that has been quiet the longest. */
static unsigned end_quiet(struct door *door, int64_t now)
{
	struct conn *conn, *next;
	unsigned n = 0;

	for (conn = door->quiet; conn != NULL; conn = next) {
		int64_t quiet_us = now - conn->since_us;

		next = conn->next;
		/* The library reads a new connection in the turn after the one that accepts it. */
		if (quiet_us < HTTP_FULL_FRESH_US ||
		    conn->since_us >= door->crowd_turn_us)
			break;
		if (quiet_us < patience(conn))
			continue;
		door_conn_cut(door, conn);
		n++;
	}
	return n;
}

void crowd_turn(struct door *door, int64_t now)
{
	const char *name = door->server->config.name;
	bool full = door->quiet != NULL && is_full(door) && all_full(door->server);
	unsigned n = full ? end_quiet(door, now) : 0;

	door->crowd_turn_us = now;
	if (n > 0)
		door->crowd_ended_us = now;
	door->crowded = full || (door->crowd_ended_us != 0 &&
	                         now - door->crowd_ended_us < HTTP_FULL_BRISK_US);
	if (n == 0)
		return;
	metrics_add(door->server->ended, n, (const char *const[]){ name });
	if (now - door->crowd_said_us < HTTP_FULL_SAID_US && door->crowd_said_us != 0)
		return;
	door->crowd_said_us = now;
	log_write(
		RENT_LOG_WARN, "http",
		(const struct rent_field[]){ { "listener", name }, { NULL, NULL } },
		"every connection of the listener is taken: those that have been quiet the "
		"longest are ended; raise max_connections, or find the clients that keep them");
}

bool crowd_is_busy(const struct door *door)
{
	unsigned spare = door->conns_max < HTTP_SPARE_FROM
	                         ? 0
	                         : door->conns_max / HTTP_SPARE_PART + 1;

	return spare > 0 &&
	       door->working + door->streams.count >= door->conns_max - spare;
}
