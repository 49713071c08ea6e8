/* SPDX-License-Identifier: MIT
 *
 * live.h - what a cabinet says now, for catalogues that know where cabinets stand and not what is
 * in them. It asks the bound station instances, each for its own cabinets, and keeps nothing.
 */
#ifndef COMMON_LIVE_H
#define COMMON_LIVE_H

#include <pthread.h>
#include <rent/plugin.h>
#include <rent/station.h>

/* Needs of a catalogue: the services of cabinets that it can ask. */
#define LIVE_NEEDS                                                                    \
	{ "station", RENT_KIND_STATION, true,                                         \
	  "says what is in a cabinet; without it every slot counts as taken. A list " \
	  "where stations name their vendor" },                                       \
		{ "station_2", RENT_KIND_STATION, true, "the second of the list" },   \
		{ "station_3", RENT_KIND_STATION, true, "the third" },                \
	{                                                                             \
		"station_4", RENT_KIND_STATION, true, "the fourth"                    \
	}
#define LIVE_PORTS 4

struct live_port {
	const struct rent_host *host;
	const char *instance;
	struct rent_station station;
	void *self;
	/* build and parse of one are never called twice at once. */
	pthread_mutex_t lock;
};

struct live {
	const struct rent_host *host;
	struct live_port ports[LIVE_PORTS];
	size_t count;
};

void live_init(struct live *live, const struct rent_host *host);
void live_done(struct live *live);
/* In start(): takes up what is bound. */
void live_bind(struct live *live);

/* The service of this name; NULL: the first that is bound. NULL: there is none. */
struct live_port *live_port(struct live *live, const char *instance);
/* port may be NULL. */
bool live_can_ask(const struct live_port *port);
/* Waits for the answer. A cabinet that cannot be asked is UNKNOWN, with a note. */
void live_ask(struct live_port *port, const char *cabinet_id, struct rent_arena *arena,
              struct rent_station_snapshot *ret);

#endif
