/* SPDX-License-Identifier: MIT
 *
 * deployment.c - see deployment.h: the whole of it. One process of it is in node.c.
 */
#include "deployment_internal.h"

#include "cmocka_all.h"
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_TAIL 12000 /* bytes of a log that are shown */

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

static void show_log(const struct deployment *d)
{
	char *log = file_read(d->log);
	size_t n = log != NULL ? strlen(log) : 0;

	if (n > 0)
		(void)fprintf(stderr, "--- end of the log:\n%s\n--- so far the log\n",
		              log + (n > LOG_TAIL ? n - LOG_TAIL : 0));
	free(log);
}

void deployment_fail(struct deployment *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	show_log(d);
	if (d->spec.give_up != NULL)
		d->spec.give_up(d);
	fail();
	abort();
}

/* ---- making */

/* Which nodes there may be. */
static bool has_node(const struct deployment *d, int place)
{
	if (place >= NODE_STUBS)
		return true;
	if (place >= NODE_WORKER)
		return place < NODE_WORKER + (int)d->spec.workers;
	return place < NODE_API + (int)d->spec.apis;
}

static void make_places(struct deployment *d)
{
	d->dir = d->spec.folder != NULL ? strdup(d->spec.folder) : scratch_new();
	d->log = print("%s/log", d->dir);
	if (d->spec.disk_kib == 0) {
		d->state = strdup(d->dir);
		return;
	}
	d->state = print("%s/disk", d->dir);
	if (mkdir(d->state, 0755) != 0 || !disk_mount(d->state, d->spec.disk_kib))
		deployment_fail(d, "no file system of its own at %s", d->state);
}

static void make_database(struct deployment *d)
{
	if (d->spec.dsn != NULL) {
		d->db = d->spec.dsn;
		return;
	}
	database_open(&d->database, d->spec.variant, d->dir,
	              d->spec.disk_kib > 0 ? d->state : NULL);
	d->db = d->database.where;
}

static void migrate(struct deployment *d)
{
	const char *args[] = { "--migrate", NULL };
	char *out = NULL;

	if (deployment_run(d, args, &out) != 0)
		deployment_fail(d, "--migrate: %s", out);
	free(out);
}

void deployment_init(struct deployment *d, const struct deployment_spec *spec)
{
	memset(d, 0, sizeof(*d));
	d->spec = *spec;
	if (d->spec.variant == NULL)
		d->spec.variant = variant_chosen();
	d->spec.split = spec->split || d->spec.variant->split;
	d->spec.apis = spec->apis > 0 ? spec->apis : 2;
	d->spec.workers = spec->workers > 0 ? spec->workers : 2;
	assert_true(d->spec.apis <= NODE_APIS && d->spec.workers <= NODE_WORKERS);
	make_places(d);
	make_database(d);
	for (int i = 0; i < NODES; i++) {
		if (has_node(d, i))
			node_init(d, i);
	}
	for (int i = 0; i < NODES && spec->configure != NULL; i++) {
		if (has_node(d, i))
			node_configure(&d->nodes[i]);
	}
	d->api = d->nodes[NODE_API].client;
	d->stubs = d->nodes[NODE_STUBS].client;
	if (d->spec.migrated)
		migrate(d);
}

void deployment_open(struct deployment *d, const struct deployment_spec *spec)
{
	deployment_init(d, spec);
	if (d->spec.split) {
		node_start(&d->nodes[NODE_STUBS], NULL);
		node_start(&d->nodes[NODE_WORKER], NULL);
	}
	node_start(&d->nodes[NODE_API], NULL);
}

void deployment_start_all(struct deployment *d)
{
	node_start(&d->nodes[NODE_STUBS], NULL);
	for (int i = 0; i < NODE_STUBS; i++) {
		if (has_node(d, i))
			node_spawn(&d->nodes[i], NULL);
	}
	for (int i = 0; i < NODE_STUBS; i++) {
		if (has_node(d, i))
			node_wait(&d->nodes[i]);
	}
}

void deployment_stop(struct deployment *d)
{
	for (int i = 0; i < NODES; i++) {
		if (d->nodes[i].proc != NULL)
			node_end(&d->nodes[i]);
	}
	d->stopped = true;
}

void deployment_free(struct deployment *d)
{
	if (d->dir == NULL)
		return;
	for (int i = 0; i < NODES; i++)
		node_kill(&d->nodes[i]);
	if (!d->stopped)
		show_log(d);
	for (int i = 0; i < NODES; i++)
		node_done(&d->nodes[i]);
	database_close(&d->database);
	if (d->spec.disk_kib > 0)
		disk_unmount(d->state);
	if (d->keep)
		(void)fprintf(stderr, "kept: %s, database %s\n", d->dir, d->db);
	if (d->keep || d->spec.folder != NULL)
		free(d->dir);
	else
		scratch_free(d->dir);
	free(d->state);
	free(d->log);
	memset(d, 0, sizeof(*d));
}

/* ---- looking after it */

/* A node that ends by itself, and not as expected, has met a bug, or a sanitizer that found
 * one. */
static void note_end(struct deployment *d, struct node *n)
{
	int code = proc_join(n->proc, 0);

	if (code == d->spec.expected_end) {
		d->expected_ends++;
		return;
	}
	(void)fprintf(stderr, "%s ended by itself with %d\n", n->name, code);
	d->crashes++;
}

void deployment_tend(struct deployment *d)
{
	for (int i = 0; i < NODES; i++) {
		struct node *n = &d->nodes[i];

		if (!n->wanted || proc_running(n->proc))
			continue;
		if (n->proc != NULL) {
			note_end(d, n);
			node_kill(n);
			n->wanted = true;
			n->again_at_ms = now_ms() + d->spec.again_after_ms;
		}
		if (now_ms() >= n->again_at_ms)
			node_spawn(n, NULL);
	}
}

static bool all_ready(void *arg)
{
	struct deployment *d = arg;

	deployment_tend(d);
	for (int i = 0; i < NODES; i++) {
		struct node *n = &d->nodes[i];

		if (n->wanted &&
		    client_get(n->client, "/api/v1/health/ready")->status != 200)
			return false;
	}
	return true;
}

bool deployment_ready(struct deployment *d, int64_t timeout_ms)
{
	return wait_until(all_ready, d, timeout_ms);
}

/* ---- commands */

struct proc *deployment_command(struct deployment *d, const char *const *args,
                                const char *log)
{
	return node_exec(d, NULL, NULL, args, log);
}

int deployment_run(struct deployment *d, const char *const *args, char **ret_out)
{
	char *dir = scratch_new(), *log = print("%s/out", dir);
	int code = proc_collect(deployment_command(d, args, log), log, ret_out);

	free(log);
	scratch_free(dir);
	return code;
}

int deployment_log_count(struct deployment *d, const char *text)
{
	char *log = file_read(d->log);
	int n = 0;

	for (const char *at = log; at != NULL && (at = strstr(at, text)) != NULL; at++)
		n++;
	free(log);
	return n;
}
