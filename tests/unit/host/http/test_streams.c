/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_streams.c - GET /api/v1/events of a listener in this process: what a
 * client sees who reads.
 */
#include "base/clock.h"
#include "events/events.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "sse.h"
#include "support.h"

#include <rent/auth.h>
#include <unistd.h>

#define EVENTS "/api/v1/events"

static struct site site;
static struct raw_reply r;
static struct sse_event event;

static int setup(void **state)
{
	const struct events_config config = { 8, EVENTS_BYTES, RENT_HOUR };

	(void)state;
	site_init(&site);
	site_events(&site, &config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static struct sse *open_stream(const char *target, const char *headers)
{
	struct sse *s = sse_open(site.port, target, headers);

	assert_int_equal(s->status, 200);
	sse_expect(s, "hello", &event);
	return s;
}

static void publish(int from, int to)
{
	char json[32];

	for (int i = from; i <= to; i++) {
		(void)snprintf(json, sizeof(json), "{\"n\":%d}", i);
		events_publish(site.events, "rental", json);
	}
}

static void expect_numbers(struct sse *s, int from, int to)
{
	char json[32];

	for (int i = from; i <= to; i++) {
		(void)snprintf(json, sizeof(json), "{\"n\":%d}", i);
		sse_expect(s, "rental", &event);
		assert_string_equal(event.data, json);
	}
}

/* Waits for a line of the metrics; the test's own time limit is the limit. */
static void wait_metric(const char *line)
{
	do {
		raw_get(site.port, "GET /metrics", "", &r);
	} while (strstr(r.body, line) == NULL);
}

static void a_stream_greets_and_tells(void **state)
{
	struct sse *s;
	int64_t first;

	(void)state;
	site.config.cors_origins = (const char *const[]){ "http://page", NULL };
	site_start(&site);
	s = sse_open(site.port, EVENTS, "Origin: http://page\r\n");
	assert_int_equal(s->status, 200);
	assert_contains(s->head, "Content-Type: text/event-stream\r\n");
	assert_contains(s->head, "Cache-Control: no-store\r\n");
	assert_contains(s->head, "X-Accel-Buffering: no\r\n");
	assert_contains(s->head, "Access-Control-Allow-Origin: http://page\r\n");
	assert_contains(s->head, "X-Request-Id: ");
	assert_lacks(s->head, "Content-Length");
	sse_expect(s, "hello", &event);
	assert_contains(event.data, "\"service\":\"test\",\"version\":\"1.2.3\"");
	first = sse_number(event.id);
	publish(1, 3);
	expect_numbers(s, 1, 3);
	assert_int_equal(sse_number(event.id), first + 3);
	wait_metric("rentald_event_streams 1\n");
	assert_contains(r.body, "http_requests_inprogress{handler=\"/api/v1/events\","
	                        "method=\"GET\"} 0\n");
	sse_close(s);
	wait_metric("rentald_event_streams 0\n");
	assert_contains(r.body, "http_requests_total{handler=\"/api/v1/events\",method="
	                        "\"GET\",status=\"200\"} 1\n");
	assert_lacks(r.body,
	             "http_request_duration_seconds_count{handler=\"/api/v1/events\"");
}

static void who_comes_back_gets_what_he_missed(void **state)
{
	char header[128], target[128];
	struct sse *s;

	(void)state;
	site_start(&site);
	s = open_stream(EVENTS, "");
	publish(1, 2);
	expect_numbers(s, 1, 2);
	(void)snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", s->last_id);
	(void)snprintf(target, sizeof(target), EVENTS "?last_event_id=%s", s->last_id);
	sse_close(s);
	publish(3, 5);
	s = open_stream(EVENTS, header);
	assert_string_equal(event.id, ""); /* the greeting must not move him on */
	expect_numbers(s, 3, 5);
	sse_close(s);
	s = open_stream(target, "");
	expect_numbers(s, 3, 5);
	/* A browser keeps the address when it comes back: the header is newer. */
	(void)snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", s->last_id);
	sse_close(s);
	s = open_stream(target, header);
	publish(6, 6);
	expect_numbers(s, 6, 6);
	sse_close(s);
}

static void gaps_are_told(void **state)
{
	char header[128];
	struct sse *s;

	(void)state;
	site_start(&site);
	s = open_stream(EVENTS, "");
	publish(1, 1);
	expect_numbers(s, 1, 1);
	(void)snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", s->last_id);
	sse_close(s);
	publish(2, 20); /* the ring keeps 13 to 20 */
	s = open_stream(EVENTS, header);
	sse_expect(s, "gap", &event);
	assert_contains(event.data, "{\"missed\":11,\"at\":\"20");
	expect_numbers(s, 13, 20);
	assert_int_equal(sse_number(s->last_id), 20);
	sse_close(s);
	s = open_stream(EVENTS, "Last-Event-ID: 01234567-3\r\n");
	sse_expect(s, "gap", &event);
	assert_contains(event.data, "{\"missed\":null,\"at\":\"20");
	expect_numbers(s, 13, 20);
	sse_close(s);
}

static void types_can_be_chosen(void **state)
{
	struct sse *s;
	char id[64];

	(void)state;
	site.config.heartbeat_us = RENT_SECOND / 10;
	site_start(&site);
	s = open_stream(EVENTS "?types=debt,payment", "");
	(void)snprintf(id, sizeof(id), "%s", s->last_id);
	publish(1, 3);
	/* The heartbeat moves the id past what was not wanted. */
	while (strcmp(s->last_id, id) == 0)
		sse_comment(s);
	assert_int_equal(sse_number(s->last_id), sse_number(id) + 3);
	events_publish(site.events, "payment", "{\"p\":1}");
	publish(4, 4);
	events_publish(site.events, "debt", "{\"d\":1}");
	sse_expect(s, "payment", &event);
	sse_expect(s, "debt", &event);
	assert_int_equal(sse_number(event.id), sse_number(id) + 6);
	sse_close(s);
}

static void wrong_types_are_refused(void **state)
{
	static const char *const targets[] = {
		EVENTS "?types=Debt",
		EVENTS "?types=a,,b",
		EVENTS "?types=,",
		EVENTS "?types=a%20b",
		EVENTS "?types=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
		EVENTS "?types=abcdefghijklmnopqrstuvwxyz_abcdefg",
	};
	char line[128];

	(void)state;
	site_start(&site);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		(void)snprintf(line, sizeof(line), "GET %s", targets[i]);
		raw_get(site.port, line, "", &r);
		assert_int_equal(r.status, 422);
		assert_contains(r.head, "application/problem+json");
		assert_contains(r.body, "\"field\":\"types\"");
	}
	sse_close(open_stream(EVENTS "?types=", ""));
	sse_close(open_stream(EVENTS "?types=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", ""));
}

static void other_methods_have_no_stream(void **state)
{
	(void)state;
	site_start(&site);
	raw_get(site.port, "HEAD " EVENTS, "", &r);
	assert_int_equal(r.status, 200);
	assert_contains(r.head, "text/event-stream");
	raw_get(site.port, "POST " EVENTS, "", &r);
	assert_int_equal(r.status, 405);
	assert_contains(r.head, "Allow: GET, HEAD, OPTIONS");
	raw_get(site.port, "GET /metrics", "", &r);
	assert_contains(r.body, "rentald_event_streams 0\n");
}

/* Without chunks: the end of the stream is that of the connection. */
static void http_1_0_is_served(void **state)
{
	char text[4096] = "";
	size_t used = 0;
	int fd;

	(void)state;
	site_start(&site);
	fd = raw_connect(site.port);
	raw_send(fd, "GET " EVENTS " HTTP/1.0\r\n\r\n");
	while (strstr(text, "event: rental\ndata: {\"n\":1}\n\n") == NULL) {
		ssize_t n = read(fd, text + used, sizeof(text) - 1 - used);

		assert_true(n > 0);
		used += (size_t)n;
		text[used] = '\0';
		if (strstr(text, "event: hello") != NULL)
			publish(1, 1);
	}
	assert_lacks(text, "chunked");
	(void)close(fd);
}

static void silence_is_broken_by_heartbeats(void **state)
{
	struct sse *s;

	(void)state;
	site.config.heartbeat_us = RENT_SECOND / 10;
	/* Nor does the listener's own patience end a silent stream. */
	site.config.idle_timeout_us = RENT_SECOND;
	site_start(&site);
	s = open_stream(EVENTS, "");
	for (int i = 0; i < 5; i++)
		sse_comment(s);
	publish(1, 1);
	expect_numbers(s, 1, 1);
	sse_close(s);
}

static void silence_is_not_idleness(void **state)
{
	struct sse *s;
	int64_t until = clock_mono_us() + 3 * RENT_SECOND;

	(void)state;
	site.config.idle_timeout_us = RENT_SECOND;
	site.config.heartbeat_us = RENT_HOUR;
	site_start(&site);
	s = open_stream(EVENTS, "");
	while (clock_mono_us() < until)
		raw_get(site.port, "GET /hello", "", &r); /* … time goes by */
	events_publish(site.events, "last", "{}");
	while (sse_next(s, &event) && strcmp(event.type, "last") != 0) {
	}
	assert_string_equal(event.type, "last");
	sse_close(s);
}

static int knows_everybody(void *self, const struct rent_http_request *req,
                           const struct rent_peer *peer, struct rent_principal *ret,
                           struct rent_error *err)
{
	(void)self;
	(void)req;
	(void)peer;
	(void)err;
	ret->role = RENT_ROLE_VIEWER;
	(void)rent_copy(ret->subject, sizeof(ret->subject), "vera");
	return RENT_AUTH_KNOWN;
}

/* A key that was revoked does not listen for ever: its stream ends, and the next one asks. */
static void who_listens_is_asked_again(void **state)
{
	static struct http_auth asked = {
		.api = { .struct_size = sizeof(asked.api),
		         .authenticate = knows_everybody,
		         .challenge = "Bearer" },
		.instance = "everybody",
	};
	struct sse *s;

	(void)state;
	site.config.heartbeat_us = RENT_SECOND / 10;
	site.config.stream_life_us = RENT_SECOND / 2;
	site.config.auths = &asked;
	site.config.auth_count = 1;
	site_start(&site);
	s = open_stream(EVENTS, "");
	sse_to_end(s);
	assert_true(s->ended);
	sse_close(s);
}

static void no_more_than_allowed(void **state)
{
	struct sse *one, *two;

	(void)state;
	site.config.streams_max = 2;
	site_start(&site);
	one = open_stream(EVENTS, "");
	two = open_stream(EVENTS, "");
	raw_get(site.port, "GET " EVENTS, "", &r);
	assert_int_equal(r.status, 503);
	assert_contains(r.head, "Retry-After: ");
	assert_contains(r.body, "/problems/too-many-streams");
	sse_close(one);
	wait_metric("rentald_event_streams 1\n");
	one = open_stream(EVENTS, "");
	sse_close(one);
	sse_close(two);
}

static void draining_ends_streams(void **state)
{
	struct sse *s[20];
	int64_t began;

	(void)state;
	site_start(&site);
	for (int i = 0; i < 20; i++)
		s[i] = open_stream(EVENTS, "");
	publish(1, 1);
	began = clock_mono_us();
	assert_int_equal(http_server_drain(site.server, 20 * RENT_SECOND), 0);
	assert_true(clock_mono_us() - began < 5 * RENT_SECOND);
	for (int i = 0; i < 20; i++) {
		sse_to_end(s[i]);
		assert_true(s[i]->ended);
		sse_close(s[i]);
	}
}

static void ending_waits_for_no_stream(void **state)
{
	struct sse *s;

	(void)state;
	site_start(&site);
	s = open_stream(EVENTS, "");
	http_server_free(site.server);
	site.server = NULL;
	sse_to_end(s);
	sse_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stream_greets_and_tells, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(who_comes_back_gets_what_he_missed, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(gaps_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(types_can_be_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_types_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(other_methods_have_no_stream, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(http_1_0_is_served, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_broken_by_heartbeats, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(silence_is_not_idleness, setup, teardown),
		cmocka_unit_test_setup_teardown(who_listens_is_asked_again, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(no_more_than_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(draining_ends_streams, setup, teardown),
		cmocka_unit_test_setup_teardown(ending_waits_for_no_stream, setup,
		                                teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
