/* SPDX-License-Identifier: MIT
 *
 * world.h - a whole deployment for one test: rentald with the shipped configurations on free
 * ports, its state in a scratch folder and a database of its own (see deployment.h). Either
 * one process, or three (API, billing worker, stubs).
 *
 * Every function that returns void fails the test when it cannot do what it says; main thread
 * only. A world that is freed without world_stop (the test failed before) shows its log.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "client.h"
#include "deployment.h"
#include "proc.h"

#define WORLD_ARGS_MAX 16

enum world_role {
	WORLD_API,
	WORLD_API2, /* a second one; only on demand, with split */
	WORLD_WORKER,
	WORLD_WORKER2, /* … */
	WORLD_STUBS,
	WORLD_ROLES
};

struct world_spec {
	bool split;             /* three processes; some deployments have no other form */
	bool endless;           /* stations never run empty */
	const char *const *env; /* "BILLING_TICK=100ms", …, NULL; or NULL */
	const char *const
		*args; /* "--set=…", …, NULL; or NULL. For the process they fit */
	const char *config; /* the API's instead of the shipped one; or NULL */
};

struct world {
	struct world_spec spec;
	char *dir; /* STATE_DIR, and the log */
	struct deployment_site site;
	const char *db; /* for dbfile.h */
	char *log;
	char urls[WORLD_ROLES][64];
	int ports[WORLD_ROLES];              /* what port_reserve gave */
	struct client *clients[WORLD_ROLES]; /* the test's own, main thread */
	struct client *api, *stubs;          /* two of them */
	struct proc *procs[WORLD_ROLES];     /* without split only WORLD_API */
	bool stopped;
};

/* Not started yet: for a test that wants the folder and the ports first. */
void world_init(struct world *w, const struct world_spec *spec);
/* Starts one process with further environment (may be NULL) and waits until it is ready. */
void world_start(struct world *w, enum world_role role, const char *const *env);
/* … without waiting. */
void world_spawn(struct world *w, enum world_role role, const char *const *env);
/* Waits until it answers ready; false when it ended before. */
bool world_ready(struct world *w, enum world_role role);
/* Everything but the second ones: the stubs first, then the others. */
void world_open(struct world *w, const struct world_spec *spec);
/* SIGTERM, and exit code 0 within its time. */
void world_end(struct world *w, enum world_role role);
/* SIGKILL. */
void world_kill(struct world *w, enum world_role role);
/* Ends all that run, in order, each with exit code 0. */
void world_stop(struct world *w);
void world_free(struct world *w);

/* Runs rentald with the world's environment and these arguments, to its end; what it said
 * goes to *ret_out (may be NULL), to be freed. --config is the API's unless args name one. */
int world_run(struct world *w, const char *const *args, char **ret_out);

/* Counts lines of the log with this in them. */
int world_log_count(struct world *w, const char *text);

#endif
