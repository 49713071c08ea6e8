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
	/* He says "stop", or puts the powerbank of order_id in, at a cabinet; NULL: he says it at
	 * "minute". */
	const char *cabinet, *powerbank;
	const char *stubs;
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
/* returns.c */
extern const struct race races_of_returns[];
extern const size_t race_of_returns_count;

/* The first n racers are let go at once; neighbours ask different hosts. */
void ring_start(struct ring *ring, unsigned n);
void ring_stop(struct ring *ring, unsigned n);
/* Each does what he has: starts with a quote, puts a powerbank in, else stops. */
void ring_mixed(struct ring *ring, unsigned n);

#endif
