/* SPDX-License-Identifier: MIT
 *
 * tests/ui/demo_test.c - the plugin demo: which call of the stubs each of its calls is, and what
 * their answers, refusals and silence become. The stubs are the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fake_host.h>
#include <rent/scheduler.h>
#include <stdlib.h>

static const char *plugin_file;

struct stubs {
	/* how the next call ends */
	enum rent_transport transport;
	int32_t status;
	const char *body;
	/* what was asked */
	int calls;
	char method[8], target[256], sent[128];
	uint32_t flags;
};

struct fixture {
	struct fake_host *fake;
	const struct rent_plugin *plugin;
	void *self;
	struct rent_arena *arena;
	struct rent_http_reply reply;
	struct stubs stubs;
};

static void on_exchange(void *arg, struct rent_exchange *x)
{
	struct stubs *s = arg;

	s->calls++;
	s->flags = x->request.flags;
	(void)rent_copy(s->method, sizeof(s->method), x->request.method);
	(void)rent_copy(s->target, sizeof(s->target), x->request.target);
	(void)rent_copy(s->sent, sizeof(s->sent), x->request.body);
	x->transport = s->transport;
	x->reply = (struct rent_upstream_reply){
		.struct_size = sizeof(x->reply),
		.status = s->status,
		.body = s->body,
		.body_size = strlen(s->body),
		.content_type = "application/json",
	};
}

static int setup(void **state)
{
	static const struct fake_option options[] = { { "url", "http://127.0.0.1:3629" },
		                                      { "currency", "RUB" },
		                                      { NULL, NULL } };
	struct fixture *f = calloc(1, sizeof(*f));
	const struct rent_host *host;
	struct rent_error err;

	assert_non_null(f);
	f->plugin = fake_host_load(plugin_file);
	f->fake = fake_host_new(f->plugin, options);
	host = fake_host_table(f->fake);
	fake_host_on_exchange(f->fake, on_exchange, &f->stubs);
	assert_int_equal(f->plugin->create(host, &f->self, &err), 0);
	f->arena = host->arena_new(host);
	f->stubs = (struct stubs){ .transport = RENT_REPLIED,
		                   .status = 200,
		                   .body = "{\"a\":1}" };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	const struct rent_host *host = fake_host_table(f->fake);

	host->arena_free(host, f->arena);
	f->plugin->destroy(f->self);
	fake_host_free(f->fake);
	free(f);
	return 0;
}

static const char *known_tag; /* what the browser has */

static const char *header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	return strcmp(name, "If-None-Match") == 0 ? known_tag : NULL;
}

static void ask(struct fixture *f, const char *method, const char *path, const char *body,
                const struct rent_http_query *query, uint32_t query_count)
{
	const struct rent_http_routes *api = f->plugin->api;
	struct rent_http_request req = {
		.struct_size = sizeof(req),
		.query_count = query_count,
		.query = query,
		.header = header,
		.method = method,
		.path = path,
		.body = body,
		.body_size = strlen(body),
		.request_id = "req-1",
		.arena = f->arena,
	};
	struct rent_error err = { 0 };

	f->reply = (struct rent_http_reply){ .struct_size = sizeof(f->reply) };
	for (const struct rent_http_route *r = api->routes; r->method != NULL; r++) {
		if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0) {
			assert_int_equal(r->handle(f->self, &req, &f->reply, &err), 0);
			return;
		}
	}
	fail_msg("no route %s %s", method, path);
}

static bool body_has(const struct fixture *f, const char *text)
{
	return f->reply.body != NULL && strstr(f->reply.body, text) != NULL;
}

static void every_call_has_its_counterpart(void **state)
{
	static const char *const rows[][3] = {
		{ "POST", "/api/v1/demo/endpoint", "/admin/disable-endpoint" },
		{ "POST", "/api/v1/demo/settings", "/admin/settings" },
		{ "POST", "/api/v1/demo/decline", "/admin/decline" },
		{ "POST", "/api/v1/demo/reset", "/admin/reset-all" },
		{ "POST", "/api/v1/demo/return-powerbank", "/admin/return-powerbank" },
		{ "GET", "/api/v1/demo/payments", "/admin/payments" },
		{ "POST", "/api/v1/demo/payments", "/admin/payments" },
		{ "GET", "/api/v1/demo/stations", "/admin/stations" },
		{ "GET", "/api/v1/demo/users", "/admin/users" },
		{ "GET", "/api/v1/demo/book", "/admin/book" },
		{ "GET", "/api/v1/demo/tariff", "/tariff" },
	};
	struct fixture *f = *state;

	assert_string_equal(f->plugin->kind, RENT_KIND_HTTP);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool posts = rows[i][0][0] == 'P';

		ask(f, rows[i][0], rows[i][1], posts ? "{\"x\":2}" : "", NULL, 0);
		assert_string_equal(f->stubs.method, rows[i][0]);
		assert_string_equal(f->stubs.target, rows[i][2]);
		assert_string_equal(f->stubs.sent, posts ? "{\"x\":2}" : "");
		assert_int_equal(f->stubs.flags, posts ? 0 : RENT_RESEND_SAFE);
		assert_int_equal(f->reply.status, 200);
		assert_string_equal(f->reply.body, "{\"a\":1}");
	}
}

static void queries_are_passed_on_by_name(void **state)
{
	static const struct rent_http_query page[] = { { "limit", "10" },
		                                       { "other", "x" },
		                                       { "after", "7&x=1" } };
	struct fixture *f = *state;

	ask(f, "GET", "/api/v1/demo/book", "", page, 3);
	assert_string_equal(f->stubs.target, "/admin/book?after=7%26x%3D1&limit=10");
	ask(f, "GET", "/api/v1/demo/users", "", page, 3);
	assert_string_equal(f->stubs.target, "/admin/users");
}

static void overview_adds_the_currency(void **state)
{
	struct fixture *f = *state;

	f->stubs.body = "{\"endpoints\":{}}";
	ask(f, "GET", "/api/v1/demo", "", NULL, 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->stubs.target, "/admin/settings");
	assert_true(body_has(f, "\"endpoints\":{}"));
	assert_true(body_has(f, "\"currency\":\"RUB\""));
	f->stubs.body = "not json";
	ask(f, "GET", "/api/v1/demo", "", NULL, 0);
	assert_int_equal(f->reply.status, 502);
}

static void refusals_keep_their_words(void **state)
{
	struct fixture *f = *state;

	f->stubs.status = 409;
	f->stubs.body = "{\"status\":\"error\",\"reason\":\"this powerbank is not out\"}";
	ask(f, "POST", "/api/v1/demo/return-powerbank", "{}", NULL, 0);
	assert_int_equal(f->reply.status, 409);
	assert_true(body_has(f, "/problems/stubs-refused"));
	assert_true(body_has(f, "this powerbank is not out"));
	f->stubs.status = 503;
	f->stubs.body = "";
	ask(f, "GET", "/api/v1/demo/tariff", "", NULL, 0);
	assert_int_equal(f->reply.status, 502);
	f->stubs.status = 500;
	ask(f, "GET", "/api/v1/demo", "", NULL, 0);
	assert_int_equal(f->reply.status, 502);
}

static int billed;

static void billing_state(void *self, struct rent_scheduler_state *ret)
{
	(void)self;
	ret->cycles = 7;
	ret->interval_us = 5 * RENT_SECOND;
	ret->last_began_at = INT64_C(1700000000) * RENT_SECOND;
}

static int billing_run_now(void *self, struct rent_error *err)
{
	(void)self;
	(void)err;
	billed++;
	return 0;
}

static void billing_is_counted_down_and_had_at_once(void **state)
{
	static const struct rent_scheduler billing = {
		.struct_size = sizeof(billing),
		.state = billing_state,
		.run_now = billing_run_now,
	};
	struct fixture *f = *state;
	struct rent_error err;

	f->stubs.body = "{\"endpoints\":{}}";
	ask(f, "GET", "/api/v1/demo", "", NULL, 0);
	assert_true(body_has(f, "\"billing\":null"));
	ask(f, "POST", "/api/v1/demo/bill", "{}", NULL, 0);
	assert_int_equal(f->reply.status, 409);
	f->plugin->destroy(f->self);
	fake_host_bind(f->fake, "billing", &billing, f);
	assert_int_equal(f->plugin->create(fake_host_table(f->fake), &f->self, &err), 0);
	ask(f, "GET", "/api/v1/demo", "", NULL, 0);
	assert_true(body_has(f, "\"interval_ms\":5000"));
	assert_true(body_has(f, "\"next_at\":\"2023-11-14T22:13:25.000000Z\""));
	ask(f, "POST", "/api/v1/demo/bill", "{}", NULL, 0);
	assert_int_equal(f->reply.status, 200);
	assert_int_equal(billed, 1);
}

static void stations_that_a_browser_has_are_not_sent_again(void **state)
{
	struct fixture *f = *state;

	ask(f, "GET", "/api/v1/demo/stations", "", NULL, 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->reply.headers[0].name, "ETag");
	known_tag = f->reply.headers[0].value;
	ask(f, "GET", "/api/v1/demo/stations", "", NULL, 0);
	assert_int_equal(f->reply.status, 304);
	assert_int_equal(f->reply.body_size, 0);
	assert_string_equal(f->reply.headers[0].value, known_tag);
	f->stubs.body = "{\"a\":2}";
	ask(f, "GET", "/api/v1/demo/stations", "", NULL, 0);
	assert_int_equal(f->reply.status, 200);
	assert_true(body_has(f, "\"a\":2"));
	assert_string_not_equal(f->reply.headers[0].value, known_tag);
	known_tag = NULL;
}

static void silence_is_503(void **state)
{
	static const char *const paths[] = { "/api/v1/demo", "/api/v1/demo/users" };
	struct fixture *f = *state;

	f->stubs.transport = RENT_NO_ANSWER;
	for (size_t i = 0; i < 2; i++) {
		ask(f, "GET", paths[i], "", NULL, 0);
		assert_int_equal(f->reply.status, 503);
		assert_true(body_has(f, "/problems/stubs-unreachable"));
		assert_string_equal(f->reply.headers[0].name, "Retry-After");
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_call_has_its_counterpart, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(queries_are_passed_on_by_name, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(overview_adds_the_currency, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(refusals_keep_their_words, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(
			stations_that_a_browser_has_are_not_sent_again, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_503, setup, teardown),
		cmocka_unit_test_setup_teardown(billing_is_counted_down_and_had_at_once,
		                                setup, teardown),
	};

	if (argc != 2)
		return 64;
	plugin_file = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
