/* SPDX-License-Identifier: MIT
 *
 * patroni.c - see patroni.h. Every process of a node works in the node's folder, which is how
 * it is found (below.h). A child of ours watches us through a pipe: when we end, however that
 * happens, it ends all of them and removes the folder.
 */
#include "patroni.h"

#include <client.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pg_internal.h>
#include <proc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "below.h"

#define PATIENCE_MS INT64_C(120000)
#define SCOPE       "rent"

struct node {
	char name[16], folder[256], config[300], dsn[256], admin[256];
	unsigned pg_port, rest_port;
	int holds[2]; /* of the ports */
	pid_t pid;    /* of Patroni; 0: not running */
	bool frozen;
	struct client *rest;
};

struct patroni {
	char *folder, etcd_folder[256], dsn[512];
	struct node nodes[PATRONI_NODES];
	unsigned count, etcd_port, etcd_peer;
	int etcd_holds[2], pipe;
	pid_t etcd, watcher;
};

/* The test's deviations from the shipped file; each original must be in it. @: the folder. */
static const struct {
	const char *theirs, *ours;
} changes[] = {
	{ "    ttl: 30\n", "    ttl: 8\n" },
	{ "    loop_wait: 10\n", "    loop_wait: 2\n" },
	{ "    retry_timeout: 10\n", "    retry_timeout: 3\n" },
	{ "    unix_socket_directories: /var/run/postgresql\n",
	  "    unix_socket_directories: ''\n" },
	{ "  pgpass: /var/lib/postgresql/.pgpass.patroni\n", "  pgpass: @/pgpass\n" },
	{ "  bin_dir: /usr/lib/postgresql/15/bin\n",
	  "  bin_dir: " RENT_TEST_PG_BIN "\n" },
	{ "  mode: automatic\n", "  mode: 'off'\n" },
};

static void show_log(const char *folder)
{
	char path[320], *text;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/log", folder);
	text = file_read(path);
	n = text == NULL ? 0 : strlen(text);
	if (n > 0)
		(void)fprintf(stderr, "--- end of %s:\n%s", path,
		              text + (n > 6000 ? n - 6000 : 0));
	free(text);
}

void patroni_show(const struct patroni *p)
{
	for (unsigned i = 0; i < p->count; i++)
		show_log(p->nodes[i].folder);
}

static void must(const struct patroni *p, bool good, const char *what)
{
	if (good)
		return;
	patroni_show(p);
	pg_must(false, what);
}

/* ---- folders and files */
static void make_folder(const char *path)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam("postgres") : NULL;

	(void)mkdir(path, 0700);
	if (geteuid() == 0)
		pg_must(pw != NULL && chown(path, pw->pw_uid, pw->pw_gid) == 0,
		        "no user \"postgres\"");
}

static void write_config(const struct node *n)
{
	char *text = file_read(RENT_TEST_PATRONI_YML), out[16384];
	const struct passwd *pw = geteuid() == 0 ? getpwnam("postgres") : NULL;

	if (text == NULL) {
		perror(RENT_TEST_PATRONI_YML);
		abort();
	}
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const char *at = strstr(text, changes[i].theirs), *mark;
		size_t keep;

		pg_must(at != NULL, changes[i].theirs);
		mark = strchr(changes[i].ours, '@');
		keep = mark == NULL ? strlen(changes[i].ours)
		                    : (size_t)(mark - changes[i].ours);
		(void)snprintf(out, sizeof(out), "%.*s%.*s%s%s%s", (int)(at - text), text,
		               (int)keep, changes[i].ours, mark == NULL ? "" : n->folder,
		               mark == NULL ? "" : mark + 1,
		               at + strlen(changes[i].theirs));
		free(text);
		text = strdup(out);
		if (text == NULL)
			abort();
	}
	file_write(n->config, text);
	free(text);
	pg_must(pw == NULL || chown(n->config, pw->pw_uid, pw->pw_gid) == 0, "chown");
}

/* ---- the watcher */
static void watch(const struct patroni *p, int fd)
{
	char byte;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	while (read(fd, &byte, 1) > 0)
		;
	below_kill(p->folder, NULL);
	scratch_free(p->folder);
	_exit(0);
}

static void start_watcher(struct patroni *p)
{
	int fds[2];

	pg_must(pipe2(fds, O_CLOEXEC) == 0, "pipe");
	p->watcher = fork();
	pg_must(p->watcher >= 0, "fork");
	if (p->watcher == 0) {
		(void)close(fds[1]);
		watch(p, fds[0]);
	}
	(void)close(fds[0]);
	p->pipe = fds[1];
}

/* ---- processes */
static void start_etcd(struct patroni *p)
{
	char client[128], peer[128], advertise[128], initial[128], cluster[128];
	char path[] = RENT_TEST_ETCD, name[] = "--name=dcs", data[] = "--data-dir=data";
	char quiet[] = "--log-level=warn", v2[] = "--enable-v2=true";
	char *argv[] = { path,    name,    data,  client, advertise, peer,
		         initial, cluster, quiet, v2,     NULL };

	(void)snprintf(client, sizeof(client), "--listen-client-urls=http://127.0.0.1:%u",
	               p->etcd_port);
	(void)snprintf(advertise, sizeof(advertise),
	               "--advertise-client-urls=http://127.0.0.1:%u", p->etcd_port);
	(void)snprintf(peer, sizeof(peer), "--listen-peer-urls=http://127.0.0.1:%u",
	               p->etcd_peer);
	(void)snprintf(initial, sizeof(initial),
	               "--initial-advertise-peer-urls=http://127.0.0.1:%u", p->etcd_peer);
	(void)snprintf(cluster, sizeof(cluster),
	               "--initial-cluster=dcs=http://127.0.0.1:%u", p->etcd_peer);
	p->etcd = pg_spawn(p->etcd_folder, path, argv);
}

static void reap(pid_t *pid)
{
	int status;

	if (*pid > 0)
		(void)waitpid(*pid, &status, 0);
	*pid = 0;
}

void patroni_etcd(struct patroni *p, bool there)
{
	if (there) {
		start_etcd(p);
		return;
	}
	below_kill(p->etcd_folder, NULL);
	reap(&p->etcd);
}

void patroni_start(struct patroni *p, unsigned node)
{
	struct node *n = &p->nodes[node];
	char path[] = "/usr/bin/env", patroni[] = RENT_TEST_PATRONI, home[300];
	char vars[9][320], *argv[16] = { path, home };
	int at = 2;

	(void)snprintf(home, sizeof(home), "HOME=%s", n->folder);
	(void)snprintf(vars[0], sizeof(vars[0]), "PATRONI_NAME=%s", n->name);
	(void)snprintf(vars[1], sizeof(vars[1]), "PATRONI_RESTAPI_LISTEN=127.0.0.1:%u",
	               n->rest_port);
	(void)snprintf(vars[2], sizeof(vars[2]),
	               "PATRONI_RESTAPI_CONNECT_ADDRESS=127.0.0.1:%u", n->rest_port);
	(void)snprintf(vars[3], sizeof(vars[3]), "PATRONI_POSTGRESQL_LISTEN=127.0.0.1:%u",
	               n->pg_port);
	(void)snprintf(vars[4], sizeof(vars[4]),
	               "PATRONI_POSTGRESQL_CONNECT_ADDRESS=127.0.0.1:%u", n->pg_port);
	(void)snprintf(vars[5], sizeof(vars[5]), "PATRONI_POSTGRESQL_DATA_DIR=%s/data",
	               n->folder);
	(void)snprintf(vars[6], sizeof(vars[6]), "PATRONI_ETCD_HOSTS=127.0.0.1:%u",
	               p->etcd_port);
	(void)snprintf(vars[7], sizeof(vars[7]), "PATRONI_SUPERUSER_PASSWORD=secret");
	(void)snprintf(vars[8], sizeof(vars[8]), "PATRONI_REPLICATION_PASSWORD=secret");
	for (size_t i = 0; i < 9; i++)
		argv[at++] = vars[i];
	argv[at++] = (char[]){ "PATRONI_REWIND_PASSWORD=secret" };
	argv[at++] = patroni;
	argv[at++] = n->config;
	argv[at] = NULL;
	n->pid = pg_spawn(n->folder, path, argv);
}

void patroni_kill(struct patroni *p, unsigned node)
{
	struct node *n = &p->nodes[node];

	below_kill(n->folder, NULL);
	reap(&n->pid);
	n->frozen = false;
}

void patroni_crash(struct patroni *p, unsigned node)
{
	below_kill(p->nodes[node].folder, RENT_TEST_PATRONI);
}

void patroni_freeze(struct patroni *p, unsigned node)
{
	p->nodes[node].frozen = true;
	(void)below_signal(p->nodes[node].folder, SIGSTOP, NULL);
}

void patroni_thaw(struct patroni *p, unsigned node)
{
	(void)below_signal(p->nodes[node].folder, SIGCONT, NULL);
	p->nodes[node].frozen = false;
}

/* ---- what is the matter */
/* The first value of a query at one node as text, or "" when it cannot be asked now. */
static void ask(const struct node *n, const char *sql, char ret[64])
{
	PGconn *pg = NULL;
	PGresult *res = NULL;

	ret[0] = '\0';
	if (n->pid == 0 || n->frozen)
		return;
	pg = PQconnectdb(n->admin);
	res = PQexec(pg, sql);
	if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) > 0)
		(void)snprintf(ret, 64, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	PQfinish(pg);
}

int patroni_leader(struct patroni *p)
{
	char text[64];

	for (unsigned i = 0; i < p->count; i++) {
		ask(&p->nodes[i], "SELECT pg_is_in_recovery()", text);
		if (text[0] == 'f')
			return (int)i;
	}
	return -1;
}

int patroni_sync(struct patroni *p)
{
	int leader = patroni_leader(p);
	char name[64] = "";

	if (leader >= 0)
		ask(&p->nodes[leader],
		    "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'",
		    name);
	for (unsigned i = 0; i < p->count; i++) {
		if (strcmp(name, p->nodes[i].name) == 0)
			return (int)i;
	}
	return -1;
}

/* Patroni's own view, from etcd: the nodes that may be promoted. */
static bool patroni_knows(const struct node *n)
{
	const struct answer *a = client_get(n->rest, "/cluster");
	const json_t *members = answer_get(a, "members");
	unsigned leaders = 0, syncs = 0;
	const json_t *m;
	size_t i;

	json_array_foreach(members, i, m)
	{
		const char *role = json_string_value(json_object_get(m, "role"));

		leaders += role != NULL && strcmp(role, "leader") == 0;
		syncs += role != NULL && strcmp(role, "sync_standby") == 0;
	}
	return leaders == 1 && syncs >= 1;
}

bool patroni_steady(struct patroni *p)
{
	int leader = patroni_leader(p);
	char text[64];

	if (leader < 0)
		return false;
	ask(&p->nodes[leader],
	    "SELECT count(*) FILTER (WHERE state = 'streaming') || '/' || "
	    "count(*) FILTER (WHERE sync_state = 'sync') FROM pg_stat_replication",
	    text);
	return text[0] == (char)('0' + p->count - 1) && strcmp(text + 1, "/1") == 0 &&
	       patroni_knows(&p->nodes[leader]);
}

static bool has_leader(void *arg)
{
	return patroni_leader(arg) >= 0;
}

static bool is_steady(void *arg)
{
	return patroni_steady(arg);
}

int patroni_ctl(struct patroni *p, const char *command, unsigned from, unsigned to)
{
	char etcd[64];
	const char *env[] = { etcd, "LC_ALL=C.UTF-8", NULL };
	const char *argv[] = { RENT_TEST_PATRONICTL,
		               "-c",
		               p->nodes[to].config,
		               command,
		               SCOPE,
		               "--leader",
		               p->nodes[from].name,
		               "--candidate",
		               p->nodes[to].name,
		               "--force",
		               NULL };
	char *out = NULL;
	int code;

	(void)snprintf(etcd, sizeof(etcd), "PATRONI_ETCD_HOSTS=127.0.0.1:%u",
	               p->etcd_port);
	code = proc_run(&(struct proc_spec){ .argv = argv, .env = env }, &out);
	if (code != 0)
		(void)fprintf(stderr, "patronictl %s: %d\n%s\n", command, code, out);
	free(out);
	return code;
}

/* ---- making and ending */
static void make_node(struct patroni *p, unsigned i)
{
	struct node *n = &p->nodes[i];
	char url[64];

	(void)snprintf(n->name, sizeof(n->name), "pg%u", i + 1);
	(void)snprintf(n->folder, sizeof(n->folder), "%.200s/%s", p->folder, n->name);
	(void)snprintf(n->config, sizeof(n->config), "%s/patroni.yml", n->folder);
	make_folder(n->folder);
	write_config(n);
	n->holds[0] = port_reserve(&n->pg_port);
	n->holds[1] = port_reserve(&n->rest_port);
	(void)snprintf(n->admin, sizeof(n->admin),
	               "host=127.0.0.1 port=%u user=postgres password=secret "
	               "dbname=postgres connect_timeout=2",
	               n->pg_port);
	(void)snprintf(n->dsn, sizeof(n->dsn),
	               "host=127.0.0.1 port=%u user=rent password=secret dbname=rent "
	               "connect_timeout=2",
	               n->pg_port);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", n->rest_port);
	n->rest = client_new(url);
}

static void make_dsn(struct patroni *p)
{
	char hosts[64] = "", ports[64] = "";

	for (unsigned i = 0; i < p->count; i++) {
		size_t h = strlen(hosts), o = strlen(ports);
		const char *comma = i == 0 ? "" : ",";

		(void)snprintf(hosts + h, sizeof(hosts) - h, "%s127.0.0.1", comma);
		(void)snprintf(ports + o, sizeof(ports) - o, "%s%u", comma,
		               p->nodes[i].pg_port);
	}
	(void)snprintf(p->dsn, sizeof(p->dsn),
	               "host=%s port=%s user=rent password=secret dbname=rent "
	               "target_session_attrs=read-write connect_timeout=2",
	               hosts, ports);
}

static void make_database(struct patroni *p)
{
	const struct node *n = &p->nodes[patroni_leader(p)];
	PGconn *pg = PQconnectdb(n->admin);
	PGresult *role = PQexec(pg, "CREATE ROLE rent LOGIN PASSWORD 'secret'");
	PGresult *db = PQexec(pg, "CREATE DATABASE rent OWNER rent");

	must(p,
	     PQresultStatus(role) == PGRES_COMMAND_OK &&
	             PQresultStatus(db) == PGRES_COMMAND_OK,
	     "role and database");
	PQclear(role);
	PQclear(db);
	PQfinish(pg);
}

struct patroni *patroni_new(unsigned nodes)
{
	struct patroni *p = calloc(1, sizeof(*p));

	pg_must(nodes >= 2 && nodes <= PATRONI_NODES, "2 or 3 nodes");
	if (p == NULL)
		abort();
	p->count = nodes;
	p->folder = scratch_new();
	make_folder(p->folder);
	start_watcher(p);
	p->etcd_holds[0] = port_reserve(&p->etcd_port);
	p->etcd_holds[1] = port_reserve(&p->etcd_peer);
	(void)snprintf(p->etcd_folder, sizeof(p->etcd_folder), "%.200s/etcd", p->folder);
	make_folder(p->etcd_folder);
	start_etcd(p);
	for (unsigned i = 0; i < nodes; i++)
		make_node(p, i);
	make_dsn(p);
	patroni_start(p, 0);
	must(p, wait_until(has_leader, p, PATIENCE_MS), "no primary");
	for (unsigned i = 1; i < nodes; i++)
		patroni_start(p, i);
	must(p, wait_until(is_steady, p, PATIENCE_MS), "the standbys do not follow");
	make_database(p);
	return p;
}

void patroni_free(struct patroni *p)
{
	int status;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->count; i++) {
		struct node *n = &p->nodes[i];

		patroni_kill(p, i);
		client_free(n->rest);
		(void)close(n->holds[0]);
		(void)close(n->holds[1]);
	}
	patroni_etcd(p, false);
	(void)close(p->etcd_holds[0]);
	(void)close(p->etcd_holds[1]);
	(void)close(p->pipe);
	(void)waitpid(p->watcher, &status, 0);
	free(p->folder);
	free(p);
}

const char *patroni_dsn(const struct patroni *p)
{
	return p->dsn;
}

const char *patroni_node_dsn(const struct patroni *p, unsigned node)
{
	return p->nodes[node].dsn;
}
