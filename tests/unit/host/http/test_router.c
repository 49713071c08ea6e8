/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_router.c - targets, the table of routes, problem documents.
 */
#include "base/arena.h"
#include "http/problem.h"
#include "http/router.h"
#include "support.h"

static int nothing(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)req;
	(void)reply;
	(void)err;
	return 0;
}

static const struct rent_http_route rentals[] = {
	{ "GET", "/api/v1/rentals", 0, nothing },
	{ "GET", "/api/v1/rentals/{order_id}", 0, nothing },
	{ "GET", "/api/v1/rentals/{order_id}/status", 0, nothing },
	{ "POST", "/api/v1/rentals/{order_id}/stop", 0, nothing },
	{ "POST", "/api/v1/rentals/quote", 0, nothing },
	{ "DELETE", "/api/v1/rentals/quote", 0, nothing },
	{ "GET", "/a/{x}/{y}/{z}/{w}", 0, nothing },
	{ "GET", "/", 0, nothing },
	{ NULL, NULL, 0, NULL },
};
static const struct rent_http_routes table = { .struct_size = sizeof(table),
	                                       .routes = rentals };
static const struct http_mount mount = { .routes = &table, .instance = "api" };

struct fixture {
	struct rent_arena *arena;
	struct router *router;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(ARENA_MAX_DEFAULT);
	*state = f;
	return router_new(&mount, 1, &f->router, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	router_free(f->router);
	free(f);
	return 0;
}

static void routes_are_found(void **state)
{
	static const struct {
		const char *method, *target, *path, *first_param;
		enum router_verdict verdict;
	} rows[] = {
		{ "GET", "/", "/", NULL, ROUTER_FOUND },
		{ "GET", "/api/v1/rentals", "/api/v1/rentals", NULL, ROUTER_FOUND },
		{ "HEAD", "/api/v1/rentals?x=1", "/api/v1/rentals", NULL, ROUTER_FOUND },
		{ "POST", "/api/v1/rentals/quote", "/api/v1/rentals/quote", NULL,
		  ROUTER_FOUND },
		{ "GET", "/api/v1/rentals/quote", "/api/v1/rentals/{order_id}", "quote",
		  ROUTER_FOUND },
		{ "GET", "/api/v1/rentals/a%2Fb%20c/status",
		  "/api/v1/rentals/{order_id}/status", "a/b c", ROUTER_FOUND },
		{ "POST", "/api/v1/rentals/x/stop", "/api/v1/rentals/{order_id}/stop",
		  "x", ROUTER_FOUND },
		{ "GET", "/a/1/2/3/4", "/a/{x}/{y}/{z}/{w}", "1", ROUTER_FOUND },
		{ "GET", "/api/v1/rentals/x/stop", NULL, NULL, ROUTER_NO_METHOD },
		{ "PUT", "/api/v1/rentals", NULL, NULL, ROUTER_NO_METHOD },
		{ "GET", "/api/v1/rentals/", NULL, NULL, ROUTER_NO_PATH },
		{ "GET", "/api/v1/rentals//status", NULL, NULL, ROUTER_NO_PATH },
		{ "GET", "/api/v1/Rentals", NULL, NULL, ROUTER_NO_PATH },
		{ "GET", "/api%2Fv1/rentals", NULL, NULL, ROUTER_NO_PATH },
		{ "GET", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9", NULL, NULL,
		  ROUTER_NO_PATH },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *params[RENT_HTTP_PARAMS] = { NULL };
		const struct route *route = NULL;
		struct uri uri;

		assert_null(uri_parse(f->arena, rows[i].target, &uri));
		assert_int_equal(
			router_match(f->router, rows[i].method, &uri, &route, params),
			rows[i].verdict);
		if (rows[i].verdict != ROUTER_FOUND)
			continue;
		assert_string_equal(route->def->path, rows[i].path);
		if (rows[i].first_param != NULL)
			assert_string_equal(params[0], rows[i].first_param);
		else
			assert_null(params[0]);
	}
}

static void allow_lists_every_method_of_a_path(void **state)
{
	struct fixture *f = *state;
	char allow[ROUTER_ALLOW_SIZE];
	struct uri uri;

	assert_null(uri_parse(f->arena, "/api/v1/rentals/quote", &uri));
	router_allow(f->router, &uri, allow);
	assert_contains(allow, "POST");
	assert_contains(allow, "DELETE");
	assert_contains(allow, "GET, HEAD");
	assert_contains(allow, "OPTIONS");
	assert_null(uri_parse(f->arena, "/nowhere", &uri));
	router_allow(f->router, &uri, allow);
	assert_string_equal(allow, "");
}

static void wrong_tables_are_named(void **state)
{
	static const struct {
		struct rent_http_route route;
		const char *says;
	} rows[] = {
		{ { "GET", "/", 0, nothing }, "are the same" },
		{ { "GET", "/api/v1/rentals/{other}", 0, nothing }, "are the same" },
		{ { "FETCH", "/x", 0, nothing }, "the method must be" },
		{ { "GET", "x", 0, nothing }, "must begin with '/'" },
		{ { "GET", "/{}", 0, nothing }, "malformed" },
		{ { "GET", "/{a", 0, nothing }, "malformed" },
		{ { "GET", "/x{a}", 0, nothing }, "must be a whole part" },
		{ { "GET", "/{a}/{b}/{c}/{d}/{e}", 0, nothing }, "at most 4" },
		{ { "GET", "/x", 0, NULL }, "no handler" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rent_http_route two[2] = { rows[i].route, { .method = NULL } };
		struct rent_http_routes more = { .struct_size = sizeof(more),
			                         .routes = two };
		struct http_mount mounts[2] = { mount,
			                        { .routes = &more, .instance = "more" } };
		struct rent_error err = { .code = 0 };
		struct router *router = NULL;

		assert_int_equal(router_new(mounts, 2, &router, &err), RENT_EINVAL);
		assert_null(router);
		assert_contains(err.text, rows[i].says);
		assert_contains(err.text, "'more'");
	}
}

static void targets_are_decoded_or_refused(void **state)
{
	static const char *const bad[] = {
		"",         "x",      "/%",         "/%1",       "/%zz",
		"/a%00b",   "/a%0ab", "/%ff",       "/%c0%af",   "/?a=%00",
		"/?%e2%82", "/%7f",   "/%ed%a0%80", "/?a=\x01b", "ftp://x/y",
	};
	struct fixture *f = *state;
	struct uri uri;
	char many[256] = "/?a";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (uri_parse(f->arena, bad[i], &uri) == NULL)
			fail_msg("'%s' was taken", bad[i]);
	for (unsigned i = 0; i < HTTP_QUERY_MAX; i++)
		memcpy(many + 3 + 2 * (size_t)i, "&a", 3);
	assert_non_null(uri_parse(f->arena, many, &uri));
	assert_null(uri_parse(f->arena, "/s%C3%BC%C3%9F?a=1&b=x+y%26&&c&=v#frag", &uri));
	assert_string_equal(uri.path, "/süß");
	assert_int_equal(uri.query_count, 4);
	assert_string_equal(uri.query[1].name, "b");
	assert_string_equal(uri.query[1].value, "x y&");
	assert_string_equal(uri.query[2].name, "c");
	assert_string_equal(uri.query[2].value, "");
	assert_string_equal(uri.query[3].name, "");
	assert_null(uri_parse(f->arena, "http://host:80/a/b?c", &uri));
	assert_string_equal(uri.path, "/a/b");
	assert_null(uri_parse(f->arena, "http://host", &uri));
	assert_string_equal(uri.path, "/");
}

static void problems_are_rfc9457(void **state)
{
	static const struct rent_field_error errors[] = {
		{ "station_id", "is \"empty\"" }, { "user_id", NULL }, { NULL, NULL }
	};
	struct fixture *f = *state;
	struct rent_http_request req = { .struct_size = sizeof(req),
		                         .request_id = "r-1",
		                         .arena = f->arena };
	struct rent_http_reply reply = { .struct_size = sizeof(reply) };

	problem_fill(&req, &reply, 422, "validation", "two fields are wrong", errors);
	assert_int_equal(reply.status, 422);
	assert_string_equal(reply.content_type, "application/problem+json");
	assert_string_equal(
		reply.body,
		"{\"type\":\"/problems/validation\",\"title\":\"Unprocessable Content\","
		"\"status\":422,\"detail\":\"two fields are wrong\",\"instance\":\"r-1\","
		"\"errors\":[{\"field\":\"station_id\",\"message\":\"is \\\"empty\\\"\"},"
		"{\"field\":\"user_id\",\"message\":\"\"}]}");
	assert_int_equal(reply.body_size, strlen(reply.body));
	problem_fill(&req, &reply, 404, "not-found", "bad \xff text", NULL);
	assert_string_equal(reply.body,
	                    "{\"type\":\"/problems/not-found\",\"title\":\"Not "
	                    "Found\",\"status\":404,\"instance\":\"r-1\"}");
}

static void a_full_arena_still_gives_a_problem(void **state)
{
	struct rent_arena *tiny = arena_new(8);
	struct rent_http_request req = { .struct_size = sizeof(req), .arena = tiny };
	struct rent_http_reply reply = { .struct_size = sizeof(reply) };

	(void)state;
	problem_fill(&req, &reply, 500, "internal", "x", NULL);
	assert_int_equal(reply.status, 500);
	assert_contains(reply.body, "/problems/error");
	arena_free(tiny);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(routes_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(allow_lists_every_method_of_a_path, setup,
		                                teardown),
		cmocka_unit_test(wrong_tables_are_named),
		cmocka_unit_test_setup_teardown(targets_are_decoded_or_refused, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(problems_are_rfc9457, setup, teardown),
		cmocka_unit_test(a_full_arena_still_gives_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
