/* SPDX-License-Identifier: MIT
 *
 * fleet.c - see fleet.h.
 */
#include "fleet.h"

#include "city.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READY_MS INT64_C(60000)
#define END_MS   INT64_C(30000)
#define AGAIN_MS 300
#define ENV_MAX  12

struct env {
	char text[ENV_MAX][320];
	const char *list[ENV_MAX + 1];
	size_t n;
};

static void env_add(struct env *env, const char *name, const char *value)
{
	if (env->n == ENV_MAX)
		abort();
	(void)snprintf(env->text[env->n], sizeof(env->text[0]), "%s=%s", name, value);
	env->list[env->n] = env->text[env->n];
	env->list[++env->n] = NULL;
}

static const char *config_of(unsigned member)
{
	if (member < FLEET_APIS)
		return "api.conf";
	return member < FLEET_STUBS ? "worker.conf" : "stubs.conf";
}

/* a, b: ports of the two database servers, or of the wires to them. */
static void env_fill(struct env *env, const struct fleet *f, const struct member *m,
                     int a, int b)
{
	char text[128];

	memset(env, 0, sizeof(*env));
	env_add(env, "API_LISTEN", m->url + 7);
	env_add(env, "WORKER_LISTEN", m->url + 7);
	env_add(env, "STUBS_LISTEN", m->url + 7);
	env_add(env, "STUBS_URL", f->members[FLEET_STUBS].url);
	env_add(env, "STATE_DIR", f->dir);
	(void)snprintf(text, sizeof(text), "%d", CITY_BUYOUT);
	env_add(env, "R_BUYOUT", text);
	(void)snprintf(text, sizeof(text), "%ds", CITY_QUOTE_TTL_S);
	env_add(env, "QUOTE_TTL", text);
	env_add(env, "REDIS_URL", redis_url(f->redis));
	(void)snprintf(text, sizeof(text),
	               "host=127.0.0.1,127.0.0.1 port=%d,%d user=rent dbname=postgres", a,
	               b);
	env_add(env, "DATABASE_URL", text);
}

static void env_clock(struct env *env, const struct fleet *f, unsigned member)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/libsoak_skew.so", build_dir());
	env_add(env, "LD_PRELOAD", path);
	(void)snprintf(path, sizeof(path), "%s/clock-%s", f->dir,
	               f->members[member].name);
	env_add(env, "SOAK_SKEW", path);
}

static struct proc *spawn(const char *config, const char *more, const struct env *env,
                          const char *log)
{
	char program[300], option[300];
	const char *argv[] = { program, option, more, NULL };

	(void)snprintf(program, sizeof(program), "%s/rentald", build_dir());
	(void)snprintf(option, sizeof(option), "--config=%s/tests/soak/%s", source_dir(),
	               config);
	return proc_new(
		&(struct proc_spec){ .argv = argv, .env = env->list, .log = log });
}

void fleet_spawn(struct fleet *f, unsigned member)
{
	struct member *m = &f->members[member];
	struct env env;
	char log[300];

	if (member == FLEET_STUBS) {
		env_fill(&env, f, m, 0, 0);
	} else {
		env_fill(&env, f, m, proxy_port(m->wires[0]), proxy_port(m->wires[1]));
		env_clock(&env, f, member);
	}
	(void)snprintf(log, sizeof(log), "%s/log-%s", f->dir, m->name);
	proc_free(m->proc);
	m->proc = spawn(config_of(member), NULL, &env, log);
	m->down = false;
	if (m->proc == NULL)
		abort();
}

void fleet_signal(struct fleet *f, unsigned member, int sig)
{
	proc_signal(f->members[member].proc, sig);
}

void fleet_kill(struct fleet *f, unsigned member)
{
	struct member *m = &f->members[member];

	m->down = true;
	proc_free(m->proc);
	m->proc = NULL;
}

int fleet_end(struct fleet *f, unsigned member)
{
	struct member *m = &f->members[member];
	int code;

	proc_signal(m->proc, SIGTERM);
	code = proc_join(m->proc, END_MS);
	fleet_kill(f, member);
	return code;
}

void fleet_tend(struct fleet *f)
{
	for (unsigned i = 0; i < FLEET_MEMBERS; i++) {
		struct member *m = &f->members[i];
		int code;

		if (m->down || proc_running(m->proc))
			continue;
		if (m->proc != NULL) {
			code = proc_join(m->proc, 0);
			f->restarts += code == FLEET_UNAVAILABLE;
			f->crashes += code != FLEET_UNAVAILABLE;
			if (code != FLEET_UNAVAILABLE)
				(void)fprintf(stderr, "soak: %s ended with %d\n", m->name,
				              code);
			proc_free(m->proc);
			m->proc = NULL;
			m->again_at_ms = now_ms() + AGAIN_MS;
		} else if (now_ms() >= m->again_at_ms) {
			fleet_spawn(f, i);
		}
	}
}

static bool is_ready(void *arg)
{
	struct fleet *f = arg;
	bool ready = true;

	fleet_tend(f);
	for (unsigned i = 0; i < FLEET_MEMBERS && ready; i++) {
		const struct member *m = &f->members[i];
		struct client *c;

		if (m->down)
			continue;
		c = client_new(m->url);
		client_timeout(c, 2000);
		ready = client_get(c, "/api/v1/health/ready")->status == 200;
		client_free(c);
	}
	return ready;
}

bool fleet_ready(struct fleet *f, int64_t timeout_ms)
{
	return wait_until(is_ready, f, timeout_ms);
}

struct proc *fleet_audit(struct fleet *f, const char *log)
{
	struct env env;

	/* Past the wires, which may be cut. */
	env_fill(&env, f, &f->members[0], f->pair->ports[0], f->pair->ports[1]);
	return spawn("api.conf", "--audit", &env, log);
}

static void open_clock(const struct fleet *f, struct member *m)
{
	char path[300];
	void *at;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/clock-%s", f->dir, m->name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)sizeof(*m->skew)) != 0)
		abort();
	at = mmap(NULL, sizeof(*m->skew), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		abort();
	m->skew = at;
}

static void member_init(struct fleet *f, unsigned i)
{
	struct member *m = &f->members[i];

	if (i == FLEET_STUBS)
		(void)snprintf(m->name, sizeof(m->name), "stubs");
	else if (i < FLEET_APIS)
		(void)snprintf(m->name, sizeof(m->name), "api-%u", i);
	else
		(void)snprintf(m->name, sizeof(m->name), "worker-%u", i - FLEET_APIS);
	m->port_fd = port_reserve(&m->port);
	(void)snprintf(m->url, sizeof(m->url), "http://127.0.0.1:%u", m->port);
	if (i == FLEET_STUBS)
		return;
	for (int k = 0; k < PAIR_NODES; k++)
		m->wires[k] = proxy_new(f->pair->ports[k]);
	open_clock(f, m);
}

static void write_city(const struct fleet *f)
{
	json_t *city = city_data();
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/city.json", f->dir);
	if (json_dump_file(city, path, JSON_INDENT(1)) != 0)
		abort();
	json_decref(city);
}

bool fleet_open(struct fleet *f, const char *dir, const struct pair *pair)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "%s", dir);
	f->pair = pair;
	f->redis = redis_new(NULL);
	write_city(f);
	for (unsigned i = 0; i < FLEET_MEMBERS; i++)
		member_init(f, i);
	fleet_spawn(f, FLEET_STUBS);
	/* All at once: each brings the schema up to date, one of them does it. */
	for (unsigned i = 0; i < FLEET_STUBS; i++)
		fleet_spawn(f, i);
	return fleet_ready(f, READY_MS);
}

void fleet_close(struct fleet *f)
{
	for (unsigned i = 0; i < FLEET_MEMBERS; i++) {
		struct member *m = &f->members[i];

		proc_free(m->proc);
		for (int k = 0; k < PAIR_NODES && m->wires[k] != NULL; k++)
			proxy_free(m->wires[k]);
		if (m->skew != NULL)
			(void)munmap(m->skew, sizeof(*m->skew));
		if (m->url[0] != '\0')
			(void)close(m->port_fd);
	}
	if (f->redis != NULL)
		redis_free(f->redis);
	memset(f, 0, sizeof(*f));
}
