/* SPDX-License-Identifier: MIT
 *
 * site.h - a deployment that a test breaks on purpose: stubs, API hosts and billing workers as
 * processes of their own, on one SQLite file or on one PostgreSQL database, with short leases
 * and back-offs. It starts, ends and restarts them; what is done to them is decided elsewhere.
 *
 * Nothing here fails a test by itself: what a site cannot do ends the program with a message
 * and the end of the log, since nothing can be said about rentald then.
 */
#ifndef FAULTS_SITE_H
#define FAULTS_SITE_H

#include <client.h>
#include <proc.h>
#include <stdbool.h>

#define SITE_LEASE_MS 400

enum site_role {
	SITE_STUBS,
	SITE_API,
	SITE_API2,
	SITE_WORKER,
	SITE_WORKER2,
	SITE_ROLES
};

enum site_db {
	SITE_SQLITE,
	SITE_POSTGRES
};

struct site_spec {
	enum site_db db;
	const char *failpoints; /* what RENT_FAILPOINT is for all of them; NULL: unset */
	bool wires;      /* each process reaches PostgreSQL through a wire of its own */
	bool bare;       /* without a schema */
	bool small_disk; /* the database lies on a disk of its own, of a few MiB */
	const char *sets[8]; /* further "--set=…" for API and workers; ends with NULL */
};

struct site {
	struct site_spec spec;
	char *dir; /* configurations, logs, the stub's book */
	char data[256];
	char name[32]; /* of the database */
	char dsn[160]; /* PostgreSQL, directly */
	char log[300];
	char urls[SITE_ROLES][64];
	int ports[SITE_ROLES]; /* what port_reserve gave */
	struct proc *procs[SITE_ROLES];
	struct client *clients[SITE_ROLES]; /* of the main thread */
	struct proxy *wires[SITE_ROLES];
	bool crashed;            /* one ended by itself, and not at a failpoint */
	bool wanted[SITE_ROLES]; /* started and not killed or ended by the test */
};

extern const char *const site_role_names[SITE_ROLES];

/* "sqlite" and "postgres"; false: neither. */
bool site_db_read(const char *text, enum site_db *ret);

/* Before anything else: mounts of this process shall be its own. For small disks. */
void site_apart(void);
/* Makes the place and brings the schema up to date; starts nothing. */
void site_init(struct site *s, const struct site_spec *spec);
/* Kills what runs and removes the place. keep: leaves it there and says where. */
void site_done(struct site *s, bool keep);
/* The PostgreSQL server that all sites of the process share; ends with it. */
struct pg *site_server(void);

/* Starts it; site_wait: until it is ready. A process that runs is left alone. */
void site_spawn(struct site *s, enum site_role role);
void site_wait(struct site *s, enum site_role role);
void site_start(struct site *s, enum site_role role);
/* SIGKILL. */
void site_kill(struct site *s, enum site_role role);
/* SIGTERM; false: it did not end with 0. */
bool site_end(struct site *s, enum site_role role);
/* Starts again what is wanted and has died. Does not wait. */
void site_tend(struct site *s);
/* Which of them has this pid; SITE_ROLES: none. */
enum site_role site_role_of(const struct site *s, int pid);

/* rentald with further arguments over the API's configuration, to its end. */
int site_run(struct site *s, const char *arg, char **ret_out);

/* Ends the program: rentald cannot be blamed. */
void site_die(struct site *s, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
