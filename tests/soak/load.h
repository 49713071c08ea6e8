/* SPDX-License-Identifier: MIT
 *
 * load.h - the customers of a soak. They arrive by a schedule, whatever happens to earlier
 * ones (open loop), each on a separate thread, and are patient: a customer without an answer
 * repeats the request under the same key until there is one.
 */
#ifndef SOAK_LOAD_H
#define SOAK_LOAD_H

#include "fleet.h"
#include "history.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

/* What kind of customer. */
enum habit {
	HABIT_PLAIN,     /* rents, looks, brings it back */
	HABIT_HASTY,     /* hangs up before the answer to the start, and asks again */
	HABIT_LATER,     /* gives up after the first try, and comes back much later */
	HABIT_GONE,      /* … and never comes back */
	HABIT_TWO_KEYS,  /* two phones, two keys, one quote */
	HABIT_ONE_KEY,   /* two phones, one key */
	HABIT_TWO_STOPS, /* two phones bring it back at the same time */
	HABIT_KEEPER,    /* never brings it back */
	HABIT_LATE,      /* starts when the quote has expired */
	HABIT_WRONG,     /* makes mistakes */
	HABIT_BAG, /* says that it is back and has it in the bag; only with city_cloud, so it is the last */
	HABITS,
};

struct load {
	struct history *history;
	const char *urls[FLEET_APIS], *stubs;
	unsigned rate; /* arrivals a minute */
	uint64_t seed;

	pthread_mutex_t lock;
	pthread_cond_t changed, left;
	pthread_t thread;
	atomic_bool closing; /* nobody arrives any more, who rides comes back */
	atomic_llong give_up_us;
	unsigned here, most_here, turned_away;
	atomic_uint arrived, unresolved;
	int64_t latest_us; /* how late an arrival was at most */
};

void load_start(struct load *l);
/* Ends the arrivals, waits until everybody has gone: the time is over after so many seconds.
 * False when somebody is still there without the answer he wants. */
bool load_finish(struct load *l, int seconds);

/* Sleeps; less when the load is closing and it may be cut short. */
void load_nap(struct load *l, int64_t us, bool may_be_cut);

/* The actions of a customer; visit.c. */
void visit_run(struct load *l, unsigned n, uint64_t seed);

/* xorshift*; never 0. */
static inline uint64_t dice(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static inline int64_t dice_between(uint64_t *state, int64_t low, int64_t high)
{
	uint64_t n = (uint64_t)(high - low) + 1;

	assert(n != 0);
	return low + (int64_t)(dice(state) % n);
}

#endif
