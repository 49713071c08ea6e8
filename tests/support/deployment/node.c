/* SPDX-License-Identifier: MIT
 *
 * node.c - one process of a deployment (see deployment.h): its configuration, environment and
 * arguments, its start and its end.
 */
#include "cmocka_all.h"
#include "deployment_internal.h"
#include "proxy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READY_MS INT64_C(60000) /* sanitizers and a busy machine are slow */
#define END_MS   INT64_C(40000)
#define ARGS_MAX 24

static const char small_city[] = "tests/support/deployment/city.json";

static const struct role {
	const char *name, *config;
	int first; /* its place among the nodes */
} roles[ROLES] = {
	[ROLE_API] = { "api", "rental-core", NODE_API },
	[ROLE_WORKER] = { "worker", "billing-worker", NODE_WORKER },
	[ROLE_STUBS] = { "stubs", "external-stubs", NODE_STUBS },
};

/* ---- environment */

void environment_add(struct environment *env, const char *fmt, ...)
{
	va_list ap;
	int n;

	assert_true(env->n + 1 < sizeof(env->list) / sizeof(env->list[0]));
	va_start(ap, fmt);
	n = vasprintf(&env->list[env->n++], fmt, ap);
	va_end(ap);
	assert_true(n >= 0);
}

static void add_all(struct environment *env, const char *const *more)
{
	for (; more != NULL && *more != NULL; more++)
		environment_add(env, "%s", *more);
}

/* host:port of this node, or of the first of its role. */
static const char *address_of(const struct deployment *d, const struct node *n,
                              enum node_role role)
{
	const struct node *of = &d->nodes[roles[role].first];

	return (n != NULL && n->role == role ? n : of)->url + 7;
}

/* The test's values come first: of two entries of one name the first counts. */
static void make_environment(const struct deployment *d, const struct node *n,
                             const char *const *more, struct environment *env)
{
	env->n = 0;
	add_all(env, more);
	add_all(env, d->spec.env);
	if (d->spec.environment != NULL)
		d->spec.environment(d, n, env);
	environment_add(env, "API_LISTEN=%s", address_of(d, n, ROLE_API));
	environment_add(env, "WORKER_LISTEN=%s", address_of(d, n, ROLE_WORKER));
	environment_add(env, "STUBS_LISTEN=%s", address_of(d, n, ROLE_STUBS));
	environment_add(env, "STUBS_URL=%s", d->nodes[NODE_STUBS].url);
	environment_add(env, "STATE_DIR=%s", d->state);
	/* of two ports the last counts */
	if (n != NULL && n->wires[0] != NULL && n->wires[1] == NULL)
		environment_add(env, "DATABASE_URL=%s port=%d", d->db,
		                proxy_port(n->wires[0]));
	else if (d->spec.dsn != NULL)
		environment_add(env, "DATABASE_URL=%s", d->spec.dsn);
	add_all(env, d->database.env);
	env->list[env->n] = NULL;
}

static void free_environment(struct environment *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->list[i]);
}

/* ---- arguments */

/* To be freed. */
static char *config_of(const struct deployment *d, const struct node *n)
{
	enum node_role role = n != NULL ? n->role : ROLE_API;
	char *path = NULL;

	if (d->spec.configure != NULL) {
		assert_true(asprintf(&path, "%s/%s.conf", d->dir,
		                     n != NULL ? n->name : roles[role].name) > 0);
		return path;
	}
	if (d->spec.configs[role] != NULL)
		return strdup(d->spec.configs[role]);
	return variant_file(d->spec.variant,
	                    d->spec.split ? roles[role].config : "all-in-one", d->dir);
}

/* An argument for one instance is for the nodes that have it when there are several. */
static bool is_for(const struct deployment *d, const struct node *n, const char *arg)
{
	static const struct {
		const char *prefix;
		enum node_role role;
	} owners[] = {
		{ "--set=instances.stubs.", ROLE_STUBS },
		{ "--set=listeners.api.", ROLE_API },
		{ "--set=instances.billing.", ROLE_WORKER },
	};

	if (!d->spec.split)
		return true;
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		if (strncmp(arg, owners[i].prefix, strlen(owners[i].prefix)) == 0)
			return n->role == owners[i].role;
	}
	return n->role != ROLE_STUBS;
}

struct arguments {
	char *program, *config, *city, *book;
	const char *list[ARGS_MAX + 1];
	size_t n;
};

static void arguments_add(struct arguments *a, const char *arg)
{
	assert_true(a->n < ARGS_MAX);
	a->list[a->n++] = arg;
}

static void add_stubs(const struct deployment *d, struct arguments *a)
{
	const char *city = d->spec.city != NULL ? d->spec.city : small_city;

	if (*city != '\0') {
		assert_true(asprintf(&a->city, "--set=instances.stubs.options.data=%s",
		                     city) > 0);
		arguments_add(a, a->city);
	}
	if (d->spec.disk_kib > 0 && d->spec.configure == NULL) {
		assert_true(asprintf(&a->book,
		                     "--set=instances.stubs.options.book=%s/book.jsonl",
		                     d->dir) > 0);
		arguments_add(a, a->book);
	}
	if (d->spec.endless)
		arguments_add(a, "--set=instances.stubs.options.endless=true");
}

static void make_arguments(const struct deployment *d, const struct node *n,
                           const char *const *more, struct arguments *a)
{
	char *path = config_of(d, n);
	bool named = false;

	memset(a, 0, sizeof(*a));
	assert_true(asprintf(&a->program, "%s/rentald", build_dir()) > 0);
	assert_true(asprintf(&a->config, "--config=%s", path) > 0);
	free(path);
	for (size_t i = 0; more != NULL && more[i] != NULL; i++)
		named = named || strncmp(more[i], "--config=", 9) == 0;
	arguments_add(a, a->program);
	if (!named)
		arguments_add(a, a->config);
	if (n != NULL && (n->role == ROLE_STUBS || !d->spec.split))
		add_stubs(d, a);
	/* The shipped one shows them on its inner listener only; tests ask one address. */
	if (n != NULL && n->role == ROLE_API && d->spec.split && !named &&
	    d->spec.configure == NULL && d->spec.configs[ROLE_API] == NULL)
		arguments_add(a, "--set=listeners.api.system=true");
	for (size_t i = 0; n != NULL && d->spec.args != NULL && d->spec.args[i] != NULL;
	     i++) {
		if (is_for(d, n, d->spec.args[i]))
			arguments_add(a, d->spec.args[i]);
	}
	for (size_t i = 0; more != NULL && more[i] != NULL; i++)
		arguments_add(a, more[i]);
}

static void free_arguments(struct arguments *a)
{
	free(a->program);
	free(a->config);
	free(a->city);
	free(a->book);
}

struct proc *node_exec(struct deployment *d, struct node *node, const char *const *env,
                       const char *const *args, const char *log)
{
	struct environment all;
	struct arguments a;
	struct proc *p;

	make_arguments(d, node, args, &a);
	make_environment(d, node, env, &all);
	p = proc_new(&(struct proc_spec){
		.argv = a.list,
		.env = (const char *const *)all.list,
		.log = log,
		.around = node != NULL ? node->around : (struct surroundings){ 0 } });
	free_environment(&all);
	free_arguments(&a);
	if (p == NULL)
		deployment_fail(d, "cannot start %s",
		                node != NULL ? node->name : "rentald");
	return p;
}

/* ---- making */

void node_configure(const struct node *n)
{
	char *path = config_of(n->deployment, n);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	n->deployment->spec.configure(n, f);
	assert_int_equal(fclose(f), 0);
	free(path);
}

void node_init(struct deployment *d, int place)
{
	struct node *n = &d->nodes[place];
	unsigned port = 0;
	int number;

	n->deployment = d;
	n->role = place >= NODE_STUBS    ? ROLE_STUBS
	          : place >= NODE_WORKER ? ROLE_WORKER
	                                 : ROLE_API;
	number = place - roles[n->role].first + 1;
	(void)snprintf(n->name, sizeof(n->name), number > 1 ? "%s%d" : "%s",
	               roles[n->role].name, number);
	n->port = port_reserve(&port);
	(void)snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u", port);
	n->client = client_new(n->url);
	if (d->spec.logs_apart)
		assert_true(asprintf(&n->log, "%s/log-%s", d->dir, n->name) > 0);
	else
		n->log = strdup(d->log);
	if (n->role != ROLE_STUBS) {
		n->around = d->spec.around;
		for (int i = 0; i < NODE_WIRES && d->spec.wire_ports[i] != 0; i++)
			n->wires[i] = proxy_new(d->spec.wire_ports[i]);
	}
}

void node_done(struct node *n)
{
	if (n->client == NULL)
		return;
	for (int i = 0; i < NODE_WIRES && n->wires[i] != NULL; i++)
		proxy_free(n->wires[i]);
	client_free(n->client);
	(void)close(n->port);
	free(n->log);
}

/* ---- its life */

void node_spawn(struct node *n, const char *const *env)
{
	n->wanted = true;
	if (proc_running(n->proc))
		return;
	proc_free(n->proc);
	n->proc = NULL;
	n->proc = node_exec(n->deployment, n, env, NULL, n->log);
	n->starts++;
}

static bool is_ready_or_gone(void *arg)
{
	struct node *n = arg;

	return !proc_running(n->proc) ||
	       client_get(n->client, "/api/v1/health/ready")->status == 200;
}

bool node_ready(struct node *n)
{
	return wait_until(is_ready_or_gone, n, READY_MS) && proc_running(n->proc);
}

void node_wait(struct node *n)
{
	if (!node_ready(n))
		deployment_fail(n->deployment, "%s did not become ready", n->name);
}

void node_start(struct node *n, const char *const *env)
{
	node_spawn(n, env);
	node_wait(n);
}

void node_signal(struct node *n, int sig)
{
	proc_signal(n->proc, sig);
}

void node_kill(struct node *n)
{
	proc_free(n->proc);
	n->proc = NULL;
	n->wanted = false;
}

int node_terminate(struct node *n)
{
	int code;

	if (n->proc == NULL)
		return 0;
	proc_signal(n->proc, SIGTERM);
	code = proc_join(n->proc, END_MS);
	node_kill(n);
	return code;
}

void node_end(struct node *n)
{
	int code = node_terminate(n);

	if (code != 0)
		deployment_fail(
			n->deployment,
			"%s: expected exit code 0 after SIGTERM, got %d (-1: still running)",
			n->name, code);
}

int64_t node_counter(struct node *n, const char *name)
{
	const struct answer *a = client_get(n->client, "/metrics");
	size_t size = strlen(name);

	if (a->status != 200)
		return -1;
	for (const char *at = a->body; (at = strstr(at, name)) != NULL; at += size) {
		if ((at == a->body || at[-1] == '\n') && at[size] == ' ')
			return strtoll(at + size + 1, NULL, 10);
	}
	return 0;
}
