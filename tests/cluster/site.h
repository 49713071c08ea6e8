/* SPDX-License-Identifier: MIT
 *
 * site.h - a deployment of many hosts for one test: API hosts, billing workers and the stubs,
 * each a rentald process of its own, on one PostgreSQL database that the test names. Its
 * state lies in a scratch folder, its listeners are on loopback ports that stay reserved, so
 * that whoever was killed comes back at the same place.
 *
 * Functions that return void fail the test when they cannot do what they say; main thread
 * only. A site that is freed without site_stop (the test failed before) shows its log.
 */
#ifndef TEST_SITE_H
#define TEST_SITE_H

#include <client.h>
#include <proc.h>

#define SITE_APIS    4
#define SITE_WORKERS 8

struct node {
	const char *config,
		*listen; /* its file, and the variable that says where it listens */
	char name[16], url[64];
	int port;              /* what port_reserve gave */
	struct client *client; /* the test's own, main thread */
	struct proc *proc;     /* NULL: not running */
	unsigned lives;        /* how often it was started */
};

struct site_spec {
	const char *dsn; /* as libpq has it; several hosts are allowed */
	unsigned apis, workers;
	const char *const
		*env; /* "BILLING_TICK=100ms", …, NULL; or NULL. For all of them */
};

struct site {
	struct site_spec spec;
	char *dir, *log, *book;
	struct node stubs, apis[SITE_APIS], workers[SITE_WORKERS];
	bool stopped;
};

/* Migrates the database; starts nothing. */
void site_init(struct site *s, const struct site_spec *spec);
/* Starts all of them and waits until they are ready. */
void site_open(struct site *s);
/* SIGTERM for all that run, API hosts first, the stubs last; each ends with 0. */
void site_stop(struct site *s);
void site_free(struct site *s);

void node_spawn(struct site *s, struct node *n);
/* Spawns it and waits until it answers ready. */
void node_start(struct site *s, struct node *n);
void node_kill(struct node *n); /* SIGKILL */
void node_end(struct node *n);  /* SIGTERM, and exit code 0 */
/* A counter of its /metrics by its whole name with labels; 0 when it is not there yet, -1
 * when nobody answers. */
int64_t node_counter(struct node *n, const char *name);

/* `rentald --audit` ends with 0. */
void site_audit(struct site *s);

#endif
