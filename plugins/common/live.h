/* SPDX-License-Identifier: MIT
 *
 * live.h - what a cabinet says now, for catalogues that know where cabinets stand and not what is
 * in them. It asks the bound station instance, and keeps nothing.
 */
#ifndef COMMON_LIVE_H
#define COMMON_LIVE_H

#include <pthread.h>
#include <rent/plugin.h>
#include <rent/station.h>

struct live {
	const struct rent_host *host;
	/* Zeroed where no station is bound, or it cannot look into cabinets. */
	struct rent_station station;
	void *self;
	/* build and parse of one are never called twice at once. */
	pthread_mutex_t lock;
};

void live_init(struct live *live, const struct rent_host *host);
void live_done(struct live *live);
/* In start(): takes up what is bound as `need`. */
void live_bind(struct live *live, const char *need);

bool live_can_ask(const struct live *live);
/* Waits for the answer. A cabinet that cannot be asked is UNKNOWN, with a note. */
void live_ask(struct live *live, const char *cabinet_id, struct rent_arena *arena,
              struct rent_station_snapshot *ret);

#endif
