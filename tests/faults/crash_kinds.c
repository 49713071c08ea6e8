/* SPDX-License-Identifier: MIT
 *
 * crash_kinds.c - see crash_kinds.h.
 */
#include "crash_kinds.h"

#include <disk.h>
#include <errno.h>
#include <pg.h>
#include <proxy.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_MS 5000

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

enum place place_of(const char *name)
{
	const char *end = strstr(name, ".recording");

	if (starts_with(name, "provider.") || starts_with(name, "station."))
		return PLACE_REMOTE;
	if (starts_with(name, "sqlite.") || starts_with(name, "postgres."))
		return PLACE_STORE;
	if (starts_with(name, "migrate."))
		return PLACE_OTHER;
	if (end != NULL || strcmp(name, "start.beginning") == 0 ||
	    strcmp(name, "purge.purging") == 0)
		return PLACE_COMMIT;
	return PLACE_CORE;
}

struct reaching {
	struct bench *bench;
	const char *name;
	int pid;
};

static bool is_reached(void *arg)
{
	struct reaching *w = arg;

	w->name = armed_reached(&w->bench->armed, &w->pid);
	return w->name != NULL;
}

const char *crash_wait(struct bench *b, int64_t ms, int *ret_pid)
{
	struct reaching w = { .bench = b };

	if (!wait_until(is_reached, &w, ms))
		return NULL;
	b->fired[armed_find(&b->armed, w.name)] = true;
	*ret_pid = w.pid;
	return w.name;
}

/* ---- a process */

static void expect_death(struct bench *b, struct run *r, int node)
{
	int code = node == NODES ? -2 : proc_join(b->deployment.nodes[node].proc, 20000);

	if (code != FAILPOINT_DIED)
		run_fail(r, "%s did not die at its point but ended with %d",
		         node == NODES ? "nobody" : b->deployment.nodes[node].name, code);
}

static void inject_host(struct bench *b, struct run *r, int node)
{
	expect_death(b, r, node);
	armed_go_on(&b->armed);
}

struct pause {
	struct run *run;
	int64_t since;
};

/* Past its lease, when another process has done the work or given up on it. */
static bool is_overtaken(void *arg)
{
	struct pause *p = arg;
	int64_t past = now_ms() - p->since;

	return past > INT64_C(2) * LEASE_MS &&
	       (past > INT64_C(10) * LEASE_MS || run_rests(p->run));
}

static void inject_pause(struct bench *b, struct run *r, int node)
{
	struct pause p = { .run = r, .since = now_ms() };

	if (node == NODE_WORKER)
		node_spawn(&b->deployment.nodes[NODE_WORKER2], NULL);
	(void)wait_until(is_overtaken, &p, INT64_C(20) * LEASE_MS);
	proc_signal(b->deployment.nodes[node].proc, SIGCONT);
	armed_go_on(&b->armed);
}

static void end_pause(struct bench *b)
{
	if (b->deployment.nodes[NODE_WORKER2].proc != NULL)
		(void)node_terminate(&b->deployment.nodes[NODE_WORKER2]);
}

static void kill_callers(struct bench *b)
{
	node_kill(&b->deployment.nodes[NODE_API]);
	node_kill(&b->deployment.nodes[NODE_WORKER]);
}

static void spawn_callers(struct bench *b)
{
	node_spawn(&b->deployment.nodes[NODE_API], NULL);
	node_spawn(&b->deployment.nodes[NODE_WORKER], NULL);
}

/* The process that waits for the provider's answer dies: the call was sent, nobody hears the
 * answer. */
static void inject_caller(struct bench *b, struct run *r, int node)
{
	(void)r;
	(void)node;
	kill_callers(b);
	armed_go_on(&b->armed);
	spawn_callers(b);
}

/* Recovery has looked the operation up without success. */
static bool has_asked(void *arg)
{
	struct pause *p = arg;

	return now_ms() - p->since > INT64_C(20) * LEASE_MS ||
	       records_int(
		       p->run->records,
		       "SELECT COUNT(*) FROM operations o JOIN rentals r ON r.id = "
		       "o.rental_id WHERE r.user_id = %Q AND o.state <> 'SUCCEEDED' AND "
		       "o.tries > 0",
		       p->run->user) > 0;
}

/* … and so does the provider, which is still down when the other processes come back. That they
 * cannot reach it now says nothing about what it did before. */
static void inject_both(struct bench *b, struct run *r, int node)
{
	struct pause p = { .run = r, .since = now_ms() };

	(void)node;
	kill_callers(b);
	node_kill(&b->deployment.nodes[NODE_STUBS]);
	armed_go_on(&b->armed);
	spawn_callers(b);
	(void)wait_until(has_asked, &p, 20000);
	node_spawn(&b->deployment.nodes[NODE_STUBS], NULL);
}

static void inject_provider(struct bench *b, struct run *r, int node)
{
	(void)r;
	(void)node;
	node_kill(&b->deployment.nodes[NODE_STUBS]);
	armed_go_on(&b->armed);
	node_start(&b->deployment.nodes[NODE_STUBS], NULL);
}

/* ---- the database */

static void inject_backend(struct bench *b, struct run *r, int node)
{
	(void)r;
	records_exec(b->records,
	             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
	             "application_name = %Q",
	             b->deployment.nodes[node].name);
	armed_go_on(&b->armed);
}

static void inject_database(struct bench *b, struct run *r, int node)
{
	(void)r;
	(void)node;
	pg_stop(database_server(NULL), SIGQUIT);
	armed_go_on(&b->armed);
	pg_start(database_server(NULL));
}

/* Lets the waiting process go on to its next failpoint in the storage. False: it reached none. */
static bool go_to_commit(struct bench *b, int node, const char *name,
                         enum failpoint_action action)
{
	int pid = proc_pid(b->deployment.nodes[node].proc),
	    index = armed_find(&b->armed, name);

	armed_set(&b->armed, index, 1, action, pid);
	armed_go_on(&b->armed);
	if (crash_wait(b, COMMIT_MS, &pid) != NULL)
		return true;
	armed_unset(&b->armed, index);
	b->missed = true;
	return false;
}

static void die_in_store(struct bench *b, struct run *r, int node, const char *sqlite,
                         const char *postgres)
{
	const char *name =
		fault_deployment_db(&b->deployment) == DB_SQLITE ? sqlite : postgres;

	if (go_to_commit(b, node, name, FAILPOINT_EXIT))
		expect_death(b, r, node);
	armed_go_on(&b->armed);
}

static void inject_before_commit(struct bench *b, struct run *r, int node)
{
	die_in_store(b, r, node, "sqlite.committing", "postgres.committing");
}

static void inject_in_commit(struct bench *b, struct run *r, int node)
{
	die_in_store(b, r, node, "sqlite.begun", "postgres.sent");
}

static void inject_after_commit(struct bench *b, struct run *r, int node)
{
	die_in_store(b, r, node, "sqlite.committed", "postgres.committed");
}

static void cut(struct bench *b, struct run *r, int node, enum proxy_cut how)
{
	(void)r;
	if (go_to_commit(b, node, "postgres.committing", FAILPOINT_WAIT))
		proxy_arm(b->deployment.nodes[node].wires[0], how);
	armed_go_on(&b->armed);
}

static void inject_cut_request(struct bench *b, struct run *r, int node)
{
	cut(b, r, node, PROXY_CUT_REQUEST);
}

static void inject_cut_waiting(struct bench *b, struct run *r, int node)
{
	cut(b, r, node, PROXY_CUT_WAITING);
}

static void inject_cut_reply(struct bench *b, struct run *r, int node)
{
	cut(b, r, node, PROXY_CUT_REPLY);
}

/* The process dies while it finds out what became of a commit whose reply was lost. */
static void inject_lost_twice(struct bench *b, struct run *r, int node)
{
	int pid = proc_pid(b->deployment.nodes[node].proc);
	int lost = armed_find(&b->armed, "postgres.lost");

	if (go_to_commit(b, node, "postgres.committing", FAILPOINT_WAIT)) {
		armed_set(&b->armed, lost, 1, FAILPOINT_EXIT, pid);
		proxy_arm(b->deployment.nodes[node].wires[0], PROXY_CUT_REPLY);
		armed_go_on(&b->armed);
		if (crash_wait(b, COMMIT_MS, &pid) != NULL)
			expect_death(b, r, node);
		else
			b->missed = true;
	}
	armed_go_on(&b->armed);
}

/* ---- the disk */

static bool is_over(void *arg)
{
	const int64_t *until = arg;

	return now_ms() >= *until;
}

static bool is_ready(void *arg)
{
	const struct node *n = arg;

	return client_get(n->client, "/api/v1/health/ready")->status == 200;
}

/* For a second nothing can be written, and every client is answered. Afterwards the host becomes
 * ready again without any request. */
static void inject_disk(struct bench *b, struct run *r, int node)
{
	int64_t until = now_ms() + 1000;

	records_checkpoint(b->records);
	disk_fill(b->deployment.state);
	armed_go_on(&b->armed);
	(void)wait_until(is_over, &until, 5000);
	disk_drain(b->deployment.state);
	if (!wait_until(is_ready, &b->deployment.nodes[node], 15000))
		run_fail(r, "%s does not become ready again",
		         b->deployment.nodes[node].name);
}

#define SQLITE   (1U << DB_SQLITE)
#define POSTGRES (1U << DB_POSTGRES)
#define CORE     (1U << PLACE_CORE)
#define COMMIT   (1U << PLACE_COMMIT)
#define REMOTE   (1U << PLACE_REMOTE)

/* clang-format off */
const struct kind kinds[] = {
	{ "host", SQLITE | POSTGRES, CORE | COMMIT | REMOTE, FAILPOINT_EXIT, inject_host, NULL, false },
	{ "pause", SQLITE | POSTGRES, CORE | COMMIT, FAILPOINT_STOP, inject_pause, end_pause, false },
	{ "before-commit", SQLITE | POSTGRES, COMMIT, FAILPOINT_WAIT, inject_before_commit, NULL, false },
	{ "in-commit", SQLITE | POSTGRES, COMMIT, FAILPOINT_WAIT, inject_in_commit, NULL, false },
	{ "after-commit", SQLITE | POSTGRES, COMMIT, FAILPOINT_WAIT, inject_after_commit, NULL, false },
	{ "provider", SQLITE | POSTGRES, CORE | COMMIT, FAILPOINT_WAIT, inject_provider, NULL, false },
	{ "caller", SQLITE | POSTGRES, REMOTE, FAILPOINT_WAIT, inject_caller, NULL, false },
	{ "both", SQLITE | POSTGRES, REMOTE, FAILPOINT_WAIT, inject_both, NULL, false },
	{ "backend", POSTGRES, CORE | COMMIT, FAILPOINT_WAIT, inject_backend, NULL, false },
	{ "database", POSTGRES, CORE | COMMIT | REMOTE, FAILPOINT_WAIT, inject_database, NULL, false },
	{ "cut-request", POSTGRES, COMMIT, FAILPOINT_WAIT, inject_cut_request, NULL, false },
	{ "cut-waiting", POSTGRES, COMMIT, FAILPOINT_WAIT, inject_cut_waiting, NULL, false },
	{ "cut-reply", POSTGRES, COMMIT, FAILPOINT_WAIT, inject_cut_reply, NULL, false },
	{ "cut-and-die", POSTGRES, COMMIT, FAILPOINT_WAIT, inject_lost_twice, NULL, false },
	{ "disk", SQLITE | POSTGRES, CORE | COMMIT, FAILPOINT_WAIT, inject_disk, NULL, true },
};
/* clang-format on */

const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);

bool kind_ends_provider(const struct kind *kind)
{
	return kind->inject == inject_provider || kind->inject == inject_both;
}
