/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_upstream.c - what an exchange ends as, against a server that
 * misbehaves: sent or not, answered or not, tried again or not, breaker.
 */
#include "base/clock.h"
#include "base/trace.h"
#include "calls.h"
#include "events/events.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "origin.h"

#include <pthread.h>
#include <unistd.h>

static struct metrics *metrics;
static struct events *events;
static struct tasks *tasks;
static struct upstreams *upstreams;
static struct origin *origin;
static struct rent_upstream *up;

static const struct upstream_limits usual = { .timeout_us = 300000,
	                                      .tries = 3,
	                                      .backoff_us = 2000,
	                                      .breaker_failures = 100,
	                                      .breaker_reset_us = 50000,
	                                      .max_in_flight = 100 };

static int setup(void **state)
{
	struct upstreams_config parts = { .metrics = metrics, .events = events };

	(void)state;
	parts.tasks = tasks = calls_tasks(1);
	assert_int_equal(upstreams_new(&parts, &upstreams, NULL), 0);
	origin = origin_new(0);
	up = calls_open(upstreams, "origin", origin_port(origin), &usual);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	upstreams_free(upstreams);
	tasks_free(tasks);
	origin_free(origin);
	return 0;
}

/* One exchange, kept until the next one or the end of the test. */
static struct calls kept;

static struct rent_exchange *call(struct rent_upstream *u, const char *method,
                                  const char *target, uint32_t flags)
{
	calls_free(&kept);
	kept = calls_new(u, 1, method, target, flags);
	upstream_exchange(upstreams, kept.x, 1);
	return kept.x[0];
}

static void replies_arrive_whole(void **state)
{
	struct rent_exchange *x = call(up, "GET", "/ok", 0);

	(void)state;
	assert_int_equal(x->transport, RENT_REPLIED);
	assert_int_equal(x->reply.status, 200);
	assert_string_equal(x->reply.body, "{\"ok\":true}");
	assert_int_equal(x->reply.body_size, 11);
	assert_string_equal(x->reply.content_type, "application/json");
	assert_string_equal(x->error, "");
	assert_false(x->reply.ambiguous);
	assert_true(x->took_us > 0);
	x = call(up, "POST", "/echo", 0);
	assert_string_equal(x->reply.body, "{\"amount\":1}");
	assert_string_equal(x->reply.content_type, "text/x-echo");
	x = call(up, "GET", "/status/404", 0);
	assert_int_equal(x->transport, RENT_REPLIED);
	assert_int_equal(x->reply.status, 404);
	assert_string_equal(x->reply.content_type, "");
	x = call(up, "GET", "/status/302", 0);
	assert_int_equal(x->reply.status, 302);
	assert_int_equal(origin_connections(origin), 1);
}

static void requests_are_sent_as_built(void **state)
{
	struct trace trace;
	char last[4096], parent[64];

	(void)state;
	(void)trace_begin(&trace,
	                  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
	trace_enter(&trace);
	calls_free(&kept);
	kept = calls_new(up, 1, "POST", "/echo?a=b%20c&d=../e", 0);
	kept.x[0]->request.headers[1] =
		(struct rent_header){ "Idempotency-Key", "key-1" };
	kept.x[0]->request.headers[2] = (struct rent_header){ "X-Empty", "" };
	upstream_exchange(upstreams, kept.x, 1);
	trace_enter(NULL);
	origin_last(origin, last, sizeof(last));
	assert_contains(last, "POST /echo?a=b%20c&d=../e HTTP/1.1\r\n");
	assert_contains(last, "\r\nIdempotency-Key: key-1\r\n");
	assert_contains(last, "\r\nContent-Type: application/json\r\n");
	assert_contains(last, "\r\nX-Empty:");
	assert_contains(last, "\r\n\r\n{\"amount\":1}");
	assert_lacks(last, "Expect");
	(void)snprintf(parent, sizeof(parent), "\r\ntraceparent: 00-%s-", trace.trace_id);
	assert_contains(last, parent);
	assert_lacks(last, trace.span_id);
	calls_free(&kept);
	kept = calls_new(up, 1, "POST", "/echo", 0);
	kept.x[0]->request.headers[0].name = NULL;
	upstream_exchange(upstreams, kept.x, 1);
	origin_last(origin, last, sizeof(last));
	assert_lacks(last, "Content-Type");
	(void)call(up, "DELETE", "/ok", 0);
	origin_last(origin, last, sizeof(last));
	assert_contains(last, "DELETE /ok HTTP/1.1\r\n");
	assert_lacks(last, "traceparent");
	(void)call(up, "GET", "/ok", 0);
	origin_last(origin, last, sizeof(last));
	assert_contains(last, "GET /ok HTTP/1.1\r\n");
	assert_lacks(last, "amount");
}

static void malformed_requests_do_not_leave(void **state)
{
	static const char *const targets[] = { "ok", "/a b", "/a\r\nX: y", "/a#b", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct rent_exchange *x = call(up, "GET", targets[i], 0);

		assert_int_equal(x->transport, RENT_NOT_SENT);
		assert_string_not_equal(x->error, "");
	}
	calls_free(&kept);
	kept = calls_new(up, 1, "POST", "/ok", 0);
	kept.x[0]->request.headers[0].value = "a\r\nInjected: b";
	upstream_exchange(upstreams, kept.x, 1);
	assert_int_equal(kept.x[0]->transport, RENT_NOT_SENT);
	assert_int_equal(origin_connections(origin), 0);
}

/* A host that has lost the lease must not send the call. */
static void a_request_past_its_time_is_not_sent(void **state)
{
	(void)state;
	calls_free(&kept);
	kept = calls_new(up, 2, "POST", "/ok", RENT_RESEND_SAFE);
	kept.x[0]->request.not_after_us = clock_mono_us();
	kept.x[1]->request.not_after_us = clock_mono_us() + RENT_MINUTE;
	upstream_exchange(upstreams, kept.x, 2);
	assert_int_equal(kept.x[0]->transport, RENT_NOT_SENT);
	assert_contains(kept.x[0]->error, "too late");
	assert_int_equal(kept.x[1]->transport, RENT_REPLIED);
}

static void a_refused_connection_is_not_sent(void **state)
{
	struct rent_upstream *dead =
		calls_open(upstreams, "dead", origin_free_port(), &usual);
	int64_t began = clock_mono_us();
	struct rent_exchange *x = call(dead, "POST", "/ok", 0);

	(void)state;
	assert_int_equal(x->transport, RENT_NOT_SENT);
	assert_false(x->breaker_open);
	assert_string_not_equal(x->error, "");
	/* three tries: waits of 2 and 4 ms, less a quarter */
	assert_true(clock_mono_us() - began >= 4500);
}

static void *exchange_all(void *arg)
{
	struct calls *c = arg;

	upstream_exchange(upstreams, c->x, c->n);
	return NULL;
}

static void a_refused_connection_is_tried_again(void **state)
{
	unsigned port = origin_free_port();
	struct upstream_limits patient = usual;
	struct origin *late;
	struct calls c;
	pthread_t thread;

	(void)state;
	patient.tries = 10;
	patient.backoff_us = 20000;
	c = calls_new(calls_open(upstreams, "late", port, &patient), 1, "POST", "/ok", 0);
	assert_int_equal(pthread_create(&thread, NULL, exchange_all, &c), 0);
	late = origin_new(port);
	(void)pthread_join(thread, NULL);
	assert_int_equal(c.x[0]->transport, RENT_REPLIED);
	assert_false(c.x[0]->reply.ambiguous);
	assert_int_equal(origin_hits(late, "/ok"), 1);
	calls_free(&c);
	origin_free(late);
}

static void what_was_sent_and_not_answered_is_no_answer(void **state)
{
	static const char *const targets[] = { "/close", "/rst",  "/cut",  "/chunkcut",
		                               "/head",  "/huge", "/never" };

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		for (int reused = 0; reused < 2; reused++) {
			struct rent_exchange *x;

			if (reused == 1)
				(void)call(up, "GET", "/ok", 0);
			x = call(up, "POST", targets[i], 0);
			if (x->transport != RENT_NO_ANSWER)
				fail_msg("%s: %d %s", targets[i], x->transport, x->error);
			assert_string_not_equal(x->error, "");
			/* never twice: it might have acted */
			assert_int_equal(origin_hits(origin, targets[i]), 1 + reused);
		}
	}
}

static void a_slow_answer_is_no_answer_in_time(void **state)
{
	int64_t began = clock_mono_us(), took;
	struct rent_exchange *x = call(up, "POST", "/never", RENT_RESEND_SAFE);

	(void)state;
	took = clock_mono_us() - began;
	assert_int_equal(x->transport, RENT_NO_ANSWER);
	assert_true(took >= 290000 && took < 5000000);
	calls_free(&kept);
	kept = calls_new(up, 1, "POST", "/never", 0);
	kept.x[0]->request.timeout_us = 20000;
	began = clock_mono_us();
	upstream_exchange(upstreams, kept.x, 1);
	assert_int_equal(kept.x[0]->transport, RENT_NO_ANSWER);
	assert_true(clock_mono_us() - began < 280000);
	assert_int_equal(origin_hits(origin, "/never"),
	                 2); /* time-outs are not repeated */
}

static void a_kept_connection_that_dies_is_not_repeated(void **state)
{
	struct rent_exchange *x;

	(void)state;
	(void)call(up, "GET", "/dienext", 0);
	x = call(up, "POST", "/ok", 0);
	assert_int_equal(x->transport, RENT_NO_ANSWER);
	assert_int_equal(origin_hits(origin, "/ok"), 1);
}

static void it_is_repeated_where_that_is_safe(void **state)
{
	struct rent_exchange *x;

	(void)state;
	(void)call(up, "GET", "/dienext", 0);
	x = call(up, "POST", "/ok", RENT_RESEND_SAFE);
	assert_int_equal(x->transport, RENT_REPLIED);
	assert_true(x->reply.ambiguous);
	assert_int_equal(origin_hits(origin, "/ok"), 2);
	assert_int_equal(origin_connections(origin), 2);
}

static void a_connection_ended_while_idle_is_just_replaced(void **state)
{
	struct rent_exchange *x;

	(void)state;
	(void)call(up, "GET", "/bye", 0);
	while (origin_endings(origin) < 1)
		(void)usleep(100);
	x = call(up, "POST", "/ok", 0);
	assert_int_equal(x->transport, RENT_REPLIED);
	assert_false(x->reply.ambiguous);
	assert_int_equal(origin_hits(origin, "/ok"), 1);
	assert_int_equal(origin_connections(origin), 2);
}

static void server_errors_are_tried_again_where_safe(void **state)
{
	static const struct {
		const char *target;
		uint32_t flags;
		int status, hits;
		bool ambiguous;
	} rows[] = {
		{ "/seq/503,200/a", RENT_RESEND_SAFE, 200, 2, false },
		{ "/seq/502,200/b", RENT_RESEND_SAFE, 200, 2, true },
		{ "/seq/504,503,200/c", RENT_RESEND_SAFE, 200, 3, true },
		{ "/seq/503,503,503,200/d", RENT_RESEND_SAFE, 503, 3, false },
		{ "/seq/502,503,503,200/e", RENT_RESEND_SAFE, 503, 3, true },
		{ "/seq/503,503,502,200/f", RENT_RESEND_SAFE, 502, 3, false },
		{ "/seq/503,200/g", 0, 503, 1, false },
		{ "/seq/502,200/h", 0, 502, 1, false },
		{ "/seq/500,200/i", RENT_RESEND_SAFE, 500, 1, false },
		{ "/seq/429,200/j", RENT_RESEND_SAFE, 429, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rent_exchange *x = call(up, "POST", rows[i].target, rows[i].flags);

		assert_int_equal(x->transport, RENT_REPLIED);
		assert_int_equal(x->reply.status, rows[i].status);
		assert_int_equal(x->reply.ambiguous, rows[i].ambiguous);
		assert_int_equal(origin_hits(origin, rows[i].target), rows[i].hits);
	}
}

static void retry_after_is_read(void **state)
{
	struct rent_exchange *x = call(up, "GET", "/retry", 0);

	(void)state;
	assert_int_equal(x->reply.status, 503);
	assert_int_equal(x->reply.retry_after_us, 7 * RENT_SECOND);
}

static void a_perhaps_executed_request_is_never_not_sent(void **state)
{
	struct upstream_limits slow = usual;
	struct calls c;
	pthread_t thread;

	(void)state;
	slow.backoff_us = 300000;
	c = calls_new(calls_open(upstreams, "slow", origin_port(origin), &slow), 1,
	              "POST", "/seq/502/x", RENT_RESEND_SAFE);
	assert_int_equal(pthread_create(&thread, NULL, exchange_all, &c), 0);
	while (origin_hits(origin, "/seq/502/x") == 0)
		(void)usleep(1000);
	origin_free(origin); /* the further tries are refused */
	(void)pthread_join(thread, NULL);
	assert_int_equal(c.x[0]->transport, RENT_NO_ANSWER);
	calls_free(&c);
	origin = origin_new(0);
}

struct seen {
	const char *name;
	char state[16];
	unsigned failures, count;
	int64_t last;
};

static void look(void *arg, const struct upstream_report *r)
{
	struct seen *seen = arg;

	seen->count++;
	if (strcmp(r->name, seen->name) != 0)
		return;
	(void)rent_copy(seen->state, sizeof(seen->state), r->state);
	seen->failures = r->fail_counter;
	seen->last = r->last_failure_us;
}

static const char *breaker_state(const char *name)
{
	static struct seen seen;

	seen = (struct seen){ .name = name };
	upstream_each(upstreams, look, &seen);
	return seen.state;
}

static void the_breaker_opens_and_closes(void **state)
{
	struct upstream_limits touchy = usual;
	struct rent_upstream *u;
	struct rent_exchange *x;
	struct dynbuf text;

	(void)state;
	touchy.breaker_failures = 3;
	touchy.breaker_reset_us = 200000;
	u = calls_open(upstreams, "touchy", origin_port(origin), &touchy);
	for (int i = 0; i < 10; i++)
		(void)call(u, "GET", "/status/404", 0);
	assert_string_equal(breaker_state("touchy"), "closed");
	(void)call(u, "GET", "/status/500", 0);
	(void)call(u, "GET", "/status/503",
	           RENT_RESEND_SAFE); /* three tries, one failure */
	assert_string_equal(breaker_state("touchy"), "closed");
	(void)call(u, "GET", "/close", 0);
	assert_string_equal(breaker_state("touchy"), "open");
	x = call(u, "POST", "/ok", RENT_RESEND_SAFE);
	assert_int_equal(x->transport, RENT_NOT_SENT);
	assert_true(x->breaker_open);
	assert_in_range(x->reply.retry_after_us, 1, touchy.breaker_reset_us);
	assert_int_equal(origin_hits(origin, "/ok"), 0);
	dynbuf_init(&text, METRICS_TEXT_MAX);
	assert_int_equal(metrics_render(metrics, &text), 0);
	assert_contains(text.data, "rental_system_circuit_breaker_state{service=\"test\","
	                           "circuit_name=\"touchy\"} 1\n");
	assert_contains(text.data, "rental_system_circuit_breaker_failures_total{service="
	                           "\"test\",circuit_name=\"touchy\"} 3\n");
	assert_contains(text.data,
	                "rental_system_external_api_requests_total{service="
	                "\"test\",api_service=\"touchy\",endpoint=\"test\",status="
	                "\"breaker_open\"} 1\n");
	assert_contains(text.data, "endpoint=\"test\",status=\"404\"} 10\n");
	dynbuf_done(&text);
	while (call(u, "POST", "/ok", 0)->breaker_open)
		(void)usleep(10000);
	assert_int_equal(kept.x[0]->transport, RENT_REPLIED);
	assert_string_equal(breaker_state("touchy"), "closed");
}

static bool answers(struct rent_upstream *u, const char *target, bool an_answer)
{
	struct rent_exchange *x = call(u, "GET", target, RENT_RESEND_SAFE | RENT_JUDGED);

	if (x->transport != RENT_REPLIED)
		return false;
	upstream_judged(x, an_answer);
	upstream_judged(x, !an_answer); /* the second verdict counts for nothing */
	return true;
}

/* Only the caller can tell a refusal from a proxy's page of the same status. */
static void what_is_no_answer_opens_the_breaker(void **state)
{
	struct upstream_limits touchy = usual;
	struct rent_upstream *u;

	(void)state;
	touchy.breaker_failures = 3;
	touchy.breaker_reset_us = 100000;
	u = calls_open(upstreams, "judged", origin_port(origin), &touchy);
	for (int i = 0; i < 10; i++)
		assert_true(answers(u, "/status/400", true));
	assert_true(answers(u, "/status/400", false));
	assert_true(answers(u, "/status/301", false));
	assert_true(answers(u, "/status/402", true));
	assert_true(answers(u, "/status/400", false));
	assert_true(answers(u, "/status/200", false));
	assert_string_equal(breaker_state("judged"), "closed");
	assert_true(answers(u, "/status/404", false));
	assert_string_equal(breaker_state("judged"), "open");
	assert_false(answers(u, "/ok", true));
	(void)usleep(120000);
	assert_true(answers(u, "/status/400", false));
	assert_string_equal(breaker_state("judged"), "open");
	(void)usleep(120000);
	assert_true(answers(u, "/ok", true));
	assert_string_equal(breaker_state("judged"), "closed");
}

/* A name may have moved to another address, while the old one goes on answering. */
static void a_connection_has_a_longest_life(void **state)
{
	struct upstream_limits short_lived = usual;
	struct rent_upstream *u;

	(void)state;
	short_lived.max_life_us = RENT_SECOND;
	u = calls_open(upstreams, "short-lived", origin_port(origin), &short_lived);
	for (int i = 0; i < 10; i++)
		assert_int_equal(call(u, "GET", "/ok", 0)->transport, RENT_REPLIED);
	assert_int_equal(origin_connections(origin), 1);
	for (int i = 0; i < 25; i++) { /* never idle for long */
		(void)usleep(100000);
		assert_int_equal(call(u, "GET", "/ok", 0)->transport, RENT_REPLIED);
	}
	assert_in_range(origin_connections(origin), 2, 4);
}

/* Lines as they were written since log_to(fileno(file)). */
static char *said(FILE *file)
{
	static char text[8192];
	size_t n;

	log_to(2);
	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	return text;
}

/* What fails has one line, whatever was tried, with the request that it was for. */
static void failures_have_their_line(void **state)
{
	struct upstream_limits touchy = usual;
	struct trace trace = { .request_id = "req-42" };
	struct rent_upstream *u;
	FILE *file = tmpfile();
	const char *text;

	(void)state;
	assert_non_null(file);
	touchy.breaker_failures = 2;
	touchy.breaker_reset_us = RENT_MINUTE;
	u = calls_open(upstreams, "lined", origin_port(origin), &touchy);
	(void)trace_begin(&trace, NULL);
	log_setup(RENT_LOG_WARN, LOG_LOGFMT);
	log_to(fileno(file));
	trace_enter(&trace);
	(void)call(u, "GET", "/status/404", RENT_RESEND_SAFE);
	assert_true(answers(u, "/status/402", false));
	assert_true(answers(u, "/status/403", true));
	(void)call(u, "POST", "/close", 0);
	(void)call(u, "GET", "/status/503", RENT_RESEND_SAFE);
	(void)call(u, "GET", "/ok", 0);
	trace_enter(NULL);
	text = said(file);
	assert_lacks(text, "status=404");
	assert_lacks(text, "status=403");
	assert_contains(text, "msg=\"the reply is not an answer of the service");
	assert_contains(text, "upstream=lined method=GET endpoint=test status=402 "
	                      "content_type=");
	assert_contains(text, "upstream=lined method=POST endpoint=test status=no_answer "
	                      "why=");
	assert_contains(text, "method=GET endpoint=test status=503\n");
	assert_contains(text, "state=open why=\"HTTP 503\"");
	assert_contains(text, "status=breaker_open");
	assert_contains(text, "request_id=req-42 trace_id=");
	assert_contains(text, trace.trace_id);
	text = strstr(text, "status=503\n");
	assert_non_null(text);
	assert_null(strstr(text + 1, "status=503\n"));
}

static void an_open_breaker_empties_the_queue(void **state)
{
	struct upstream_limits touchy = usual;
	struct calls c;
	size_t open = 0;

	(void)state;
	touchy.breaker_failures = 3;
	touchy.breaker_reset_us = 60 * RENT_SECOND;
	touchy.max_in_flight = 1;
	c = calls_new(calls_open(upstreams, "narrow", origin_port(origin), &touchy), 50,
	              "POST", "/status/500", 0);
	upstream_exchange(upstreams, c.x, c.n);
	for (size_t i = 0; i < c.n; i++) {
		open += c.x[i]->breaker_open;
		if (c.x[i]->breaker_open)
			assert_in_range(c.x[i]->reply.retry_after_us, RENT_SECOND,
			                touchy.breaker_reset_us);
	}
	assert_int_equal(open, 47);
	assert_int_equal(origin_hits(origin, "/status/500"), 3);
	calls_free(&c);
}

static void stop_ends_everything_with_its_truth(void **state)
{
	struct upstream_limits narrow = usual;
	struct calls c;
	pthread_t thread;

	(void)state;
	narrow.max_in_flight = 1;
	narrow.timeout_us = 60 * RENT_SECOND;
	c = calls_new(calls_open(upstreams, "stopped", origin_port(origin), &narrow), 5,
	              "POST", "/never", 0);
	assert_int_equal(pthread_create(&thread, NULL, exchange_all, &c), 0);
	while (origin_hits(origin, "/never") == 0)
		(void)usleep(1000);
	upstreams_stop(upstreams);
	(void)pthread_join(thread, NULL);
	assert_int_equal(c.x[0]->transport, RENT_NO_ANSWER);
	for (size_t i = 1; i < c.n; i++)
		assert_int_equal(c.x[i]->transport, RENT_NOT_SENT);
	calls_free(&c);
}

static void an_arena_too_small_is_no_answer(void **state)
{
	static char body[3000];

	(void)state;
	memset(body, 'b', sizeof(body));
	calls_free(&kept);
	kept = calls_new(up, 1, "POST", "/echo", 0);
	kept.x[0]->request.body = body;
	kept.x[0]->request.body_size = sizeof(body);
	arena_free(kept.x[0]->arena);
	kept.x[0]->arena = arena_new(2000); /* room for the request, not for the reply */
	upstream_exchange(upstreams, kept.x, 1);
	assert_int_equal(kept.x[0]->transport, RENT_NO_ANSWER);
	assert_contains(kept.x[0]->error, "arena");
	assert_int_equal(origin_hits(origin, "/echo"), 1);
	arena_free(kept.x[0]->arena);
	kept.x[0]->arena = arena_new(50);
	upstream_exchange(upstreams, kept.x, 1);
	assert_int_equal(kept.x[0]->transport, RENT_NOT_SENT);
	assert_int_equal(origin_hits(origin, "/echo"), 1);
}

static void addresses_are_checked_and_shared(void **state)
{
	static const char *const bad[] = { "",
		                           "127.0.0.1:80",
		                           "ftp://x",
		                           "http://",
		                           "http://x/?a=b",
		                           "http://u:p@x/",
		                           "http://x:99999/",
		                           "http://x y/" };
	struct rent_upstream *u = NULL, *again = NULL;
	struct rent_error err;
	struct upstream_limits none = { .timeout_us = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			upstream_open(upstreams, "bad", bad[i], &usual, &u, &err),
			RENT_EINVAL);
		assert_contains(err.text, "upstream 'bad'");
	}
	assert_int_equal(upstream_open(upstreams, "bad", "http://x", &none, &u, &err),
	                 RENT_EINVAL);
	assert_int_equal(
		upstream_open(upstreams, "s", "http://x:1/v1/", &usual, &u, &err), 0);
	assert_int_equal(
		upstream_open(upstreams, "s", "http://x:1/v1", &usual, &again, &err), 0);
	assert_ptr_equal(u, again);
	assert_int_equal(upstream_open(upstreams, "s", "http://y", &usual, &again, &err),
	                 0);
	assert_ptr_not_equal(u, again);
	assert_string_equal(breaker_state("s"), "closed");
	assert_string_equal(breaker_state("s@y:80"), "closed");
}

/* Whoever reads the message is not sent to an option that there is not. */
static void plain_http_beyond_is_refused(void **state)
{
	struct upstream_route route = { .insecure = false };
	struct rent_upstream *u = NULL;
	struct rent_error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		route.must_be_secure = i == 1;
		assert_int_equal(upstream_open_by(upstreams, "far", "http://10.0.0.9",
		                                  &usual, &route, &u, &err),
		                 RENT_EINVAL);
		assert_int_equal(strstr(err.text, "say insecure = true") != NULL, i == 0);
		assert_int_equal(strstr(err.text, "has no option `insecure`") != NULL,
		                 i == 1);
	}
}

static int finish(void **state)
{
	(void)state;
	calls_free(&kept);
	return 0;
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(replies_arrive_whole),
		ROW(requests_are_sent_as_built),
		ROW(malformed_requests_do_not_leave),
		ROW(a_request_past_its_time_is_not_sent),
		ROW(a_refused_connection_is_not_sent),
		ROW(a_refused_connection_is_tried_again),
		ROW(what_was_sent_and_not_answered_is_no_answer),
		ROW(a_slow_answer_is_no_answer_in_time),
		ROW(a_kept_connection_that_dies_is_not_repeated),
		ROW(it_is_repeated_where_that_is_safe),
		ROW(a_connection_ended_while_idle_is_just_replaced),
		ROW(server_errors_are_tried_again_where_safe),
		ROW(retry_after_is_read),
		ROW(a_perhaps_executed_request_is_never_not_sent),
		ROW(the_breaker_opens_and_closes),
		ROW(failures_have_their_line),
		ROW(what_is_no_answer_opens_the_breaker),
		ROW(a_connection_has_a_longest_life),
		ROW(an_open_breaker_empties_the_queue),
		ROW(stop_ends_everything_with_its_truth),
		ROW(an_arena_too_small_is_no_answer),
		ROW(addresses_are_checked_and_shared),
		ROW(plain_http_beyond_is_refused),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	metrics = metrics_new("test", 100);
	events = events_new(NULL, metrics);
	return cmocka_run_group_tests(tests, NULL, finish);
}
