/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_told.c - what the host itself tells: requests, but not those that are
 * about the host; breakers that change.
 */
#include "calls.h"
#include "events/events.h"
#include "log/log.h"
#include "origin.h"
#include "raw.h"
#include "site.h"
#include "sse.h"
#include "support.h"

static struct site site;
static struct raw_reply r;
static struct sse_event event;

static int setup(void **state)
{
	const struct events_config config = { 64, EVENTS_BYTES, RENT_HOUR };

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

static void requests_are_told(void **state)
{
	struct sse *s;

	(void)state;
	site_start(&site);
	s = sse_open(site.port, "/api/v1/events", "");
	sse_expect(s, "hello", &event);
	raw_get(site.port, "GET /items/a%20b?secret=x", "X-Request-Id: mine\r\n", &r);
	sse_expect(s, "request", &event);
	assert_contains(event.data,
	                "{\"method\":\"GET\",\"path\":\"/items/a b\",\"handler\":"
	                "\"/items/{id}\",\"status\":200,\"duration_us\":");
	assert_contains(event.data,
	                ",\"request_id\":\"mine\",\"listener\":\"test\",\"at\":\"20");
	assert_lacks(event.data, "secret");
	raw_get(site.port, "GET /nowhere", "", &r);
	sse_expect(s, "request", &event);
	assert_contains(event.data, "\"handler\":\"unmatched\",\"status\":404,");
	raw_get(site.port, "GET /fail", "", &r);
	sse_expect(s, "request", &event);
	assert_contains(event.data, "\"status\":500,");
	sse_close(s);
}

static void what_watches_the_host_is_not_told(void **state)
{
	static const char *const lines[] = {
		"GET /metrics",
		"GET /api/v1/health",
		"GET /api/v1/health/ready",
		"GET /api/v1/health/circuit-breakers",
		"GET /api/v1/system",
		"HEAD /api/v1/events",
		"GET /api/v1/events?types=-",
		"GET /no-such-file",
	};
	struct sse *s;

	(void)state;
	site.config.static_root = "/proc/self";
	site.config.cors_origins = (const char *const[]){ "*", NULL };
	site_start(&site);
	s = sse_open(site.port, "/api/v1/events", "");
	sse_expect(s, "hello", &event);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		raw_get(site.port, lines[i], "", &r);
	raw_get(site.port, "OPTIONS /items/1",
	        "Origin: http://x\r\nAccess-Control-Request-Method: GET\r\n", &r);
	raw_get(site.port, "GET /items/last", "", &r);
	sse_expect(s, "request", &event);
	assert_contains(event.data, "\"path\":\"/items/last\"");
	sse_close(s);
}

static void breakers_are_told(void **state)
{
	struct tasks *tasks = calls_tasks(1);
	const struct upstreams_config parts = { .metrics = site.metrics,
		                                .events = site.events,
		                                .tasks = tasks };
	struct upstreams *upstreams = NULL;
	const struct upstream_limits limits = { .timeout_us = RENT_SECOND,
		                                .tries = 1,
		                                .breaker_failures = 2,
		                                .breaker_reset_us = RENT_HOUR,
		                                .max_in_flight = 1 };
	struct rent_error err = { .code = 0 };
	struct calls calls;
	struct sse *s;

	(void)state;
	site_start(&site);
	assert_int_equal(upstreams_new(&parts, &upstreams, &err), 0);
	s = sse_open(site.port, "/api/v1/events?types=breaker", "");
	sse_expect(s, "hello", &event);
	/* Port 1 of the loopback refuses. */
	calls = calls_new(calls_open(upstreams, "told", 1, &limits), 2, "GET", "/", 0);
	upstream_exchange(upstreams, calls.x, calls.n);
	sse_expect(s, "breaker", &event);
	assert_contains(event.data, "{\"name\":\"told\",\"state\":\"open\",\"at\":\"20");
	calls_free(&calls);
	sse_close(s);
	upstreams_free(upstreams);
	tasks_free(tasks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_watches_the_host_is_not_told, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(breakers_are_told, setup, teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
