/* SPDX-License-Identifier: MIT
 *
 * test_input.c - what http_api refuses to read: bodies, fields, keys, queries.
 */
#include "fixture.h"

#define ID64  "0123456789012345678901234567890123456789012345678901234567890123"

#define ID65  ID64 "x"
#define ID128 ID64 ID64
#define ID129 ID64 ID65

#define QUOTE "/api/v1/rentals/quote"
#define START "/api/v1/rentals/start"
#define STOP  "/api/v1/rentals/r1/stop"

static const char *error_of(const struct fixture *f, const char *field)
{
	const json_t *errors = json_object_get(f->json, "errors");
	const json_t *error;
	size_t i;

	json_array_foreach(errors, i, error)
	{
		const char *name = json_string_value(json_object_get(error, "field"));

		if (strcmp(name, field) == 0)
			return json_string_value(json_object_get(error, "message"));
	}
	fail_msg("no error for \"%s\" in %s", field, f->reply.body);
	return NULL;
}

static size_t error_count(const struct fixture *f)
{
	return json_array_size(json_object_get(f->json, "errors"));
}

static void bodies_that_are_not_json_are_400(void **state)
{
	static const char *const bodies[] = {
		"",
		" ",
		"{",
		"{\"station_id\":\"a\",}",
		"station_id=a&user_id=b",
		"{\"station_id\":\"a\",\"user_id\":\"b\"} x",
		"{\"station_id\":\"a\",\"user_id\":\"b\",\"user_id\":\"c\"}",
		"{'station_id':'a'}",
		"{\"station_id\":\"\xff\",\"user_id\":\"b\"}",
	};
	static const char *const routes[] = { QUOTE, START, STOP };
	struct fixture *f = *state;

	f->key = "k";
	for (size_t r = 0; r < sizeof(routes) / sizeof(routes[0]); r++) {
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			assert_int_equal(fixture_send(f, "POST", routes[r], bodies[i]),
			                 0);
			fixture_assert_problem(f, 400, "body-not-json");
		}
	}
	assert_int_equal(f->core.calls, 0);
}

static void a_member_twice_is_told_as_that(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_send(f, "POST", QUOTE, "{\"a\":1,\"a\":2}"), 0);
	fixture_assert_problem(f, 400, "body-not-json");
	assert_non_null(strstr(fixture_text(f, "detail"), "same member twice"));
}

#define DEPTH 20000

/* JSON by its grammar, so "not JSON" would be false; even in a member that nobody reads. */
static void json_that_is_not_taken_is_told_as_that(void **state)
{
	static char deep[2 * DEPTH + 8] = "{\"x\":";
	static const struct {
		const char *body, *detail;
	} cases[] = {
		{ "{\"x\":99999999999999999999999}", "a number out of range" },
		{ "{\"x\":-99999999999999999999999}", "a number out of range" },
		{ "{\"x\":1e999}", "a number out of range" },
		{ "{\"\\u0000\":1}", "a NUL in a name" },
		{ deep, "nested too deeply" },
	};
	struct fixture *f = *state;

	memset(deep + 5, '[', DEPTH);
	memset(deep + 5 + DEPTH, ']', DEPTH);
	deep[5 + 2 * DEPTH] = '}';
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fixture_send(f, "POST", QUOTE, cases[i].body), 0);
		fixture_assert_problem(f, 400, "body-not-json");
		assert_non_null(strstr(fixture_text(f, "detail"), cases[i].detail));
		assert_null(strstr(fixture_text(f, "detail"), "not JSON"));
	}
	assert_int_equal(f->core.calls, 0);
}

static void json_that_is_no_object_is_422(void **state)
{
	static const char *const bodies[] = { "[]", "\"x\"", "12", "null", "true" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(fixture_send(f, "POST", QUOTE, bodies[i]), 0);
		fixture_assert_problem(f, 422, "invalid-request");
		assert_int_equal(error_count(f), 1);
		assert_string_equal(error_of(f, "body"), "must be a JSON object");
	}
}

/* The value of a field as JSON text, and a part of what is said of it. */
static const struct {
	const char *json, *message;
} wrong_values[] = {
	{ "null", "must be a string" },      { "12", "must be a string" },
	{ "1.5", "must be a string" },       { "true", "must be a string" },
	{ "[\"a\"]", "must be a string" },   { "{}", "must be a string" },
	{ "\"\"", "must not be empty" },     { "\"" ID64 "x\"", "at most 64" },
	{ "\"a b\"", "visible ASCII" },      { "\" \"", "visible ASCII" },
	{ "\"a\\n\"", "visible ASCII" },     { "\"a\\u0000b\"", "visible ASCII" },
	{ "\"\\u007f\"", "visible ASCII" },  { "\"\\u00e9\"", "visible ASCII" },
	{ "\"\xd1\x81\"", "visible ASCII" },
};

static void check_field(struct fixture *f, const char *route, const char *field,
                        const char *rest)
{
	char body[512];

	for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
		(void)snprintf(body, sizeof(body), "{\"%s\":%s%s}", field,
		               wrong_values[i].json, rest);
		assert_int_equal(fixture_send(f, "POST", route, body), 0);
		fixture_assert_problem(f, 422, "invalid-request");
		assert_int_equal(error_count(f), 1);
		assert_non_null(strstr(error_of(f, field), wrong_values[i].message));
		assert_null(f->reply.headers[0].name);
	}
	(void)snprintf(body, sizeof(body), "{\"other\":1%s}", rest);
	assert_int_equal(fixture_send(f, "POST", route, body), 0);
	fixture_assert_problem(f, 422, "invalid-request");
	assert_string_equal(error_of(f, field), "is missing");
}

static void every_field_is_checked(void **state)
{
	struct fixture *f = *state;

	f->key = "k";
	check_field(f, QUOTE, "station_id", ",\"user_id\":\"u\"");
	check_field(f, QUOTE, "user_id", ",\"station_id\":\"s\"");
	check_field(f, START, "quote_id", "");
	check_field(f, STOP, "station_id", "");
	assert_int_equal(f->core.calls, 0);
}

static void all_errors_come_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_send(f, "POST", QUOTE, "{\"user_id\":7}"), 0);
	fixture_assert_problem(f, 422, "invalid-request");
	assert_int_equal(error_count(f), 2);
	assert_string_equal(error_of(f, "station_id"), "is missing");
	assert_string_equal(error_of(f, "user_id"), "must be a string");
	assert_non_null(strstr(fixture_text(f, "detail"), "station_id is missing"));
}

static void the_longest_id_and_unknown_members_are_fine(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_QUOTE;
	assert_int_equal(fixture_send(f, "POST", QUOTE,
	                              "{\"station_id\":\"" ID64 "\",\"user_id\":\"!~\","
	                              "\"colour\":null}"),
	                 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->core.station_id, ID64);
	assert_string_equal(f->core.user_id, "!~");
}

static void body_is_read_by_its_size(void **state)
{
	static const char body[] = "{\"station_id\":\"s\",\"user_id\":\"u\"}\0{}";
	struct fixture *f = *state;

	assert_int_equal(fixture_send_bytes(f, "POST", QUOTE, body, sizeof(body) - 1), 0);
	fixture_assert_problem(f, 400, "body-not-json");
}

static void keys_are_checked(void **state)
{
	static const char too_long[] = ID64 ID64 "x";
	static const char *const keys[] = { "",         "a b",    "a\tb",
		                            "\xc3\xa9", too_long, "\x7f" };
	static const char body[] = "{\"quote_id\":\"q\"}";
	struct fixture *f = *state;

	assert_int_equal(fixture_send(f, "POST", START, body), 0);
	fixture_assert_problem(f, 400, "idempotency-key-missing");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		f->key = keys[i];
		assert_int_equal(fixture_send(f, "POST", START, body), 0);
		fixture_assert_problem(f, 400, "idempotency-key-malformed");
	}
	assert_int_equal(f->core.calls, 0);
	f->key = ID128;
	f->core.expect = CALL_START;
	f->core.start.json = "{}";
	assert_int_equal(fixture_send(f, "POST", START, body), 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->core.key, ID128);
}

static void impossible_ids_of_a_path_are_404(void **state)
{
	static const char *const ids[] = { "a b", "\xc3\xa9", ID65 };
	static const char *const parts[] = { "status", "payments" };
	struct fixture *f = *state;
	char target[128];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (size_t p = 0; p < 2; p++) {
			(void)snprintf(target, sizeof(target), "/api/v1/rentals/%s/%s",
			               ids[i], parts[p]);
			assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
			fixture_assert_problem(f, 404, "rental-unknown");
			assert_null(fixture_logged(f, "rental"));
		}
		(void)snprintf(target, sizeof(target), "/api/v1/rentals/%s/stop", ids[i]);
		assert_int_equal(
			fixture_send(f, "POST", target, "{\"station_id\":\"s\"}"), 0);
		fixture_assert_problem(f, 404, "rental-unknown");
		(void)snprintf(target, sizeof(target), "/api/v1/stations/%s", ids[i]);
		assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
		fixture_assert_problem(f, 404, "station-unknown");
	}
	assert_int_equal(f->core.calls, 0);
}

static void queries_are_checked(void **state)
{
	static const struct {
		const char *query, *field;
	} rows[] = {
		{ "limit=0", "limit" },
		{ "limit=201", "limit" },
		{ "limit=-1", "limit" },
		{ "limit=5x", "limit" },
		{ "limit=99999999999999999999999", "limit" },
		{ "status=active", "status" },
		{ "status=OPEN", "status" },
		{ "user_id=a b", "user_id" },
		{ "user_id=" ID64 "x", "user_id" },
		{ "powerbank_id=pb1", "powerbank_id" },
		{ "User_id=u1", "User_id" },
		{ "cursor=%", "cursor" },
		{ "cursor=abc", "cursor" },
		{ "cursor=MTowOmE", "cursor" }, /* 1:0:a */
	};
	struct fixture *f = *state;
	char target[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(target, sizeof(target), "/api/v1/rentals?%s",
		               rows[i].query);
		assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
		fixture_assert_problem(f, 422, "invalid-request");
		assert_int_equal(error_count(f), 1);
		(void)error_of(f, rows[i].field);
	}
	assert_int_equal(fixture_send(f, "GET",
	                              "/api/v1/rentals?user_id=%C3%A9 &status=x&limit=y&"
	                              "cursor=z",
	                              NULL),
	                 0);
	assert_int_equal(error_count(f), 4);
	assert_non_null(strstr(error_of(f, "status"),
	                       "PENDING, ACTIVE, FINISHED, BUYOUT, FAILED"));
	assert_int_equal(f->core.calls, 0);
}

/* A filter that nobody knows must not be answered as if it filtered. */
static void unknown_parameters_are_refused_everywhere(void **state)
{
	static const char *const rows[][3] = {
		{ "POST", "/api/v1/rentals/quote?x=1",
		  "{\"station_id\":\"s\",\"user_id\":\"u\"}" },
		{ "POST", "/api/v1/rentals/start?x=1", "{\"quote_id\":\"q\"}" },
		{ "GET", "/api/v1/rentals/r1/status?x=1", NULL },
		{ "POST", "/api/v1/rentals/r1/stop?x=1", "{\"station_id\":\"s\"}" },
		{ "GET", "/api/v1/rentals/r1/payments?x=1", NULL },
		{ "GET", "/api/v1/rentals?x", NULL },
		{ "GET", "/api/v1/users/u1/balance?x=1", NULL },
		{ "GET", "/api/v1/stations/s1?x=1", NULL },
		{ "GET", "/openapi.json?x=1", NULL },
		{ "GET", "/docs?x=1", NULL },
		{ "GET", "/docs/docs.css?x=1", NULL },
		{ "GET", "/docs/docs.js?x=1", NULL },
	};
	struct fixture *f = *state;

	f->key = "key-1";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(fixture_send(f, rows[i][0], rows[i][1], rows[i][2]), 0);
		fixture_assert_problem(f, 422, "invalid-request");
		assert_int_equal(error_count(f), 1);
		(void)error_of(f, "x");
	}
	assert_int_equal(f->core.calls, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

/* An entry that no address can be of would refuse all of them, or let a neighbour's through. */
static void return_origins_have_no_path(void **state)
{
	static const char *const wrong[] = {
		"https://shop.example/",
		"https://shop.example/pay",
		"https://shop.example?x",
		"https://shop.example#x",
		"https://me@shop.example",
		"https://*.example",
		"shop.example",
		"https://",
		"*",
		"https://good.example,https://shop.example/",
	};
	const struct rent_plugin *plugin = fake_host_load(HTTP_API_SO);
	struct rent_error err;
	void *self;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct fake_option options[] = { { "return_origins", wrong[i] },
			                               { NULL, NULL } };
		struct fake_host *host = fake_host_new(plugin, options);

		assert_int_equal(plugin->create(fake_host_table(host), &self, &err),
		                 RENT_EINVAL);
		assert_non_null(strstr(err.text, "is no origin"));
		fake_host_free(host);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(bodies_that_are_not_json_are_400),
		T(a_member_twice_is_told_as_that),
		T(json_that_is_not_taken_is_told_as_that),
		T(json_that_is_no_object_is_422),
		T(every_field_is_checked),
		T(all_errors_come_at_once),
		T(the_longest_id_and_unknown_members_are_fine),
		T(body_is_read_by_its_size),
		T(keys_are_checked),
		T(return_origins_have_no_path),
		T(impossible_ids_of_a_path_are_404),
		T(queries_are_checked),
		T(unknown_parameters_are_refused_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
