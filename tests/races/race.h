/* SPDX-License-Identifier: MIT
 *
 * race.h - many at once at one thing: what they race for, and what must be true after it.
 */
#ifndef RACES_RACE_H
#define RACES_RACE_H

#include <run.h>

#define RACERS 64

struct racer {
	const char *url; /* whose host he asks */
	char key[129], quote_id[65], order_id[65];
	long status;
	bool later; /* Retry-After */
	char body[512], finished_at[64];
};

struct ring {
	struct run run;
	unsigned hosts; /* API hosts, one or two */
	struct racer racers[RACERS];
};

struct race {
	const char *name;
	void (*round)(struct ring *ring);
};

extern const struct race races[];
extern const size_t race_count;

/* The first n racers are let go at once; neighbours ask different hosts. */
void ring_start(struct ring *ring, unsigned n);
void ring_stop(struct ring *ring, unsigned n);

#endif
