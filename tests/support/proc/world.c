/* SPDX-License-Identifier: MIT
 *
 * world.c - see world.h.
 */
#include "world.h"

#include "cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READY_MS INT64_C(60000) /* sanitizers and a busy machine are slow */
#define END_MS   INT64_C(40000)
#define ENV_MAX  32
#define LOG_TAIL 12000 /* bytes of a log that are shown */

static const char *const config_names[WORLD_ROLES] = {
	[WORLD_API] = "rental-core",       [WORLD_API2] = "rental-core",
	[WORLD_WORKER] = "billing-worker", [WORLD_WORKER2] = "billing-worker",
	[WORLD_STUBS] = "external-stubs",
};

/* A small city with round prices, known to the tests. */
static const char city[] =
	"--set=instances.stubs.options.data=tests/support/proc/city.json";

static const char ready_path[] = "/api/v1/health/ready";

struct env {
	char own[6][128];
	const char *list[ENV_MAX];
	size_t n;
};

static void env_add(struct env *env, const char *const *more)
{
	for (; more != NULL && *more != NULL; more++) {
		assert_true(env->n + 1 < ENV_MAX);
		env->list[env->n++] = *more;
	}
}

/* What the test wants stands first: of two entries of one name the first counts. */
static void env_fill(struct env *env, struct world *w, enum world_role role,
                     const char *const *more)
{
	enum world_role worker = role == WORLD_WORKER2 ? role : WORLD_WORKER;
	enum world_role api = role == WORLD_API2 ? role : WORLD_API;

	memset(env, 0, sizeof(*env));
	env_add(env, more);
	env_add(env, w->spec.env);
	(void)snprintf(env->own[0], sizeof(env->own[0]), "API_LISTEN=%s",
	               w->urls[api] + 7);
	(void)snprintf(env->own[1], sizeof(env->own[1]), "STUBS_LISTEN=%s",
	               w->urls[WORLD_STUBS] + 7);
	(void)snprintf(env->own[2], sizeof(env->own[2]), "WORKER_LISTEN=%s",
	               w->urls[worker] + 7);
	(void)snprintf(env->own[3], sizeof(env->own[3]), "STUBS_URL=%s",
	               w->urls[WORLD_STUBS]);
	(void)snprintf(env->own[4], sizeof(env->own[4]), "STATE_DIR=%s", w->dir);
	for (size_t i = 0; i < 5; i++)
		env->list[env->n++] = env->own[i];
	env_add(env, w->site.env);
}

static char *print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *print(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	assert_true(n >= 0);
	return text;
}

void world_init(struct world *w, const struct world_spec *spec)
{
	memset(w, 0, sizeof(*w));
	w->spec = *spec;
	w->spec.split = spec->split || deployment_get()->split;
	w->dir = scratch_new();
	deployment_open(&w->site, w->dir);
	w->db = w->site.db;
	w->log = print("%s/log", w->dir);
	for (int role = 0; role < WORLD_ROLES; role++) {
		unsigned port = 0;

		w->ports[role] = port_reserve(&port);
		(void)snprintf(w->urls[role], sizeof(w->urls[role]),
		               "http://127.0.0.1:%u", port);
		w->clients[role] = client_new(w->urls[role]);
	}
	w->api = w->clients[WORLD_API];
	w->stubs = w->clients[WORLD_STUBS];
}

/* To be freed. */
static char *role_config(struct world *w, enum world_role role)
{
	if (role == WORLD_API && w->spec.config != NULL)
		return strdup(w->spec.config);
	return deployment_file(w->spec.split ? config_names[role] : "all-in-one", w->dir);
}

/* An argument for one process is for that instance's process when there are several. */
static bool is_for(const struct world *w, enum world_role role, const char *arg)
{
	static const char billing[] = "--set=instances.billing.",
			  stubs[] = "--set=instances.stubs.",
			  listener[] = "--set=listeners.api.";
	bool worker = role == WORLD_WORKER || role == WORLD_WORKER2;

	if (!w->spec.split)
		return true;
	if (strncmp(arg, stubs, sizeof(stubs) - 1) == 0)
		return role == WORLD_STUBS;
	if (strncmp(arg, listener, sizeof(listener) - 1) == 0)
		return role == WORLD_API || role == WORLD_API2;
	if (strncmp(arg, billing, sizeof(billing) - 1) == 0)
		return worker;
	return role != WORLD_STUBS;
}

void world_spawn(struct world *w, enum world_role role, const char *const *env)
{
	const char *argv[WORLD_ARGS_MAX + 3] = { NULL };
	char *program, *path, *config;
	struct env all;
	size_t n = 0;

	program = print("%s/rentald", build_dir());
	path = role_config(w, role);
	config = print("--config=%s", path);
	argv[n++] = program;
	argv[n++] = config;
	if (role == (w->spec.split ? WORLD_STUBS : WORLD_API))
		argv[n++] = city;
	if (role == (w->spec.split ? WORLD_STUBS : WORLD_API) && w->spec.endless)
		argv[n++] = "--set=instances.stubs.options.endless=true";
	for (size_t i = 0; w->spec.args != NULL && w->spec.args[i] != NULL; i++) {
		assert_true(n < WORLD_ARGS_MAX);
		if (is_for(w, role, w->spec.args[i]))
			argv[n++] = w->spec.args[i];
	}
	env_fill(&all, w, role, env);
	proc_free(w->procs[role]);
	w->procs[role] = proc_new(
		&(struct proc_spec){ .argv = argv, .env = all.list, .log = w->log });
	free(program);
	free(path);
	free(config);
	assert_non_null(w->procs[role]);
}

struct readiness {
	struct world *w;
	enum world_role role;
	bool ready;
};

static bool is_ready_or_gone(void *arg)
{
	struct readiness *r = arg;

	if (!proc_running(r->w->procs[r->role]))
		return true;
	r->ready = client_get(r->w->clients[r->role], "%s", ready_path)->status == 200;
	return r->ready;
}

bool world_ready(struct world *w, enum world_role role)
{
	struct readiness r = { .w = w, .role = role };

	return wait_until(is_ready_or_gone, &r, READY_MS) && r.ready;
}

static void show_log(const struct world *w)
{
	char *log = file_read(w->log);
	size_t n = log != NULL ? strlen(log) : 0;

	if (n > 0)
		(void)fprintf(stderr, "--- end of the log:\n%s\n--- so far the log\n",
		              log + (n > LOG_TAIL ? n - LOG_TAIL : 0));
	free(log);
}

void world_start(struct world *w, enum world_role role, const char *const *env)
{
	world_spawn(w, role, env);
	if (!world_ready(w, role)) {
		show_log(w);
		fail_msg("%s did not become ready", config_names[role]);
	}
}

void world_open(struct world *w, const struct world_spec *spec)
{
	world_init(w, spec);
	if (w->spec.split) {
		world_start(w, WORLD_STUBS, NULL);
		world_start(w, WORLD_WORKER, NULL);
	}
	world_start(w, WORLD_API, NULL);
}

void world_end(struct world *w, enum world_role role)
{
	int code;

	proc_signal(w->procs[role], SIGTERM);
	code = proc_join(w->procs[role], END_MS);
	if (code != 0)
		fail_msg(
			"%s: expected exit code 0 after SIGTERM, got %d (-1: still running)",
			config_names[role], code);
	proc_free(w->procs[role]);
	w->procs[role] = NULL;
}

void world_kill(struct world *w, enum world_role role)
{
	proc_signal(w->procs[role], SIGKILL);
	(void)proc_join(w->procs[role], END_MS);
	proc_free(w->procs[role]);
	w->procs[role] = NULL;
}

void world_stop(struct world *w)
{
	for (int role = 0; role < WORLD_ROLES; role++) {
		if (w->procs[role] != NULL)
			world_end(w, (enum world_role)role);
	}
	w->stopped = true;
}

void world_free(struct world *w)
{
	for (int role = 0; role < WORLD_ROLES; role++) {
		proc_free(w->procs[role]);
		w->procs[role] = NULL;
	}
	if (w->dir == NULL)
		return;
	if (!w->stopped)
		show_log(w);
	for (int role = 0; role < WORLD_ROLES; role++) {
		client_free(w->clients[role]);
		(void)close(w->ports[role]);
	}
	free(w->log);
	scratch_free(w->dir);
	memset(w, 0, sizeof(*w));
}

int world_run(struct world *w, const char *const *args, char **ret_out)
{
	const char *argv[WORLD_ARGS_MAX + 3] = { NULL };
	char *program, *path, *config;
	bool named = false;
	struct env all;
	size_t n = 0;
	int code;

	program = print("%s/rentald", build_dir());
	path = role_config(w, WORLD_API);
	config = print("--config=%s", path);
	for (size_t i = 0; args[i] != NULL; i++)
		named = named || strncmp(args[i], "--config=", 9) == 0;
	argv[n++] = program;
	if (!named)
		argv[n++] = config;
	for (size_t i = 0; args[i] != NULL; i++) {
		assert_true(n < WORLD_ARGS_MAX);
		argv[n++] = args[i];
	}
	env_fill(&all, w, WORLD_API, NULL);
	code = proc_run(&(struct proc_spec){ .argv = argv, .env = all.list }, ret_out);
	free(program);
	free(path);
	free(config);
	return code;
}

int world_log_count(struct world *w, const char *text)
{
	char *log = file_read(w->log);
	int n = 0;

	for (const char *at = log; at != NULL && (at = strstr(at, text)) != NULL; at++)
		n++;
	free(log);
	return n;
}
