/* SPDX-License-Identifier: MIT
 *
 * deployment.h - a whole deployment for one test: rentald processes ("nodes") with shipped,
 * named or written configurations on free ports, their state in a scratch folder, and a
 * database that no other deployment has. The spec says what differs from suite to suite; it
 * starts, ends and restarts the nodes, and what is done to them is decided by the test.
 *
 * Without `split` one node, NODE_API, is everything. A port stays reserved, so that a node that
 * was killed comes back at the same place. Functions that return void fail the test when they
 * cannot do what they say; main thread only. A deployment that is freed without
 * deployment_stop (the test failed before) shows its log.
 */
#ifndef TEST_DEPLOYMENT_H
#define TEST_DEPLOYMENT_H

#include "client.h"
#include "database.h"
#include "proc.h"
#include "variant.h"

#include <stdio.h>

struct proxy;

enum node_role {
	ROLE_API,
	ROLE_WORKER,
	ROLE_STUBS,
	ROLES
};

/* The places in deployment.nodes; of those there are as many as the spec says. Ended in this
 * order. */
enum {
	NODE_API,
	NODE_API2,
	NODE_API3,
	NODE_API4,
	NODE_WORKER,
	NODE_WORKER2,
	NODE_WORKER8 = NODE_WORKER + 7,
	NODE_STUBS,
	NODES
};

#define NODE_APIS    (NODE_WORKER - NODE_API)
#define NODE_WORKERS (NODE_STUBS - NODE_WORKER)
#define NODE_WIRES   2

struct node {
	struct deployment *deployment;
	enum node_role role;
	/* "api", "api2", …, "worker", "worker2", …, "stubs" */
	char name[16];
	char url[64];
	int port; /* what port_reserve gave */
	struct client
		*client;   /* the test's own, main thread; NULL: there is no such node */
	struct proc *proc; /* NULL: not running */
	char *log;
	struct proxy *wires[NODE_WIRES];
	struct surroundings around; /* may be changed before a start */
	unsigned starts;
	bool wanted;         /* was started, and not ended or killed by the test */
	int64_t again_at_ms; /* when deployment_tend may start it again */
};

struct environment {
	char *list[48];
	size_t n;
};

/* The first entry of a name counts. */
void environment_add(struct environment *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Members that are left out are 0 or NULL. */
struct deployment_spec {
	/* ---- processes */
	bool split;             /* several nodes; some variants have no other form */
	unsigned apis, workers; /* so many nodes there may be with split; 0: two */
	/* "BILLING_TICK=100ms", …, NULL */
	const char *const *env;
	/* "--set=…", …, NULL: for the nodes they fit */
	const char *const *args;
	struct surroundings around; /* of API and workers */
	/* Adds what is no constant; node is NULL for a command. */
	void (*environment)(const struct deployment *d, const struct node *node,
	                    struct environment *env);
	bool logs_apart; /* a log file for each node */
	/* How a node ends by itself without having crashed, and how long it then stays down. */
	int expected_end;
	int again_after_ms;

	/* ---- configuration */
	const struct variant *variant; /* NULL: variant_chosen() */
	const char *configs[ROLES];    /* files instead of the shipped ones */
	/* Writes the configuration of a node instead. */
	void (*configure)(const struct node *node, FILE *out);
	/* The stubs' data; NULL: a small city with round prices; "": as the configuration
	 * says. */
	const char *city;
	bool endless; /* stations never run empty */

	/* ---- state */
	const char *folder; /* one that exists and remains; NULL: a scratch folder */
	const char *dsn;    /* a database that exists, as libpq has it; NULL: a new one */
	bool migrated;      /* the schema is brought up to date first */
	/* STATE_DIR and the database lie on a file system of this size; needs disk_private. The
	 * stubs' book does not. */
	unsigned disk_kib;
	/* Ports of servers that API and workers reach through a wire (see proxy.h) each. With
	 * one, DATABASE_URL leads through it. */
	int wire_ports[NODE_WIRES];

	/* Called with what is wrong already printed; NULL: cmocka's fail. */
	void (*give_up)(struct deployment *d);
};

struct deployment {
	struct deployment_spec spec;
	char *dir;   /* logs, configurations, the stubs' book */
	char *state; /* STATE_DIR */
	char *log;
	struct database database;
	const char *db; /* for dbfile.h */
	struct node nodes[NODES];
	struct client *api, *stubs; /* of the first API node and of the stubs */
	int expected_ends, crashes; /* seen by deployment_tend */
	bool stopped, keep;         /* keep: its folder remains, and it says where */
};

/* Not started yet: for a test that wants the folder and the ports first. */
void deployment_init(struct deployment *d, const struct deployment_spec *spec);
/* … and one node of each role started: the stubs first, then the others. */
void deployment_open(struct deployment *d, const struct deployment_spec *spec);
/* Starts all nodes that the spec has, the stubs first, and waits until they are ready. */
void deployment_start_all(struct deployment *d);
/* Ends all that run, in order, each with exit code 0. */
void deployment_stop(struct deployment *d);
/* Kills what still runs. */
void deployment_free(struct deployment *d);

/* Starts again what ended without being told to, as a service manager would. Does not wait. */
void deployment_tend(struct deployment *d);
/* Tends until all wanted nodes are ready; false when the time is over before. */
bool deployment_ready(struct deployment *d, int64_t timeout_ms);

/* Runs rentald with the deployment's environment and these arguments, to its end; what it said
 * goes to *ret_out (may be NULL), to be freed. --config is the API's unless args name one. */
int deployment_run(struct deployment *d, const char *const *args, char **ret_out);
/* The same in the background. */
struct proc *deployment_command(struct deployment *d, const char *const *args,
                                const char *log);

/* Counts lines of the log with this in them. */
int deployment_log_count(struct deployment *d, const char *text);
/* Fails the test, with the end of the log. */
void deployment_fail(struct deployment *d, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* ---- one node */

/* Starts it with further environment (may be NULL), unless it runs. Does not wait. */
void node_spawn(struct node *n, const char *const *env);
/* Waits until it answers ready; false when it ended before. */
bool node_ready(struct node *n);
/* … which it must. */
void node_wait(struct node *n);
void node_start(struct node *n, const char *const *env);
/* SIGTERM; its exit code, or -1 when it did not end in time and was killed. 0 when it was not
 * started. */
int node_terminate(struct node *n);
/* … which must be 0. */
void node_end(struct node *n);
/* SIGKILL. */
void node_kill(struct node *n);
void node_signal(struct node *n, int sig);
/* A counter of its /metrics by its whole name with labels; 0 when it is not there yet, -1
 * when nobody answers. */
int64_t node_counter(struct node *n, const char *name);

#endif
