/* SPDX-License-Identifier: MIT
 *
 * crash_kinds.h - what dies, and where: each kind of crash is injected at a failpoint while a scenario runs.
 */
#ifndef FAULTS_CRASH_KINDS_H
#define FAULTS_CRASH_KINDS_H

#include "armed_failpoints.h"
#include "scenario.h"

/* Failpoints by what can die there. */
enum place {
	PLACE_CORE,   /* in an API host or a worker, no transaction is open */
	PLACE_COMMIT, /* … and a transaction is what comes next */
	PLACE_REMOTE, /* in the provider or the station */
	PLACE_STORE,  /* in a storage; reached through a PLACE_COMMIT */
	PLACE_OTHER
};

enum place place_of(const char *name);

struct bench {
	struct deployment deployment;
	struct records *records;
	struct armed_failpoints armed;
	char variable[340];        /* RENT_FAILPOINT, … */
	const char *env[2];        /* … for all its processes */
	bool refuse, stripe;       /* of the deployment's fault_spec */
	bool fired[FAILPOINT_MAX]; /* something died there */
	bool hit[FAILPOINT_MAX];   /* it was passed */
	bool missed;               /* what was to die in this run went another way */
};

struct kind {
	const char *name;
	unsigned dbs;    /* bits of enum fault_db */
	unsigned places; /* bits of enum place */
	enum failpoint_action action;
	/* Called when a process of the node has reached the point; leaves nothing waiting. */
	void (*inject)(struct bench *b, struct run *r, int node);
	/* NULL: none. After the scenario came to its end. */
	void (*clean_up)(struct bench *b);
	bool disk; /* the deployment needs a small disk */
};

extern const struct kind kinds[];
extern const size_t kind_count;

bool kind_ends_provider(const struct kind *kind);

/* Waits until an armed point is reached; NULL: within ms it was not. */
const char *crash_wait(struct bench *b, int64_t ms, int *ret_pid);

#endif
