/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/events.c - what the provider reports: a program of the operator's prints the
 * messages that came so far, one JSON object a line, {"headers": {…}, "body": "…"}, and the plugin reads
 * them as it would in a deployment. Only a proven event ends an operation.
 */
#include "ride.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK       (RENT_SECOND / 20)
#define OUTPUT_MAX ((size_t)1024 * 1024)

struct delivery {
	struct ride *ride;
	const struct rent_json *headers;
};

static const char *header(const void *arg, const char *name)
{
	const struct delivery *d = arg;
	const struct rent_json_api *json = d->ride->host->json;
	size_t n = json->count(d->headers, "");

	for (size_t i = 0; i < n; i++) {
		const char *is;
		const struct rent_json *value = json->at(d->headers, "", i, &is);

		if (strcasecmp(is, name) == 0)
			return json->text(value, "");
	}
	return NULL;
}

static int on_event(void *arg, const struct rent_event *e)
{
	struct delivery *d = arg;

	for (size_t i = 0; i < d->ride->op_count; i++) {
		struct ride_op *op = &d->ride->ops[i];

		if (e->kind != RENT_EVENT_OPERATION || !e->proven ||
		    strcmp(rent_text(e->operation_id), op->id) != 0 ||
		    op->end.outcome != RENT_PENDING ||
		    (e->outcome != RENT_SUCCEEDED && e->outcome != RENT_DECLINED) ||
		    e->amount < 0 || e->amount > op->amount)
			continue;
		op->reported = true;
		op->end.outcome = e->outcome;
		op->end.reason = e->reason;
		op->end.processed = e->amount > 0 ? e->amount : op->amount;
	}
	return 0;
}

static void deliver(struct ride *r, struct rent_arena *arena, const char *line)
{
	const struct rent_json_api *json = r->host->json;
	const struct rent_json *o = json->parse(arena, line, strlen(line));
	struct delivery d = { r, json->get(o, "headers") };
	struct rent_event_message m = {
		.struct_size = sizeof(m),
		.now = r->host->wall_us(r->host),
		.method = "POST",
		.rest = "",
		.query = "",
		.body = json->text(o, "body"),
		.body_size = strlen(json->text(o, "body")),
		.content_type = "application/json",
		.peer = json->text(o, "peer"),
		.header = header,
		.header_arg = &d,
		.arena = arena,
	};
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };
	struct rent_error err = { 0 };

	if (r->api.parse_event(r->self, &m, on_event, &d, &answer, &err) != 0)
		r->host->log(r->host, RENT_LOG_ERROR, NULL,
		             "a message is not believed: %s", err.text);
}

/* Reads until the end, as long as a step may wait: somebody may hold the pipe and say nothing. False: the
 * time is up, and text is what came until then. */
static bool read_all(const struct ride *r, int fd, char *text)
{
	int64_t until = r->host->mono_us(r->host) + r->wait_us;
	size_t size = 0;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while (size < OUTPUT_MAX) {
		ssize_t n = read(fd, text + size, OUTPUT_MAX - size);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return true;
		size += n > 0 ? (size_t)n : 0;
		if (n > 0)
			continue;
		if (r->host->mono_us(r->host) > until)
			return false;
		r->host->sleep_us(r->host, LOOK);
	}
	return true;
}

/* Without the line that has no end. */
static void cut_last_line(char *text)
{
	char *end = strrchr(text, '\n');

	*(end == NULL ? text : end) = '\0';
}

/* All that the program prints, its lines ended by NUL. NULL: it cannot be run. The caller frees it. */
static char *messages(struct ride *r)
{
	struct rent_error err = { 0 };
	char *text = calloc(1, OUTPUT_MAX + 1);
	int out = -1;
	pid_t child;

	if (text == NULL || ride_spawn(r, "events", -1, &out, &child, &err) != 0) {
		r->host->log(r->host, RENT_LOG_ERROR, NULL, "%s", err.text);
		free(text);
		return NULL;
	}
	if (!read_all(r, out, text)) {
		r->host->log(r->host, RENT_LOG_ERROR, NULL,
		             "events: the program did not end in time, and was ended");
		(void)kill(child, SIGKILL);
		cut_last_line(text);
	}
	(void)close(out);
	(void)ride_wait(r, child);
	return text;
}

void ride_events(struct ride *r)
{
	struct rent_arena *arena;
	char *text, *save = NULL;

	if (r->api.parse_event == NULL || r->host->opt_list(r->host, "events", 0) == NULL)
		return;
	text = messages(r);
	for (char *line = text == NULL ? NULL : strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		arena = r->host->arena_new(r->host);
		if (arena != NULL)
			deliver(r, arena, line);
		r->host->arena_free(r->host, arena);
	}
	free(text);
}
