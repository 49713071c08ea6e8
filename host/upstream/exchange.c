/* SPDX-License-Identifier: MIT
 *
 * upstream/exchange.c - the caller's side of an exchange: checks it, makes it ready, hands it
 * to the engine and waits. Done on the caller's thread, so that the engine's has less to do.
 */
#include "base/arena.h"
#include "base/trace.h"
#include "upstream/course.h"
#include "upstream/upstream.h"
#include "upstream/upstreams.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#define REACH_ARENA ((size_t)2 * 1024 * 1024) /* for the largest answer */

static bool visible(const char *s, const char *but)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s == 0x7f || strchr(but, *s) != NULL)
			return false;
	return true;
}

static bool value_ok(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

/* The fault of a request, or NULL. */
static const char *fault_of(const struct rent_upstream_request *r)
{
	if (r->method == NULL || !visible(r->method, "/:"))
		return "the request has no method, or a malformed one";
	if (r->target == NULL || r->target[0] != '/' || !visible(r->target, "#"))
		return "the request's target does not begin with '/' or has blanks in it";
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (!visible(r->headers[i].name, ":") || r->headers[i].value == NULL ||
		    !value_ok(r->headers[i].value))
			return "a header's name or value is malformed";
	return NULL;
}

static bool add_header(struct job *job, const char *name, const char *value)
{
	struct rent_arena *arena = job->x->arena;
	struct curl_slist *item = rent_alloc(arena, sizeof(*item));

	if (item == NULL)
		return false;
	/* libcurl's way to say "this header, and empty" */
	item->data =
		rent_printf(arena, value[0] == '\0' ? "%s;%s" : "%s: %s", name, value);
	item->next = job->headers;
	job->headers = item;
	return item->data != NULL;
}

/* Adds a line unchanged; "Name:" keeps libcurl from adding its default header. */
static bool add_line(struct job *job, const char *line)
{
	struct curl_slist *item = rent_alloc(job->x->arena, sizeof(*item));

	if (item == NULL)
		return false;
	item->data = rent_strdup(job->x->arena, line);
	item->next = job->headers;
	job->headers = item;
	return item->data != NULL;
}

static bool has_type(const struct rent_upstream_request *r)
{
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (strcasecmp(r->headers[i].name, "Content-Type") == 0)
			return true;
	return false;
}

/* "Expect" would cost a round trip, or a second with servers that ignore it. */
static bool add_own_headers(struct job *job)
{
	const struct trace *trace = trace_current();
	char parent[TRACE_PARENT_SIZE];

	if (!add_line(job, "Expect:"))
		return false;
	if (!has_type(&job->x->request) && !add_line(job, "Content-Type:"))
		return false;
	if (trace == NULL)
		return true;
	trace_parent(trace, parent);
	return add_header(job, "traceparent", parent);
}

static bool build(struct job *job)
{
	const struct rent_upstream_request *r = &job->x->request;

	job->url = rent_printf(job->x->arena, "%s%s", job->upstream->base_url, r->target);
	if (job->url == NULL || !add_own_headers(job))
		return false;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && r->headers[i].name != NULL; i++)
		if (!add_header(job, r->headers[i].name, r->headers[i].value))
			return false;
	return true;
}

/* Makes x ready to go. false: it has ended here, not sent. */
static bool prepare(struct job *job, struct rent_exchange *x, struct batch *batch)
{
	const char *wrong;

	assert(x->arena != NULL && x->request.upstream != NULL &&
	       x->request.upstream->magic == UPSTREAM_MAGIC);
	x->transport = RENT_NOT_SENT;
	x->reply = (struct rent_upstream_reply){ .struct_size = sizeof(x->reply) };
	x->breaker_open = x->unjudged = false;
	x->took_us = 0;
	x->error[0] = '\0';
	job->x = x;
	job->upstream = x->request.upstream;
	job->batch = batch;
	wrong = fault_of(&x->request);
	if (wrong == NULL && !build(job))
		wrong = "the request does not fit the arena";
	if (wrong != NULL)
		(void)rent_copy(x->error, sizeof(x->error), wrong);
	return wrong == NULL;
}

/* Chains what can go. Returns how many. */
static size_t chain(struct job *jobs, struct rent_exchange *const *x, size_t n,
                    struct batch *batch)
{
	size_t ready = 0;

	for (size_t i = 0; i < n; i++) {
		struct job *job = &jobs[ready];

		*job = (struct job){ .x = x[i] };
		if (!prepare(job, x[i], batch))
			continue;
		if (ready > 0)
			jobs[ready - 1].next = job;
		ready++;
	}
	return ready;
}

static void refuse(struct rent_exchange *const *x, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		x[i]->transport = RENT_NOT_SENT;
		(void)rent_copy(x[i]->error, sizeof(x[i]->error), why);
	}
}

static void submit_and_wait(struct engine *engine, struct job *jobs,
                            struct rent_exchange *const *x, size_t n, bool quiet)
{
	struct batch batch = { .trace = trace_current(), .quiet = quiet };

	batch.left = chain(jobs, x, n, &batch);
	if (batch.left == 0)
		return;
	(void)sem_init(&batch.done, 0, 0);
	if (engine_submit(engine, &jobs[0], &jobs[batch.left - 1])) {
		while (sem_wait(&batch.done) != 0)
			; /* a signal */
	} else {
		refuse(x, n, "outbound HTTP is not running");
	}
	(void)sem_destroy(&batch.done);
}

static void exchange_all(struct engine *engine, struct rent_exchange *const *x, size_t n,
                         bool quiet)
{
	struct job *jobs = calloc(n == 0 ? 1 : n, sizeof(*jobs));

	if (jobs == NULL)
		refuse(x, n, "out of memory");
	else
		submit_and_wait(engine, jobs, x, n, quiet);
	free(jobs);
}

void upstream_exchange(struct upstreams *upstreams, struct rent_exchange *const *x,
                       size_t n)
{
	exchange_all(upstreams->engine, x, n, false);
}

void upstream_judged(struct rent_exchange *x, bool answered)
{
	if (!x->unjudged)
		return;
	x->unjudged = false;
	if (!answered)
		report_no_answer_of_the_service(x);
	course_settle(x, answered ? BREAKER_OK : BREAKER_FAILURE);
}

static void reach_one(struct engine *engine, struct rent_upstream *u,
                      struct rent_exchange *x)
{
	*x = (struct rent_exchange){ .struct_size = sizeof(*x),
		                     .arena = arena_new(REACH_ARENA) };
	x->request = (struct rent_upstream_request){ .struct_size = sizeof(x->request),
		                                     .flags = RENT_RESEND_SAFE,
		                                     .upstream = u,
		                                     .method = "GET",
		                                     .target = "/",
		                                     .endpoint = "check" };
	if (x->arena == NULL)
		refuse(&x, 1, "out of memory");
	else
		exchange_all(engine, &x, 1, true); /* the caller reports */
}

void upstream_reach(struct upstreams *upstreams,
                    void (*fn)(void *arg, const char *name, const char *url,
                               const struct rent_exchange *x),
                    void *arg)
{
	struct rent_upstream *first;

	(void)pthread_mutex_lock(&upstreams->lock);
	first = upstreams->first;
	(void)pthread_mutex_unlock(&upstreams->lock);
	for (struct rent_upstream *u = first; u != NULL; u = u->next) {
		struct rent_exchange x;

		reach_one(upstreams->engine, u, &x);
		fn(arg, u->name, u->base_url, &x);
		arena_free(x.arena);
	}
}
