/* SPDX-License-Identifier: MIT
 *
 * site.c - see site.h.
 */
#include "site.h"

#include <errno.h>
#include <pg.h>
#include <proxy.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site_conf.h"

#define READY_MS INT64_C(60000) /* sanitizers and a busy machine are slow */
#define END_MS   INT64_C(40000)
#define LOG_TAIL 6000
#define DIED     137 /* how a failpoint ends a process */

const char *const site_role_names[SITE_ROLES] = {
	[SITE_STUBS] = "stubs",   [SITE_API] = "api",         [SITE_API2] = "api2",
	[SITE_WORKER] = "worker", [SITE_WORKER2] = "worker2",
};

static struct pg *server;

static void end_server(void)
{
	pg_free(server);
}

struct pg *site_server(void)
{
	if (server == NULL) {
		server = pg_new((const char *const[]){ "max_connections=200", NULL });
		(void)atexit(end_server);
	}
	return server;
}

bool site_db_read(const char *text, enum site_db *ret)
{
	*ret = strcmp(text, "postgres") == 0 ? SITE_POSTGRES : SITE_SQLITE;
	return *ret == SITE_POSTGRES || strcmp(text, "sqlite") == 0;
}

static void show_log(const struct site *s)
{
	char *log = file_read(s->log);
	size_t n = log != NULL ? strlen(log) : 0;

	if (n > 0)
		(void)fprintf(stderr, "--- end of the log:\n%s---\n",
		              log + (n > LOG_TAIL ? n - LOG_TAIL : 0));
	free(log);
}

void site_die(struct site *s, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "site: ");
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
	show_log(s);
	site_done(s, false);
	exit(70);
}

/* A disk of its own needs a mount, in a space of names of our own: the children inherit it,
 * nobody else sees it. */
static void mount_small_disk(struct site *s)
{
	char size[32];

	(void)snprintf(size, sizeof(size), "size=%s",
	               s->spec.db == SITE_POSTGRES ? "48m" : "2m");
	if (mkdir(s->data, 0755) != 0 || mount("tmpfs", s->data, "tmpfs", 0, size) != 0)
		site_die(s, "no small disk: %s", strerror(errno));
}

void site_apart(void)
{
	uid_t uid = geteuid();
	char map[64];

	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return; /* who wants a small disk is told that there is none */
		(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
		file_write("/proc/self/uid_map", map);
	}
	(void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void operate(const char *database, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void operate(const char *database, const char *fmt, ...)
{
	char text[512], info[160];
	va_list ap;

	(void)snprintf(info, sizeof(info), "%s dbname=%s", pg_conninfo(site_server()),
	               database);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pg_sql(info, text);
}

/* The folder is the server's, which may be somebody else than we are. */
static void make_tablespace(struct site *s, const char *name)
{
	struct stat st;

	if (stat(pg_folder(site_server()), &st) != 0 || chmod(s->dir, 0755) != 0 ||
	    chown(s->data, st.st_uid, st.st_gid) != 0)
		site_die(s, "the small disk is of no use: %s", strerror(errno));
	operate("postgres", "CREATE TABLESPACE %s LOCATION '%s'", name, s->data);
}

static void make_database(struct site *s)
{
	static int count;
	char space[64] = "";

	(void)snprintf(s->name, sizeof(s->name), "site%d", ++count);
	if (s->spec.small_disk) {
		make_tablespace(s, s->name);
		(void)snprintf(space, sizeof(space), " TABLESPACE %s", s->name);
	}
	operate("postgres", "CREATE DATABASE %s%s", s->name, space);
	(void)snprintf(s->dsn, sizeof(s->dsn), "%s dbname=%s", pg_conninfo(site_server()),
	               s->name);
	for (int role = SITE_API; s->spec.wires && role < SITE_ROLES; role++)
		s->wires[role] = proxy_new(pg_port(site_server()));
}

/* Pages that take two rows only, so that hardly anything can be written without a new one. */
static void make_pages_small(struct site *s)
{
	static const char *const tables[] = { "rentals",         "operations",
		                              "quotes",          "idempotency_keys",
		                              "debts",           "debt_journal",
		                              "payment_attempts" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		operate(s->name, "ALTER TABLE %s SET (fillfactor = 10)", tables[i]);
}

static void drop_database(struct site *s)
{
	if (s->spec.db != SITE_POSTGRES || !s->spec.small_disk || s->name[0] == '\0')
		return;
	operate("postgres", "DROP DATABASE %s WITH (FORCE)", s->name);
	operate("postgres", "DROP TABLESPACE %s", s->name);
}

static void conf_path(const struct site *s, enum site_role role, char out[320])
{
	(void)snprintf(out, 320, "%s/%s.conf", s->dir, site_role_names[role]);
}

void site_init(struct site *s, const struct site_spec *spec)
{
	char path[320], *out = NULL;

	memset(s, 0, sizeof(*s));
	s->spec = *spec;
	s->dir = scratch_new();
	(void)snprintf(s->data, sizeof(s->data), "%.200s/data", s->dir);
	(void)snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
	for (int role = 0; role < SITE_ROLES; role++) {
		unsigned port = 0;

		s->ports[role] = port_reserve(&port);
		(void)snprintf(s->urls[role], sizeof(s->urls[role]),
		               "http://127.0.0.1:%u", port);
		s->clients[role] = client_new(s->urls[role]);
		client_timeout(s->clients[role], 15000);
	}
	if (spec->small_disk)
		mount_small_disk(s);
	if (spec->db == SITE_POSTGRES)
		make_database(s);
	for (int role = 0; role < SITE_ROLES; role++) {
		conf_path(s, (enum site_role)role, path);
		site_conf_write(s, (enum site_role)role, path);
	}
	if (!spec->bare && site_run(s, "--migrate", &out) != 0)
		site_die(s, "--migrate: %s", out);
	free(out);
	if (spec->db == SITE_POSTGRES && spec->small_disk)
		make_pages_small(s);
}

void site_done(struct site *s, bool keep)
{
	for (int role = 0; role < SITE_ROLES; role++) {
		proc_free(s->procs[role]);
		s->procs[role] = NULL;
		if (s->wires[role] != NULL)
			proxy_free(s->wires[role]);
		s->wires[role] = NULL;
		client_free(s->clients[role]);
		s->clients[role] = NULL;
		if (s->dir != NULL)
			(void)close(s->ports[role]);
	}
	drop_database(s);
	if (s->spec.small_disk)
		(void)umount2(s->data, MNT_DETACH);
	if (keep && s->dir != NULL)
		(void)fprintf(stderr, "kept: %s %s\n", s->dir, s->dsn);
	else
		scratch_free(s->dir);
	s->dir = NULL;
}

struct start {
	char program[256], config[340], env[320];
	const char *argv[12];
	const char *envs[2];
};

static void start_fill(const struct site *s, enum site_role role, struct start *st)
{
	char path[320];
	size_t n = 0;

	conf_path(s, role, path);
	(void)snprintf(st->program, sizeof(st->program), "%s/rentald", build_dir());
	(void)snprintf(st->config, sizeof(st->config), "--config=%s", path);
	(void)snprintf(st->env, sizeof(st->env), "RENT_FAILPOINT=%s",
	               s->spec.failpoints != NULL ? s->spec.failpoints : "");
	st->argv[n++] = st->program;
	st->argv[n++] = st->config;
	for (size_t i = 0; role != SITE_STUBS && s->spec.sets[i] != NULL; i++)
		st->argv[n++] = s->spec.sets[i];
	st->argv[n] = NULL;
	st->envs[0] = s->spec.failpoints != NULL ? st->env : NULL;
	st->envs[1] = NULL;
}

void site_spawn(struct site *s, enum site_role role)
{
	struct start st;

	s->wanted[role] = true;
	if (proc_running(s->procs[role]))
		return;
	start_fill(s, role, &st);
	proc_free(s->procs[role]);
	s->procs[role] = proc_new(
		&(struct proc_spec){ .argv = st.argv, .env = st.envs, .log = s->log });
	if (s->procs[role] == NULL)
		site_die(s, "cannot start %s", site_role_names[role]);
}

struct readiness {
	struct site *site;
	enum site_role role;
	bool ready;
};

static bool is_ready_or_gone(void *arg)
{
	struct readiness *r = arg;

	if (!proc_running(r->site->procs[r->role]))
		return true;
	r->ready =
		client_get(r->site->clients[r->role], "/api/v1/health/ready")->status ==
		200;
	return r->ready;
}

void site_wait(struct site *s, enum site_role role)
{
	struct readiness r = { .site = s, .role = role };

	if (!wait_until(is_ready_or_gone, &r, READY_MS) || !r.ready)
		site_die(s, "%s did not become ready", site_role_names[role]);
}

void site_start(struct site *s, enum site_role role)
{
	site_spawn(s, role);
	site_wait(s, role);
}

void site_kill(struct site *s, enum site_role role)
{
	proc_free(s->procs[role]);
	s->procs[role] = NULL;
	s->wanted[role] = false;
}

/* What dies without being told to has met a bug, or a sanitizer that found one. */
static void note_end(struct site *s, enum site_role role)
{
	int code = s->procs[role] == NULL ? DIED : proc_join(s->procs[role], 0);

	if (code == DIED)
		return;
	(void)fprintf(stderr, "%s ended by itself with %d\n", site_role_names[role],
	              code);
	s->crashed = true;
}

void site_tend(struct site *s)
{
	for (int role = 0; role < SITE_ROLES; role++) {
		if (!s->wanted[role] || proc_running(s->procs[role]))
			continue;
		note_end(s, (enum site_role)role);
		site_spawn(s, (enum site_role)role);
	}
}

bool site_end(struct site *s, enum site_role role)
{
	int code;

	if (s->procs[role] == NULL)
		return true;
	proc_signal(s->procs[role], SIGTERM);
	code = proc_join(s->procs[role], END_MS);
	if (code != 0)
		(void)fprintf(stderr, "%s ended with %d after SIGTERM\n",
		              site_role_names[role], code);
	site_kill(s, role);
	return code == 0;
}

enum site_role site_role_of(const struct site *s, int pid)
{
	int role = 0;

	while (role < SITE_ROLES &&
	       (s->procs[role] == NULL || proc_pid(s->procs[role]) != pid))
		role++;
	return (enum site_role)role;
}

int site_run(struct site *s, const char *arg, char **ret_out)
{
	struct start st;
	size_t n = 0;

	start_fill(s, SITE_API, &st);
	while (st.argv[n] != NULL)
		n++;
	st.argv[n] = arg;
	st.argv[n + 1] = NULL;
	return proc_run(&(struct proc_spec){ .argv = st.argv, .env = st.envs }, ret_out);
}
