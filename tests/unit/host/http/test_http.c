/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_http.c - what a client sees of a listener: routing, bodies,
 * errors, identity of requests, CORS, system routes, log and drain.
 */
#include "base/clock.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "support.h"

#include <jansson.h>
#include <unistd.h>

static struct site site;
static struct raw_reply r;
static const char *const any_origin[] = { "*", NULL };
static const char *const two_origins[] = { "https://a.example", "https://b.example",
	                                   NULL };

static int setup(void **state)
{
	(void)state;
	site_init(&site);
	site.config.cors_origins = any_origin;
	site_start(&site);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static const char *header(const char *name)
{
	static char value[512];

	return raw_header(&r, name, value, sizeof(value)) ? value : "(absent)";
}

static void assert_problem(int status, const char *slug)
{
	json_error_t error;
	json_t *doc = json_loads(r.body, 0, &error);
	char type[64];

	assert_int_equal(r.status, status);
	assert_string_equal(header("Content-Type"), "application/problem+json");
	assert_non_null(doc);
	(void)snprintf(type, sizeof(type), "/problems/%s", slug);
	assert_string_equal(json_string_value(json_object_get(doc, "type")), type);
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), status);
	assert_non_null(json_string_value(json_object_get(doc, "title")));
	assert_non_null(json_string_value(json_object_get(doc, "detail")));
	assert_string_equal(json_string_value(json_object_get(doc, "instance")),
	                    header("X-Request-Id"));
	json_decref(doc);
}

static void handlers_answer(void **state)
{
	(void)state;
	raw_get(site.port, "GET /hello", "", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "hello");
	assert_string_equal(header("Content-Type"), "text/plain");
	assert_string_equal(header("X-Content-Type-Options"), "nosniff");
	assert_string_equal(header("Cache-Control"), "no-store");
	raw_get(site.port, "GET /items/a%20b%2Fc", "", &r);
	assert_string_equal(r.body, "id=a b/c");
	raw_get(site.port, "GET /big", "", &r);
	assert_int_equal(r.body_size, 200000);
	raw_post(site.port, "/echo", "application/json; charset=utf-8", "{\"a\":1}", &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(r.body, "{\"a\":1}");
	assert_string_equal(header("Content-Type"), "application/json");
	assert_string_equal(header("X-Own"), "yes");
}

static void head_is_get_without_a_body(void **state)
{
	(void)state;
	raw_get(site.port, "HEAD /hello", "", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header("Content-Length"), "5");
	raw_get(site.port, "HEAD /who", "", &r);
	assert_int_equal(r.status, 200);
	raw_get(site.port, "HEAD /echo", "", &r);
	assert_int_equal(r.status, 405);
}

static void errors_are_problems(void **state)
{
	(void)state;
	raw_get(site.port, "GET /nowhere", "", &r);
	assert_problem(404, "not-found");
	raw_get(site.port, "DELETE /hello", "", &r);
	assert_problem(405, "method-not-allowed");
	assert_string_equal(header("Allow"), "GET, HEAD, OPTIONS");
	raw_get(site.port, "GET /echo", "", &r);
	assert_problem(405, "method-not-allowed");
	assert_string_equal(header("Allow"), "POST, OPTIONS");
	raw_get(site.port, "BREW /hello", "", &r);
	assert_problem(405, "method-not-allowed");
	raw_post(site.port, "/echo", "text/plain", "{}", &r);
	assert_problem(415, "unsupported-media-type");
	raw_post(site.port, "/echo", "application/jsonx", "{}", &r);
	assert_problem(415, "unsupported-media-type");
	raw_post(site.port, "/echo", NULL, "{}", &r);
	assert_problem(415, "unsupported-media-type");
	raw_post(site.port, "/echo", NULL, "", &r);
	assert_int_equal(r.status, 201); /* an empty body has no type */
}

static void failing_handlers_tell_the_client_nothing(void **state)
{
	(void)state;
	raw_get(site.port, "GET /fail", "", &r);
	assert_problem(500, "internal");
	assert_lacks(r.body, "SELECT");
	raw_get(site.port, "GET /unavailable", "", &r);
	assert_problem(503, "unavailable");
	assert_lacks(r.body, "SELECT");
	assert_string_equal(header("Retry-After"), "1");
	raw_get(site.port, "GET /doubt", "", &r);
	assert_problem(503, "outcome-unknown");
	assert_string_equal(header("Retry-After"), "1");
	raw_get(site.port, "GET /full", "", &r);
	assert_problem(503, "unavailable");
	assert_string_equal(header("Retry-After"), "1");
	raw_get(site.port, "GET /no-status", "", &r);
	assert_problem(500, "internal");
}

static void a_handler_cannot_split_the_head(void **state)
{
	(void)state;
	raw_get(site.port, "GET /split", "", &r);
	assert_int_equal(r.status, 200);
	assert_lacks(r.head, "X-Injected");
}

static void no_answer_closes_the_connection(void **state)
{
	int fd = raw_connect(site.port);

	(void)state;
	raw_send(fd, "GET /drop HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_read(fd, &r, false);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.head, "");
	(void)close(fd);
}

static void request_ids_are_taken_over_when_sane(void **state)
{
	(void)state;
	raw_get(site.port, "GET /who", "X-Request-Id: Abc-1.2_3\r\n", &r);
	assert_string_equal(header("X-Request-Id"), "Abc-1.2_3");
	assert_contains(r.body, "|Abc-1.2_3|");
	raw_get(site.port, "GET /who", "X-Request-Id: a b\r\n", &r);
	assert_int_equal(strlen(header("X-Request-Id")), 36);
	raw_get(site.port, "GET /who",
	        "X-Request-Id: 12345678901234567890123456789012345678901234567890"
	        "123456789012345\r\n",
	        &r);
	assert_int_equal(strlen(header("X-Request-Id")), 36);
	raw_get(site.port, "GET /who", "", &r);
	assert_int_equal(strlen(header("X-Request-Id")), 36);
	assert_int_equal(header("X-Request-Id")[14], '7');
}

static void handlers_see_query_headers_and_trace(void **state)
{
	(void)state;
	raw_get(site.port, "GET /who?q=a%26b",
	        "X-Test: value\r\nX-Request-Id: r1\r\n"
	        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
	        &r);
	assert_string_equal(r.body, "GET|a&b|value|r1|4bf92f3577b34da6a3ce929d0e0e4736|"
	                            "4bf92f3577b34da6a3ce929d0e0e4736");
	raw_get(site.port, "GET /who", "X-Request-Id: r1\r\ntraceparent: 00-zz\r\n", &r);
	assert_int_equal(strlen(r.body), strlen("GET|||r1||") + 64);
}

static void keep_alive_serves_many_requests(void **state)
{
	int fd = raw_connect(site.port);

	(void)state;
	for (int i = 0; i < 50; i++) {
		raw_send(fd, i % 2 ? "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
		                   : "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
		                     "application/json\r\nContent-Length: 2\r\n\r\n{}");
		raw_read(fd, &r, false);
		assert_int_equal(r.status, i % 2 ? 200 : 201);
	}
	/* two at once */
	raw_send(fd, "GET /who HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: "
	             "x\r\nConnection: close\r\n\r\n");
	raw_read(fd, &r, false);
	assert_contains(r.body, "GET|");
	raw_read(fd, &r, false);
	assert_string_equal(r.body, "hello");
	assert_true(raw_is_closed(fd));
	(void)close(fd);
}

static void preflight_is_answered_by_the_host(void **state)
{
	(void)state;
	raw_get(site.port, "OPTIONS /echo",
	        "Origin: https://x.example\r\nAccess-Control-Request-Method: POST\r\n"
	        "Access-Control-Request-Headers: content-type\r\n",
	        &r);
	assert_int_equal(r.status, 204);
	assert_string_equal(header("Access-Control-Allow-Origin"), "*");
	assert_string_equal(header("Access-Control-Allow-Methods"), "POST, OPTIONS");
	assert_string_equal(header("Access-Control-Allow-Headers"),
	                    "Content-Type, Idempotency-Key, Authorization");
	assert_string_equal(header("Access-Control-Max-Age"), "600");
	raw_get(site.port, "OPTIONS /echo", "", &r);
	assert_int_equal(r.status, 204);
	assert_string_equal(header("Allow"), "POST, OPTIONS");
	raw_get(site.port, "OPTIONS *", "", &r);
	assert_int_equal(r.status, 204);
	raw_get(site.port, "OPTIONS /nowhere", "Origin: https://x.example\r\n", &r);
	assert_problem(404, "not-found");
	assert_string_equal(header("Access-Control-Allow-Origin"), "*");
	raw_get(site.port, "GET /hello", "Origin: https://x.example\r\n", &r);
	assert_string_equal(header("Access-Control-Allow-Origin"), "*");
	assert_string_equal(header("Access-Control-Expose-Headers"),
	                    "X-Request-Id, Idempotency-Replayed, Retry-After");
	raw_get(site.port, "GET /hello", "", &r);
	assert_string_equal(header("Access-Control-Allow-Origin"), "(absent)");
}

static void a_list_of_origins_is_kept_to(void **state)
{
	struct site other;

	(void)state;
	site_init(&other);
	other.config.cors_origins = two_origins;
	site_start(&other);
	raw_get(other.port, "GET /hello", "Origin: https://b.example\r\n", &r);
	assert_string_equal(header("Access-Control-Allow-Origin"), "https://b.example");
	assert_string_equal(header("Vary"), "Origin");
	raw_get(other.port, "GET /hello", "Origin: https://c.example\r\n", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header("Access-Control-Allow-Origin"), "(absent)");
	assert_string_equal(header("Vary"), "Origin");
	raw_get(other.port, "OPTIONS /echo",
	        "Origin: https://c.example\r\nAccess-Control-Request-Method: POST\r\n",
	        &r);
	assert_string_equal(header("Access-Control-Allow-Methods"), "(absent)");
	site_stop(&other);
}

static int status_of_page(unsigned port, const char *line, const char *origin,
                          const char *site_header)
{
	char headers[256];

	(void)snprintf(headers, sizeof(headers),
	               "Origin: %s\r\nSec-Fetch-Site: %s\r\nContent-Length: 0\r\n",
	               origin, site_header);
	raw_get(port, line, headers, &r);
	return r.status;
}

/* A browser that does not say Sec-Fetch-Site, or a proxy that takes it away. */
static void an_origin_alone_tells_the_site(void **state)
{
	static const char *const hosts[] = { "rent.example", "*", NULL };
	static const struct {
		const char *line, *headers;
		int status;
	} rows[] = {
		{ "POST /echo", "Origin: https://c.example\r\n", 403 },
		{ "POST /echo", "Origin: null\r\n", 403 },
		{ "POST /echo", "Origin: c.example\r\n", 403 },
		{ "POST /echo", "Origin: https://b.example\r\n", 201 }, /* cors */
		{ "POST /echo", "Origin: https://rent.example:8443\r\n", 201 },
		{ "GET /hello", "Origin: https://c.example\r\n", 200 },
		{ "POST /echo", "", 201 }, /* no browser */
	};
	struct site other;
	char headers[256];

	(void)state;
	site_init(&other);
	other.config.cors_origins = two_origins;
	other.config.hosts = hosts;
	site_start(&other);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(headers, sizeof(headers), "%sContent-Length: 0\r\n",
		               rows[i].headers);
		raw_get(other.port, rows[i].line, headers, &r);
		if (r.status != rows[i].status)
			fail_msg("%s %s: %d", rows[i].line, rows[i].headers, r.status);
	}
	site_stop(&other);
}

/* What browsers send without asking first. */
static void pages_of_other_sites_change_nothing(void **state)
{
	struct site other;

	(void)state;
	site_init(&other);
	other.config.cors_origins = two_origins;
	site_start(&other);
	assert_int_equal(status_of_page(other.port, "POST /echo", "https://c.example",
	                                "cross-site"),
	                 403);
	assert_problem(403, "origin-not-allowed");
	assert_int_equal(status_of_page(other.port, "POST /echo", "https://c.example",
	                                "same-site"),
	                 403);
	assert_int_equal(status_of_page(other.port, "POST /echo", "null", "cross-site"),
	                 403);
	assert_int_equal(other.called, 0);
	assert_int_equal(status_of_page(other.port, "POST /echo", "https://b.example",
	                                "cross-site"),
	                 201);
	assert_int_equal(status_of_page(other.port, "POST /echo", "https://c.example",
	                                "same-origin"),
	                 201);
	assert_int_equal(
		status_of_page(other.port, "POST /echo", "https://c.example", "none"),
		201);
	assert_int_equal(status_of_page(other.port, "GET /hello", "https://c.example",
	                                "cross-site"),
	                 200);
	site_stop(&other);
}

static void health_says_how_it_is(void **state)
{
	(void)state;
	raw_get(site.port, "GET /api/v1/health", "", &r);
	assert_int_equal(r.status, 200);
	assert_contains(r.body, "{\"ok\":true,\"service\":\"test\",\"version\":\"1.2.3\","
	                        "\"uptime_sec\":");
	raw_get(site.port, "GET /api/v1/health/ready", "", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(
		r.body, "{\"ready\":true,\"components\":[{\"name\":\"main\",\"plugin\":"
			"\"storage_sqlite\",\"state\":\"ok\",\"why\":null}]}");
	site.ready = false;
	raw_get(site.port, "GET /api/v1/health/ready", "", &r);
	assert_int_equal(r.status, 503);
	assert_contains(r.body, "\"ready\":false");
	assert_contains(r.body, "\"why\":\"not loaded yet\"");
	site.ready = true;
	site.draining = true;
	raw_get(site.port, "GET /api/v1/health/ready", "", &r);
	assert_int_equal(r.status, 503);
	raw_get(site.port, "GET /api/v1/health", "", &r);
	assert_int_equal(r.status, 200);
	site.draining = false;
	raw_get(site.port, "GET /api/v1/health/circuit-breakers", "", &r);
	assert_string_equal(r.body, "{\"circuit_breakers\":{},\"status\":\"ok\"}");
}

static void metrics_count_requests_by_template(void **state)
{
	(void)state;
	raw_get(site.port, "GET /items/1", "", &r);
	raw_get(site.port, "GET /items/2", "", &r);
	raw_get(site.port, "PROPFIND /nowhere/77", "", &r);
	raw_get(site.port, "PATCH /items/1", "", &r);
	assert_int_equal(r.status, 405);
	raw_get(site.port, "OPTIONS /items/1", "", &r);
	raw_get(site.port, "GET /metrics", "", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header("Content-Type"),
	                    "text/plain; version=0.0.4; charset=utf-8");
	assert_contains(r.body,
	                "http_requests_total{handler=\"/items/{id}\",method=\"GET\","
	                "status=\"200\"}");
	assert_contains(r.body,
	                "http_requests_total{handler=\"/items/{id}\",method=\"other\","
	                "status=\"4xx\"} 1\n");
	assert_contains(r.body,
	                "http_requests_total{handler=\"/items/{id}\",method=\"OPTIONS\","
	                "status=\"204\"} 1\n");
	assert_contains(r.body,
	                "http_requests_total{handler=\"unmatched\",method=\"other\","
	                "status=\"4xx\"} 1\n");
	assert_contains(
		r.body,
		"http_requests_inprogress{handler=\"/metrics\",method=\"GET\"} 1\n");
	assert_contains(r.body,
	                "http_request_duration_seconds_bucket{handler=\"/items/{id}\","
	                "method=\"GET\",le=\"+Inf\"}");
	assert_lacks(r.body, "/items/1");
	assert_lacks(r.body, "nowhere");
	assert_contains(r.body, "process_open_fds");
}

static void serial_mounts_are_called_one_at_a_time(void **state)
{
	int fds[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		fds[i] = raw_connect(site.port);
		raw_send(fds[i], "GET /serial HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	for (int i = 0; i < 8; i++) {
		raw_read(fds[i], &r, false);
		assert_int_equal(r.status, 200);
		(void)close(fds[i]);
	}
	assert_int_equal(site.overlaps, 0);
}

static void each_request_has_its_line(void **state)
{
	FILE *file = tmpfile();
	char text[4096];
	size_t n;

	(void)state;
	assert_non_null(file);
	log_setup(RENT_LOG_INFO, LOG_LOGFMT);
	log_to(fileno(file));
	raw_post(site.port, "/echo?hidden=1", "application/json", "{}", &r);
	/* the line is written after the reply; the next request comes after it */
	raw_get(site.port, "GET /fail", "X-Request-Id: req-2\r\n", &r);
	site_stop(&site);
	log_to(2);
	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	assert_contains(text,
	                "rental=rental-7 user=user-9 method=POST path=/echo status=201 "
	                "bytes=2 duration_us=");
	assert_contains(text, "handler=/echo");
	assert_contains(text, "trace_id=");
	assert_contains(text, "component=http");
	assert_lacks(text, "hidden");
	assert_contains(text, "request_id=req-2");
	assert_contains(text, "SELECT"); /* here, and here only */
	(void)setup(state);
}

static void *drain(void *arg)
{
	int *rc = arg;

	*rc = http_server_drain(site.server, 20 * RENT_SECOND);
	return NULL;
}

static void refused_by_the_end(void)
{
	assert_problem(503, "draining");
	assert_string_equal(header("Retry-After"), "1");
	assert_string_equal(header("Connection"), "close");
}

/* The port stays open as long as there is somebody to wait for, and no longer. */
static void drain_finishes_what_has_begun(void **state)
{
	int idle = raw_connect(site.port), quiet = raw_connect(site.port);
	int busy = raw_connect(site.port), rc = -100;
	pthread_t thread;

	(void)state;
	raw_send(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_read(idle, &r, false);
	raw_send(quiet, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_read(quiet, &r, false);
	raw_send(busy, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
	site_wait_inside(&site, 1);
	assert_int_equal(pthread_create(&thread, NULL, drain, &rc), 0);
	site.draining = true;
	/* each event thread hears of it in its own time */
	raw_get(site.port, "GET /hello", "", &r);
	for (int i = 0; i < 500 && r.status == 200; i++) {
		(void)usleep(10000);
		raw_get(site.port, "GET /hello", "", &r);
	}
	refused_by_the_end();
	raw_get(site.port, "GET /api/v1/events", "", &r);
	refused_by_the_end();
	raw_get(site.port, "GET /metrics", "", &r);
	assert_int_equal(r.status, 200);
	raw_send(idle, "GET /api/v1/health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_read(idle, &r, false);
	assert_int_equal(r.status, 503);
	assert_contains(r.body, "\"state\":\"draining\"");
	assert_string_equal(header("Connection"), "close");
	assert_true(raw_is_closed(idle));
	assert_false(raw_is_readable(quiet));
	site_open_gate(&site);
	raw_read(busy, &r, false);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "through");
	assert_string_equal(header("Connection"), "close");
	assert_true(raw_is_closed(busy));
	assert_true(raw_is_closed(quiet));
	(void)pthread_join(thread, NULL);
	assert_int_equal(rc, 0);
	assert_false(raw_try_connect(site.port));
	(void)close(idle);
	(void)close(quiet);
	(void)close(busy);
}

static void drain_of_nothing_is_quick(void **state)
{
	int idle = raw_connect(site.port);
	int64_t began;

	(void)state;
	raw_send(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_read(idle, &r, false);
	began = clock_mono_us();
	assert_int_equal(http_server_drain(site.server, 20 * RENT_SECOND), 0);
	assert_true(clock_mono_us() - began < RENT_SECOND);
	assert_false(raw_try_connect(site.port));
	assert_true(raw_is_closed(idle));
	(void)close(idle);
}

static void drain_has_a_deadline(void **state)
{
	int busy = raw_connect(site.port);

	(void)state;
	raw_send(busy, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
	site_wait_inside(&site, 1);
	assert_int_equal(http_server_drain(site.server, 50000), RENT_ETIMEOUT);
	site_open_gate(&site);
	raw_read(busy, &r, false);
	assert_int_equal(r.status, 200);
	(void)close(busy);
}

static void addresses_are_checked(void **state)
{
	static const char *const bad[] = {
		"8000",   "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
		"::1:80", "[::1]",     "[]:80"
	};
	struct http_server *server = NULL;
	struct http_config config = site.config;
	struct rent_error err;
	char taken[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config.listen = bad[i];
		assert_int_equal(http_server_new(&config, &server, &err), RENT_EINVAL);
		assert_contains(err.text, "listener 'test'");
		assert_contains(err.text, "expected HOST:PORT");
	}
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", site.port);
	config.listen = taken;
	assert_int_equal(http_server_new(&config, &server, &err), RENT_EUNAVAIL);
	assert_contains(err.text, "in use");
	assert_string_equal(http_server_address(site.server), taken);
	config.listen = "127.0.0.1:0";
	assert_int_equal(http_server_new(&config, &server, &err), 0);
	http_server_free(server); /* never started */
	http_server_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(handlers_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(head_is_get_without_a_body, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(errors_are_problems, setup, teardown),
		cmocka_unit_test_setup_teardown(failing_handlers_tell_the_client_nothing,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(a_handler_cannot_split_the_head, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(no_answer_closes_the_connection, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(request_ids_are_taken_over_when_sane,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(handlers_see_query_headers_and_trace,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(keep_alive_serves_many_requests, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(preflight_is_answered_by_the_host, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_list_of_origins_is_kept_to, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(an_origin_alone_tells_the_site, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(pages_of_other_sites_change_nothing,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(health_says_how_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics_count_requests_by_template, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(serial_mounts_are_called_one_at_a_time,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(each_request_has_its_line, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(drain_finishes_what_has_begun, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(drain_of_nothing_is_quick, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(drain_has_a_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_are_checked, setup, teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
