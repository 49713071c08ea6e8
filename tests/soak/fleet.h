/* SPDX-License-Identifier: MIT
 *
 * fleet.h - the deployment of a soak: API hosts, billing workers and the stubs, where each
 * host has its own wire to each database server and its own wall clock. Main thread only,
 * except the addresses.
 */
#ifndef SOAK_FLEET_H
#define SOAK_FLEET_H

#include "deployment.h"
#include "pair.h"
#include "redis.h"

#define FLEET_APIS    3
#define FLEET_WORKERS 2
#define FLEET_STUBS   (FLEET_APIS + FLEET_WORKERS) /* the stubs' place among the members */
#define FLEET_MEMBERS (FLEET_STUBS + 1)

/* Exit code: a required service was not available at the start. */
#define FLEET_UNAVAILABLE 69

struct fleet {
	struct deployment deployment; /* the first member: fleet.c leads back from it */
	const struct pair *pair;
	struct redis *redis;
	/* The wall clock of a member goes ahead by so many us; NULL for the stubs. */
	int64_t *skew[FLEET_MEMBERS];
};

/* Starts all of them and waits until they are ready; false when one is not. */
bool fleet_open(struct fleet *f, const char *dir, const struct pair *pair);
void fleet_close(struct fleet *f);

/* API hosts, then workers, then the stubs. */
struct node *fleet_node(struct fleet *f, unsigned member);

/* Starts `rentald --audit`; its output goes to the file. */
struct proc *fleet_audit(struct fleet *f, const char *log);
/* … `rentald --reconcile=stations`. */
struct proc *fleet_reconcile(struct fleet *f, const char *log);

#endif
