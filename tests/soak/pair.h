/* SPDX-License-Identifier: MIT
 *
 * pair.h - two PostgreSQL servers, a primary and its synchronous standby, and what befalls
 * them: killed, frozen, restarted, one taking over from the other. Plays the part of the
 * manager that a real pair has: without a standby the primary goes on alone, a new standby is
 * copied before the next takeover, and who was primary is dead before another becomes it.
 *
 * Main thread only (a server ends with the thread that started it). A mistake
 * of the test aborts with a message; a failure of the surroundings returns false.
 */
#ifndef SOAK_PAIR_H
#define SOAK_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAIR_NODES 2

struct pair {
	char dir[256];
	int ports[PAIR_NODES];
	pid_t servers[PAIR_NODES]; /* 0: not running */
	int primary;
	bool synced; /* a commit waits for the standby */
};

/* Both running, the standby synchronous. dir must be one that everybody may enter. */
void pair_open(struct pair *p, const char *dir);
void pair_close(struct pair *p);

/* Straight to the primary. */
void pair_conninfo(const struct pair *p, char out[128]);
/* Runs a statement there; false when it failed. */
bool pair_sql(const struct pair *p, const char *text);
/* The first value as a number; INT64_MIN when there is none. */
int64_t pair_int(const struct pair *p, const char *text);

/* SIGKILL for a server and all its processes, and waits until they are gone. */
void pair_kill(struct pair *p, int node);
/* SIGINT (sessions are ended, everything is written) for the primary, and its end. */
void pair_stop(struct pair *p, int sig);
/* Starts the server and waits until it answers. */
void pair_start(struct pair *p, int node);
/* Waits until the primary answers. */
void pair_wait(const struct pair *p);
/* A signal for the server and all its processes: SIGSTOP, SIGCONT. */
void pair_signal_all(const struct pair *p, int node, int sig);

/* The primary goes on alone. */
void pair_alone(struct pair *p);
/* Waits until the standby streams, then commits wait for it again. */
void pair_sync(struct pair *p);
/* Kills the primary and makes the standby the primary. Only when synced. */
void pair_takeover(struct pair *p);
/* Copies the primary into a new standby, starts it, and syncs. */
void pair_rebuild(struct pair *p);

#endif
