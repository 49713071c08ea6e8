/* SPDX-License-Identifier: MIT
 *
 * pair.c - see pair.h. The standby streams from the primary by itself after whatever has
 * happened to either; only a takeover needs a new copy.
 */
#include "pair.h"

#include "pg_internal.h"
#include "proc.h"

#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS  INT64_C(60000)
#define PROCESSES    256
#define CONNECT_OPTS "user=rent dbname=postgres connect_timeout=5"

static int other(const struct pair *p)
{
	return 1 - p->primary;
}

static void folder(const struct pair *p, int node, char out[280])
{
	(void)snprintf(out, 280, "%s/pg%d", p->dir, node);
}

static void data_of(const struct pair *p, int node, char out[288])
{
	(void)snprintf(out, 288, "%s/pg%d/data", p->dir, node);
}

/* Runs a program of PostgreSQL's to its end. */
static bool run(const struct pair *p, int node, char *const *argv)
{
	char dir[280];
	int status = -1;
	pid_t pid;

	folder(p, node, dir);
	pid = pg_spawn(dir, argv[0], argv);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- statements */

static void conninfo(const struct pair *p, int node, char out[128])
{
	(void)snprintf(out, 128, "host=127.0.0.1 port=%d " CONNECT_OPTS, p->ports[node]);
}

void pair_conninfo(const struct pair *p, char out[128])
{
	conninfo(p, p->primary, out);
}

static int64_t ask(const struct pair *p, int node, const char *text, bool *ret_good)
{
	char info[128];
	int64_t ret = INT64_MIN;
	PGconn *conn;
	PGresult *res;
	ExecStatusType status;

	conninfo(p, node, info);
	conn = PQconnectdb(info);
	res = PQexec(conn, text);
	status = PQresultStatus(res);
	*ret_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (*ret_good && PQntuples(res) > 0 && !PQgetisnull(res, 0, 0))
		ret = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
	PQclear(res);
	PQfinish(conn);
	return ret;
}

bool pair_sql(const struct pair *p, const char *text)
{
	bool good;

	(void)ask(p, p->primary, text, &good);
	return good;
}

int64_t pair_int(const struct pair *p, const char *text)
{
	bool good;

	return ask(p, p->primary, text, &good);
}

/* ---- processes */

/* The server and its children. */
static size_t processes(const struct pair *p, int node, pid_t out[PROCESSES])
{
	char path[64], *text, *at;
	size_t n = 0;

	if (p->servers[node] == 0)
		return 0;
	out[n++] = p->servers[node];
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", p->servers[node],
	               p->servers[node]);
	text = file_read(path);
	for (at = text; at != NULL && n < PROCESSES;) {
		char *end;
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		out[n++] = (pid_t)pid;
		at = end;
	}
	free(text);
	return n;
}

void pair_signal_all(const struct pair *p, int node, int sig)
{
	pid_t pids[PROCESSES];
	size_t n = processes(p, node, pids);

	for (size_t i = 0; i < n; i++)
		(void)kill(pids[i], sig);
}

struct group {
	pid_t pids[PROCESSES];
	size_t n;
};

static bool all_gone(void *arg)
{
	const struct group *g = arg;

	for (size_t i = 1; i < g->n; i++) {
		if (kill(g->pids[i], 0) == 0 || errno != ESRCH)
			return false;
	}
	return true;
}

void pair_kill(struct pair *p, int node)
{
	struct group g;
	int status;

	g.n = processes(p, node, g.pids);
	for (size_t i = 0; i < g.n; i++)
		(void)kill(g.pids[i], SIGKILL);
	if (g.n == 0)
		return;
	(void)waitpid(g.pids[0], &status, 0);
	p->servers[node] = 0;
	pg_must(wait_until(all_gone, &g, PATIENCE_MS), "processes of a killed server");
}

void pair_stop(struct pair *p, int sig)
{
	int status;

	(void)kill(p->servers[p->primary], sig);
	pg_must(waitpid(p->servers[p->primary], &status, 0) > 0, "waitpid");
	p->servers[p->primary] = 0;
}

/* ---- starting */

static bool answers(void *arg)
{
	const char *info = arg;

	return PQping(info) == PQPING_OK;
}

static void spawn(struct pair *p, int node)
{
	static char program[] = SOAK_PG_BIN "/postgres", c[] = "-c", d[] = "-D";
	char dir[280], data[288], port[32], sockets[320];
	char listen[] = "listen_addresses=127.0.0.1", level[] = "max_connections=120";
	char keep[] = "wal_keep_size=256MB", buffers[] = "shared_buffers=64MB";
	char timeout[] = "wal_receiver_timeout=5s",
	     retry[] = "wal_retrieve_retry_interval=200ms";
	char sender[] = "wal_sender_timeout=5s";
	char *argv[] = { program, d, data,  c, port,   c,   sockets, c,
		         listen,  c, level, c, keep,   c,   buffers, c,
		         timeout, c, retry, c, sender, NULL };

	folder(p, node, dir);
	data_of(p, node, data);
	(void)snprintf(port, sizeof(port), "port=%d", p->ports[node]);
	(void)snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", dir);
	p->servers[node] = pg_spawn(dir, program, argv);
}

struct waiting {
	const struct pair *p;
	const char *text;
	int64_t want;
};

static bool holds(void *arg)
{
	const struct waiting *w = arg;

	return pair_int(w->p, w->text) == w->want;
}

static void wait_for(const struct pair *p, const char *text, int64_t want)
{
	struct waiting w = { p, text, want };

	pg_must(wait_until(holds, &w, PATIENCE_MS), text);
}

static void wait_answers(const struct pair *p, int node)
{
	char info[128];

	conninfo(p, node, info);
	pg_must(wait_until(answers, info, PATIENCE_MS), "a server does not answer");
}

void pair_wait(const struct pair *p)
{
	wait_answers(p, p->primary);
}

void pair_start(struct pair *p, int node)
{
	spawn(p, node);
	wait_answers(p, node);
}

/* ---- the pair */

void pair_alone(struct pair *p)
{
	p->synced = false;
	pg_must(pair_sql(p, "ALTER SYSTEM SET synchronous_standby_names = ''") &&
	                pair_sql(p, "SELECT pg_reload_conf()"),
	        "the primary cannot be told to go on alone");
}

void pair_sync(struct pair *p)
{
	wait_for(p, "SELECT COUNT(*) FROM pg_stat_replication WHERE state = 'streaming'",
	         1);
	pg_must(pair_sql(p, "ALTER SYSTEM SET synchronous_standby_names = '*'") &&
	                pair_sql(p, "SELECT pg_reload_conf()"),
	        "the primary cannot be told to wait for its standby");
	wait_for(p, "SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'sync'",
	         1);
	p->synced = true;
}

void pair_takeover(struct pair *p)
{
	pg_must(p->synced, "a takeover without a synchronous standby");
	pair_kill(p, p->primary);
	p->primary = other(p);
	pg_must(pair_int(p, "SELECT pg_promote(true, 60)::int") == 1,
	        "the standby is not promoted");
	pair_alone(p);
}

static void make_folder(const struct pair *p, int node)
{
	char dir[280];

	folder(p, node, dir);
	/* The server runs as somebody without rights. */
	pg_must(mkdir(dir, 0777) == 0 && chmod(dir, 0777) == 0, "mkdir");
}

void pair_rebuild(struct pair *p)
{
	static char program[] = SOAK_PG_BIN "/pg_basebackup", d[] = "-D", r[] = "-R";
	static char how[] = "--checkpoint=fast", sync[] = "--no-sync", from[] = "-d";
	static char rm[] = "/bin/rm", rf[] = "-rf";
	char data[288], info[128];
	int node = other(p);
	char *copy[] = { program, d, data, r, how, sync, from, info, NULL };
	char *clear[] = { rm, rf, data, NULL };

	data_of(p, node, data);
	conninfo(p, p->primary, info);
	pg_must(run(p, node, clear), "the old data cannot be removed");
	pg_must(run(p, node, copy), "the primary cannot be copied");
	pair_start(p, node);
	pair_sync(p);
}

void pair_open(struct pair *p, const char *dir)
{
	static char program[] = SOAK_PG_BIN "/initdb", d[] = "-D", sync[] = "--no-sync";
	static char user[] = "--username=rent", auth[] = "--auth=trust";
	static char utf8[] = "--encoding=UTF8", locale[] = "--no-locale";
	char data[288];
	char *argv[] = { program, d, data, user, auth, utf8, locale, sync, NULL };

	memset(p, 0, sizeof(*p));
	(void)snprintf(p->dir, sizeof(p->dir), "%s", dir);
	for (int i = 0; i < PAIR_NODES; i++) {
		make_folder(p, i);
		p->ports[i] = pg_free_port();
	}
	data_of(p, 0, data);
	pg_must(run(p, 0, argv), "initdb");
	pair_start(p, 0);
	pair_rebuild(p);
}

void pair_close(struct pair *p)
{
	for (int i = 0; i < PAIR_NODES; i++) {
		pair_signal_all(p, i, SIGCONT);
		pair_kill(p, i);
	}
}
