/* SPDX-License-Identifier: MIT
 *
 * nemesis.h - what goes wrong during a soak, and when: a seed decides. Faults of different
 * sides (processes, database, outside world, clocks, cache, cabinets) overlap; of one side there is one at a
 * time. Every round of trouble is followed by a few seconds of calm. Main thread only.
 */
#ifndef SOAK_NEMESIS_H
#define SOAK_NEMESIS_H

#include "fleet.h"
#include "history.h"

enum side {
	SIDE_PROCESS,
	SIDE_DATABASE,
	SIDE_OUTSIDE,
	SIDE_CLOCK,
	SIDE_CACHE,
	SIDE_CABINETS,
	SIDES,
};

struct nemesis;

/* A current fault. member, number and text hold the decisions of begin. */
struct trouble {
	const struct fault *fault; /* NULL: none */
	int64_t begins_ms, ends_ms, ticked_ms;
	unsigned member;
	int number;
	const char *text;
};

struct fault {
	const char *name;
	enum side side;
	unsigned weight;
	int low_ms, high_ms; /* how long it lasts */
	void (*begin)(struct nemesis *n, struct trouble *t);
	void (*tick)(struct nemesis *n, struct trouble *t); /* may be NULL */
	void (*end)(struct nemesis *n, struct trouble *t);  /* may be NULL */
};

struct nemesis {
	struct fleet *fleet;
	struct pair *pair;
	struct history *history;
	struct client *stubs;
	uint64_t random;
	struct trouble sides[SIDES];
	int64_t next_ms[SIDES];
	int faults, bad_ends; /* of processes that were asked to end */
	struct proc *audit;
	int64_t audit_ms;
	int audits, breaches;
};

extern const struct fault faults_process[], faults_database[], faults_outside[],
	faults_clock[], faults_cache[], faults_cabinets[]; /* each ends with a row
	                                                    * without a name */

void nemesis_open(struct nemesis *n, struct fleet *fleet, struct pair *pair,
                  struct history *history, uint64_t seed);
/* Trouble for so long; false when stop became true. */
bool nemesis_run(struct nemesis *n, int64_t seconds, const volatile bool *stop);
/* Ends what is there, and waits until all processes are ready. */
bool nemesis_heal(struct nemesis *n);
void nemesis_close(struct nemesis *n);

int64_t nemesis_dice(struct nemesis *n, int64_t low, int64_t high);
/* An API host, a worker, either. */
unsigned nemesis_api(struct nemesis *n);
unsigned nemesis_worker(struct nemesis *n);
unsigned nemesis_host(struct nemesis *n);

#endif
