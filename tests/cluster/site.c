/* SPDX-License-Identifier: MIT
 *
 * site.c - see site.h.
 */
#include "site.h"

#include <cmocka_all.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READY_MS INT64_C(60000) /* sanitizers and a busy machine are slow */
#define END_MS   INT64_C(40000)
#define LOG_TAIL 60000 /* bytes of a log that are shown */
#define ENV_MAX  24

static const char city[] =
	"--set=instances.stubs.options.data=tests/cluster/conf/city.json";
static const char endless[] = "--set=instances.stubs.options.endless=true";

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

static void node_init(struct node *n, const char *name, unsigned number,
                      const char *config, const char *listen)
{
	unsigned port = 0;

	n->config = config;
	n->listen = listen;
	(void)snprintf(n->name, sizeof(n->name), "%s-%u", name, number);
	n->port = port_reserve(&port);
	(void)snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u", port);
	n->client = client_new(n->url);
}

/* ---- a process */
struct env {
	char own[4][160];
	char dsn[512];
	const char *list[ENV_MAX];
	size_t n;
};

static void env_fill(struct env *e, const struct site *s, const struct node *n)
{
	memset(e, 0, sizeof(*e));
	for (const char *const *more = s->spec.env; more != NULL && *more != NULL;
	     more++) {
		assert_true(e->n + 6 < ENV_MAX);
		e->list[e->n++] = *more;
	}
	(void)snprintf(e->own[0], sizeof(e->own[0]), "%s=%s", n->listen, n->url + 7);
	(void)snprintf(e->own[1], sizeof(e->own[1]), "STUBS_URL=%s", s->stubs.url);
	(void)snprintf(e->own[2], sizeof(e->own[2]), "STATE_DIR=%s", s->dir);
	(void)snprintf(e->dsn, sizeof(e->dsn), "DATABASE_URL=%s", s->spec.dsn);
	/* a line for every request would hide what matters */
	(void)snprintf(e->own[3], sizeof(e->own[3]), "LOG_LEVEL=warn");
	for (size_t i = 0; i < 4; i++)
		e->list[e->n++] = e->own[i];
	e->list[e->n++] = e->dsn;
}

void node_spawn(struct site *s, struct node *n)
{
	char *program = print("%s/rentald", build_dir());
	char *config = print("--config=%s", n->config);
	const char *argv[] = { program, config, NULL, NULL, NULL };
	struct env env;

	if (n == &s->stubs) {
		argv[2] = city;
		argv[3] = endless;
	}
	env_fill(&env, s, n);
	proc_free(n->proc);
	n->proc = proc_new(
		&(struct proc_spec){ .argv = argv, .env = env.list, .log = s->log });
	n->lives++;
	free(program);
	free(config);
	assert_non_null(n->proc);
}

static bool is_ready_or_gone(void *arg)
{
	struct node *n = arg;

	return !proc_running(n->proc) ||
	       client_get(n->client, "/api/v1/health/ready")->status == 200;
}

static void node_wait(struct node *n)
{
	if (!wait_until(is_ready_or_gone, n, READY_MS) || !proc_running(n->proc))
		fail_msg("%s did not become ready", n->name);
}

void node_start(struct site *s, struct node *n)
{
	node_spawn(s, n);
	node_wait(n);
}

void node_kill(struct node *n)
{
	proc_signal(n->proc, SIGKILL);
	(void)proc_join(n->proc, END_MS);
	proc_free(n->proc);
	n->proc = NULL;
}

void node_end(struct node *n)
{
	int code;

	if (n->proc == NULL)
		return;
	proc_signal(n->proc, SIGTERM);
	code = proc_join(n->proc, END_MS);
	if (code != 0)
		fail_msg(
			"%s: expected exit code 0 after SIGTERM, got %d (-1: still running)",
			n->name, code);
	proc_free(n->proc);
	n->proc = NULL;
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

/* ---- all of them */
static int run(const struct site *s, const char *mode, char **ret_out)
{
	char *program = print("%s/rentald", build_dir());
	char *config = print("--config=%s", s->apis[0].config);
	const char *argv[] = { program, config, mode, NULL };
	struct env env;
	int code;

	env_fill(&env, s, &s->apis[0]);
	code = proc_run(&(struct proc_spec){ .argv = argv, .env = env.list }, ret_out);
	free(program);
	free(config);
	return code;
}

void site_init(struct site *s, const struct site_spec *spec)
{
	char *out = NULL;

	memset(s, 0, sizeof(*s));
	s->spec = *spec;
	assert_in_range(spec->apis, 1, SITE_APIS);
	assert_true(spec->workers <= SITE_WORKERS);
	s->dir = scratch_new();
	s->log = print("%s/log", s->dir);
	s->book = print("%s/stubs-book.jsonl", s->dir);
	node_init(&s->stubs, "stubs", 0, "etc/external-stubs.conf", "STUBS_LISTEN");
	for (unsigned i = 0; i < spec->apis; i++)
		node_init(&s->apis[i], "api", i + 1, "tests/cluster/conf/api.conf",
		          "API_LISTEN");
	for (unsigned i = 0; i < spec->workers; i++)
		node_init(&s->workers[i], "worker", i + 1,
		          "tests/cluster/conf/worker.conf", "WORKER_LISTEN");
	if (run(s, "--migrate", &out) != 0)
		fail_msg("--migrate:\n%s", out);
	free(out);
}

void site_open(struct site *s)
{
	node_start(s, &s->stubs);
	for (unsigned i = 0; i < s->spec.apis; i++)
		node_spawn(s, &s->apis[i]);
	for (unsigned i = 0; i < s->spec.workers; i++)
		node_spawn(s, &s->workers[i]);
	for (unsigned i = 0; i < s->spec.apis; i++)
		node_wait(&s->apis[i]);
	for (unsigned i = 0; i < s->spec.workers; i++)
		node_wait(&s->workers[i]);
}

void site_stop(struct site *s)
{
	for (unsigned i = 0; i < s->spec.apis; i++)
		node_end(&s->apis[i]);
	for (unsigned i = 0; i < s->spec.workers; i++)
		node_end(&s->workers[i]);
	node_end(&s->stubs);
	s->stopped = true;
}

static void node_free(struct node *n)
{
	if (n->client == NULL)
		return;
	proc_free(n->proc);
	client_free(n->client);
	(void)close(n->port);
}

static void show_log(const struct site *s)
{
	char *log = file_read(s->log);
	size_t n = log != NULL ? strlen(log) : 0;

	if (n > 0)
		(void)fprintf(stderr, "--- end of the log:\n%s\n--- so far the log\n",
		              log + (n > LOG_TAIL ? n - LOG_TAIL : 0));
	free(log);
}

void site_free(struct site *s)
{
	if (s->dir == NULL)
		return;
	for (unsigned i = 0; i < SITE_APIS; i++)
		node_free(&s->apis[i]);
	for (unsigned i = 0; i < SITE_WORKERS; i++)
		node_free(&s->workers[i]);
	node_free(&s->stubs);
	if (!s->stopped)
		show_log(s);
	free(s->log);
	free(s->book);
	scratch_free(s->dir);
	memset(s, 0, sizeof(*s));
}

void site_audit(struct site *s)
{
	char *out = NULL;
	int code = run(s, "--audit", &out);

	if (code != 0)
		fail_msg("--audit ended with %d:\n%s", code, out);
	free(out);
}
