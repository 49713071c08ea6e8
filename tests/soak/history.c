/* SPDX-License-Identifier: MIT
 *
 * history.c - see history.h.
 */
#include "history.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct history {
	pthread_mutex_t lock;
	FILE *file;
	int64_t ops;
};

static int64_t read_us(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

struct history *history_new(const char *path)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->file = fopen(path, "we")) == NULL) {
		perror(path);
		abort();
	}
	(void)pthread_mutex_init(&h->lock, NULL);
	return h;
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	(void)fclose(h->file);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static void put(struct history *h, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	if (text == NULL)
		abort();
	(void)pthread_mutex_lock(&h->lock);
	if (fprintf(h->file, "%s\n", text) < 0)
		abort();
	(void)pthread_mutex_unlock(&h->lock);
	free(text);
	json_decref(line);
}

static json_t *line_new(const char *event, int64_t op)
{
	json_t *line = json_pack("{s:s, s:I, s:I}", "e", event, "t",
	                         (json_int_t)mono_us(), "w", (json_int_t)wall_us());

	if (op > 0)
		(void)json_object_set_new(line, "op", json_integer(op));
	return line;
}

int64_t history_invoke(struct history *h, json_t *about)
{
	json_t *line;
	int64_t op;

	(void)pthread_mutex_lock(&h->lock);
	op = ++h->ops;
	(void)pthread_mutex_unlock(&h->lock);
	line = line_new("invoke", op);
	(void)json_object_update(line, about);
	json_decref(about);
	put(h, line);
	return op;
}

static const char *result_of(long status)
{
	if (status >= 200 && status < 300)
		return "ok";
	return status >= 400 && status < 500 ? "fail" : "unknown";
}

void history_end(struct history *h, int64_t op, const struct answer *a)
{
	json_t *line = line_new(result_of(a->status), op);

	(void)json_object_set_new(line, "status", json_integer(a->status));
	if (a->status == 0)
		(void)json_object_set_new(line, "why", json_string(a->why));
	if (a->status != 0 && a->size > 0)
		(void)json_object_set_new(line, "body",
		                          json_stringn_nocheck(a->body, a->size));
	if (answer_header(a, "Idempotency-Replayed") != NULL)
		(void)json_object_set_new(line, "replayed", json_true());
	if (answer_header(a, "Retry-After") != NULL)
		(void)json_object_set_new(line, "retry", json_true());
	put(h, line);
}

void history_note(struct history *h, const char *event, json_t *note)
{
	json_t *line = line_new(event, 0);

	(void)json_object_update(line, note);
	json_decref(note);
	put(h, line);
}
