/* SPDX-License-Identifier: MIT
 *
 * redis.c - servers for tests; see redis.h.
 */
#include "redis.h"

#include <hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

#define ARGS_MAX    32
#define PATIENCE_MS 60000

struct redis {
	struct proc *proc;
	int kept; /* what keeps the port */
	unsigned port;
	char port_text[16], url[64], master_port[16];
	char *dir, *log;
	const char *const *args;
	bool sentinel;
	char *conf;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "test redis: %s\n", what);
	abort();
}

/* ---- talking to it */
static redisContext *talk(const struct redis *r)
{
	const struct timeval patience = { .tv_sec = 30 };
	redisContext *ctx = redisConnectWithTimeout("127.0.0.1", (int)r->port, patience);

	if (ctx != NULL && ctx->err == 0) {
		(void)redisSetTimeout(ctx, patience);
		return ctx;
	}
	if (ctx != NULL)
		redisFree(ctx);
	return NULL;
}

static redisReply *ask(redisContext *ctx, int argc, const char *const *argv,
                       const size_t *lengths)
{
	const char *copy[ARGS_MAX];
	redisReply *reply;

	must(argc <= ARGS_MAX, "too many arguments");
	for (int i = 0; i < argc; i++)
		copy[i] = argv[i];
	reply = redisCommandArgv(ctx, argc, copy, lengths);
	return reply;
}

static char *text_of(const redisReply *reply)
{
	char number[32];

	if (reply->type == REDIS_REPLY_INTEGER) {
		(void)snprintf(number, sizeof(number), "%lld", reply->integer);
		return strdup(number);
	}
	return reply->str == NULL ? NULL : strdup(reply->str);
}

char *redis_ask(const struct redis *r, int argc, const char *const *argv)
{
	redisContext *ctx = talk(r);
	redisReply *reply;
	char *text;

	must(ctx != NULL, "does not take a connection");
	reply = ask(ctx, argc, argv, NULL);
	must(reply != NULL, "does not answer");
	if (reply->type == REDIS_REPLY_ERROR)
		must(false, reply->str);
	text = text_of(reply);
	freeReplyObject(reply);
	redisFree(ctx);
	return text;
}

void redis_say(const struct redis *r, const char *words)
{
	const char *argv[ARGS_MAX];
	char *copy = strdup(words), *rest = copy;
	int n = 0;

	must(copy != NULL, "out of memory");
	while (rest != NULL && n < ARGS_MAX)
		argv[n++] = strsep(&rest, " ");
	free(redis_ask(r, n, argv));
	free(copy);
}

void redis_set(const struct redis *r, const char *key, const void *value, size_t size)
{
	const char *const argv[] = { "SET", key, value };
	const size_t lengths[] = { 3, strlen(key), size };
	redisContext *ctx = talk(r);
	redisReply *reply;

	must(ctx != NULL, "does not take a connection");
	reply = ask(ctx, 3, argv, lengths);
	must(reply != NULL && reply->type == REDIS_REPLY_STATUS, "SET failed");
	freeReplyObject(reply);
	redisFree(ctx);
}

void redis_each(const struct redis *r, void (*fn)(void *arg, const char *key), void *arg)
{
	static const char *const argv[] = { "KEYS", "*" };
	redisContext *ctx = talk(r);
	redisReply *reply;

	must(ctx != NULL, "does not take a connection");
	reply = ask(ctx, 2, argv, NULL);
	must(reply != NULL && reply->type == REDIS_REPLY_ARRAY, "KEYS failed");
	for (size_t i = 0; i < reply->elements; i++)
		fn(arg, reply->element[i]->str);
	freeReplyObject(reply);
	redisFree(ctx);
}

int64_t redis_keys(const struct redis *r)
{
	static const char *const argv[] = { "DBSIZE" };
	char *text = redis_ask(r, 1, argv);
	int64_t n = text == NULL ? -1 : strtoll(text, NULL, 10);

	free(text);
	return n;
}

/* ---- its life */
static bool answers(void *arg)
{
	static const char *const ping[] = { "PING" };
	struct redis *r = arg;
	redisContext *ctx;
	redisReply *reply;

	must(proc_running(r->proc), "has ended");
	ctx = talk(r);
	if (ctx == NULL)
		return false;
	reply = ask(ctx, 1, ping, NULL);
	/* It may want a password. That, too, is an answer. */
	if (reply != NULL)
		freeReplyObject(reply);
	redisFree(ctx);
	return reply != NULL;
}

void redis_start(struct redis *r)
{
	const char *argv[ARGS_MAX] = { RENT_TEST_REDIS_SERVER };
	int n = 1;

	if (r->conf != NULL)
		argv[n++] = r->conf;
	argv[n++] = "--port";
	argv[n++] = r->port_text;
	argv[n++] = "--bind";
	argv[n++] = "127.0.0.1";
	if (!r->sentinel) {
		argv[n++] = "--save";
		argv[n++] = "";
		argv[n++] = "--repl-diskless-sync-delay";
		argv[n++] = "0";
	}
	if (r->master_port[0] != '\0') {
		argv[n++] = "--replicaof";
		argv[n++] = "127.0.0.1";
		argv[n++] = r->master_port;
	}
	for (int i = 0; r->args != NULL && r->args[i] != NULL; i++) {
		must(n < ARGS_MAX - 2, "too many arguments");
		argv[n++] = r->args[i];
	}
	if (r->sentinel)
		argv[n++] = "--sentinel";
	r->proc = proc_new(
		&(struct proc_spec){ .argv = argv, .cwd = r->dir, .log = r->log });
	must(r->proc != NULL, "cannot be started");
	must(wait_until(answers, r, PATIENCE_MS), "does not answer");
}

static struct redis *make(void)
{
	struct redis *r = calloc(1, sizeof(*r));

	must(r != NULL, "out of memory");
	r->kept = port_reserve(&r->port);
	(void)snprintf(r->port_text, sizeof(r->port_text), "%u", r->port);
	(void)snprintf(r->url, sizeof(r->url), "redis://127.0.0.1:%u", r->port);
	r->dir = scratch_new();
	must(asprintf(&r->log, "%s/log", r->dir) > 0, "out of memory");
	return r;
}

struct redis *redis_new(const char *const *args)
{
	struct redis *r = make();

	r->args = args;
	redis_start(r);
	return r;
}

static bool has_line(const struct redis *r, const char *section, const char *wanted)
{
	const char *const argv[] = { "INFO", section };
	char *info = redis_ask(r, 2, argv);
	bool found = info != NULL && strstr(info, wanted) != NULL;

	free(info);
	return found;
}

static bool is_in_step(void *arg)
{
	return has_line(arg, "replication", "master_link_status:up");
}

struct redis *redis_replica_new(const struct redis *of)
{
	struct redis *r = make();

	(void)snprintf(r->master_port, sizeof(r->master_port), "%u", of->port);
	redis_start(r);
	r->master_port[0] = '\0'; /* started again, it is what the sentinel says */
	must(wait_until(is_in_step, r, PATIENCE_MS), "does not follow its master");
	return r;
}

struct known {
	const struct redis *sentinel;
	char wanted[32];
};

static bool knows(void *arg)
{
	const struct known *k = arg;

	return has_line(k->sentinel, "sentinel", k->wanted);
}

struct redis *redis_sentinel_new(const char *name, const struct redis *master,
                                 int replicas)
{
	struct redis *r = make();
	struct known known = { .sentinel = r };
	char text[512], *conf;

	(void)snprintf(text, sizeof(text),
	               "sentinel monitor %s 127.0.0.1 %u 1\n"
	               "sentinel down-after-milliseconds %s 300\n"
	               "sentinel failover-timeout %s 2000\n",
	               name, master->port, name, name);
	must(asprintf(&conf, "%s/sentinel.conf", r->dir) > 0, "out of memory");
	file_write(conf, text);
	r->conf = conf;
	r->sentinel = true;
	redis_start(r);
	(void)snprintf(known.wanted, sizeof(known.wanted), "slaves=%d,", replicas);
	must(wait_until(knows, &known, PATIENCE_MS), "does not find the replicas");
	return r;
}

void redis_free(struct redis *r)
{
	if (r == NULL)
		return;
	proc_free(r->proc);
	(void)close(r->kept);
	scratch_free(r->dir);
	free(r->log);
	free(r->conf);
	free(r);
}

int redis_port(const struct redis *r)
{
	return (int)r->port;
}

const char *redis_url(const struct redis *r)
{
	return r->url;
}

void redis_pause(struct redis *r)
{
	proc_signal(r->proc, SIGSTOP);
}

void redis_continue(struct redis *r)
{
	proc_signal(r->proc, SIGCONT);
}

void redis_kill(struct redis *r)
{
	proc_free(r->proc);
	r->proc = NULL;
}
