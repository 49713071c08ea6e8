/* SPDX-License-Identifier: MIT
 *
 * fleet.h - the processes of a soak: API hosts, billing workers and the stubs, each with a wire
 * of its own to each database server and a wall clock of its own. Main thread only, but for the
 * addresses.
 */
#ifndef SOAK_FLEET_H
#define SOAK_FLEET_H

#include "client.h"
#include "pair.h"
#include "proc.h"
#include "proxy.h"
#include "redis.h"

#define FLEET_APIS    3
#define FLEET_WORKERS 2
#define FLEET_STUBS   (FLEET_APIS + FLEET_WORKERS) /* the stubs' place among the members */
#define FLEET_MEMBERS (FLEET_STUBS + 1)

struct member {
	char name[16], url[64];
	unsigned port;
	int port_fd;
	struct proc *proc;
	struct proxy *wires[PAIR_NODES]; /* NULL for the stubs */
	int64_t *skew;                   /* its wall clock goes ahead by so many us */
	int64_t again_at_ms;             /* when it may be started again */
	bool down;                       /* is not to run now */
};

struct fleet {
	char dir[256];
	const struct pair *pair;
	struct redis *redis;
	struct member members[FLEET_MEMBERS];
	int restarts; /* of processes that had ended with "a service is unavailable" */
	int crashes;  /* that ended otherwise and were not told to */
};

/* Starts all of them and waits until they are ready; false when one is not. */
bool fleet_open(struct fleet *f, const char *dir, const struct pair *pair);
void fleet_close(struct fleet *f);

void fleet_spawn(struct fleet *f, unsigned member);
void fleet_signal(struct fleet *f, unsigned member, int sig);
/* SIGKILL; it stays down until it is spawned again. */
void fleet_kill(struct fleet *f, unsigned member);
/* Exit code: a required service was not available at the start. */
#define FLEET_UNAVAILABLE 69

/* SIGTERM; its exit code, -1 when it did not end and was killed. It stays down. */
int fleet_end(struct fleet *f, unsigned member);
/* Starts again what ended by itself, as a service manager would. */
void fleet_tend(struct fleet *f);
/* Waits until all that is not down is ready. */
bool fleet_ready(struct fleet *f, int64_t timeout_ms);

/* Starts `rentald --audit`; its output goes to the file. */
struct proc *fleet_audit(struct fleet *f, const char *log);

#endif
