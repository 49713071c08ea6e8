/* SPDX-License-Identifier: MIT
 *
 * test_openapi.c - the description of the API against the plugin: routes both ways,
 * references, and real replies against the schemas. And the files of /docs.
 */
#include "fixture.h"

#include <ctype.h>
#include <rent/auth.h>

/* Served by the host on the same listener; the files of the page are no operations. */
static const char *const system_paths[] = {
	"/api/v1/health", "/api/v1/health/ready", "/api/v1/health/circuit-breakers",
	"/api/v1/system", "/api/v1/events",       "/metrics",
};
#define PAGE_FILES "/docs/"

static json_t *api; /* the document, as served */

static int setup(void **state)
{
	struct fixture *f;

	(void)fixture_setup(state);
	f = *state;
	assert_int_equal(fixture_send(f, "GET", "/openapi.json", NULL), 0);
	assert_int_equal(f->reply.status, 200);
	assert_non_null(f->json);
	api = json_incref(f->json);
	return 0;
}

static int teardown(void **state)
{
	json_decref(api);
	return fixture_teardown(state);
}

/* The target of a reference "#/a/b", or the value itself. */
static json_t *resolve(json_t *value)
{
	const char *ref = json_string_value(json_object_get(value, "$ref"));
	char path[256], *save = NULL;

	if (ref == NULL)
		return value;
	assert_true(rent_copy(path, sizeof(path), ref));
	assert_memory_equal(path, "#/", 2);
	value = api;
	for (char *p = strtok_r(path + 2, "/", &save); p != NULL;
	     p = strtok_r(NULL, "/", &save))
		value = json_object_get(value, p);
	if (value == NULL)
		fail_msg("reference \"%s\" leads nowhere", ref);
	return value;
}

static json_t *operation_of(const char *method, const char *path)
{
	char lower[8] = "";

	for (size_t i = 0; method[i] != '\0' && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)method[i]);
	return json_object_get(json_object_get(json_object_get(api, "paths"), path),
	                       lower);
}

static bool has_route(const struct fixture *f, const char *method, const char *path)
{
	for (const struct rent_http_route *r = fixture_routes(f); r->method != NULL;
	     r++) {
		if (strcasecmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(system_paths) / sizeof(system_paths[0]); i++) {
		if (strcmp(path, system_paths[i]) == 0 && strcasecmp(method, "get") == 0)
			return true;
	}
	return false;
}

static void every_route_is_described(void **state)
{
	struct fixture *f = *state;

	for (const struct rent_http_route *r = fixture_routes(f); r->method != NULL;
	     r++) {
		if (strncmp(r->path, PAGE_FILES, strlen(PAGE_FILES)) != 0 &&
		    operation_of(r->method, r->path) == NULL)
			fail_msg("%s %s is not described", r->method, r->path);
	}
	for (size_t i = 0; i < sizeof(system_paths) / sizeof(system_paths[0]); i++)
		assert_non_null(operation_of("GET", system_paths[i]));
}

static void everything_described_is_a_route(void **state)
{
	struct fixture *f = *state;
	const char *path, *method;
	json_t *entry, *operation;

	json_object_foreach(json_object_get(api, "paths"), path, entry)
	{
		json_object_foreach(entry, method, operation)
		{
			if (strcmp(method, "parameters") != 0 &&
			    !has_route(f, method, path))
				fail_msg("%s %s is described, but no route", method,
				         path);
		}
	}
}

/* The roles of x-access as bits of the table. */
static uint32_t described_may(json_t *access)
{
	uint32_t may = json_is_true(json_object_get(access, "own")) ? RENT_MAY_OWN : 0;
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(access, "roles"), i, role)
	{
		int number = rent_value_of(rent_role_names, json_string_value(role));

		assert_int_not_equal(number, 0);
		may |= 1u << (unsigned)number;
	}
	return may;
}

/* Who may call a route is said once, in the table; the description repeats it. */
static void access_is_described(void **state)
{
	const struct rent_http_routes *table = ((struct fixture *)*state)->plugin->api;

	for (const struct rent_http_access *a = table->access; a->method != NULL; a++) {
		json_t *operation = operation_of(a->method, a->path);
		json_t *access = json_object_get(operation, "x-access");
		json_t *security = json_object_get(operation, "security");
		const char *scope = json_string_value(json_object_get(access, "scope"));

		if (operation == NULL && strncmp(a->path, PAGE_FILES, 6) == 0)
			continue;
		assert_true(json_is_array(security));
		if ((a->may & RENT_MAY_ANYBODY) != 0) {
			assert_null(access);
			assert_int_equal(json_array_size(security), 0);
			continue;
		}
		if (described_may(access) != a->may ||
		    strcmp(scope == NULL ? "" : scope,
		           a->scope == NULL ? "" : a->scope) != 0)
			fail_msg("%s %s: x-access is not its row", a->method, a->path);
		assert_non_null(json_object_get(json_array_get(security, 0), "bearer"));
		for (size_t i = 0; i < 3; i++) {
			static const char *const also[] = { "401", "403", "429" };

			assert_non_null(json_object_get(
				json_object_get(operation, "responses"), also[i]));
		}
	}
}

static void check_refs(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	(void)resolve(value);
	json_object_foreach(value, key, member) check_refs(member);
	json_array_foreach(value, i, member) check_refs(member);
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	check_refs(api);
}

/* Names in braces of a template, each with a parameter of the path. */
static void parameters_of_paths_are_described(void **state)
{
	const char *path;
	json_t *entry, *parameter;

	(void)state;
	json_object_foreach(json_object_get(api, "paths"), path, entry)
	{
		const char *open = strchr(path, '{');
		json_t *list = json_object_get(entry, "parameters");
		bool found = false;
		size_t i;

		if (open == NULL)
			continue;
		if (list == NULL)
			list = json_object_get(json_object_get(entry, "get"),
			                       "parameters");
		json_array_foreach(list, i, parameter)
		{
			json_t *p = resolve(parameter);
			const char *name = json_string_value(json_object_get(p, "name"));
			const char *in = json_string_value(json_object_get(p, "in"));

			found = found || (strcmp(in, "path") == 0 &&
			                  strncmp(open + 1, name, strlen(name)) == 0);
		}
		if (!found)
			fail_msg("%s lacks its parameter", path);
	}
}

/* ---- replies against schemas: as much of JSON Schema as the document uses */
static bool is_type(const json_t *value, const char *type)
{
	return (strcmp(type, "string") == 0 && json_is_string(value)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
	       (strcmp(type, "number") == 0 && json_is_number(value)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
	       (strcmp(type, "null") == 0 && json_is_null(value)) ||
	       (strcmp(type, "array") == 0 && json_is_array(value)) ||
	       (strcmp(type, "object") == 0 && json_is_object(value));
}

static void fits(json_t *value, json_t *schema, const char *where);

static void fits_type(const json_t *value, const json_t *type, const char *where)
{
	bool ok = type == NULL ||
	          (json_is_string(type) && is_type(value, json_string_value(type)));
	const json_t *one;
	size_t i;

	json_array_foreach(type, i, one) ok =
		ok || is_type(value, json_string_value(one));
	if (!ok)
		fail_msg("%s is of a type that is not described", where);
}

static void fits_object(json_t *value, json_t *schema, const char *where)
{
	json_t *more = json_object_get(schema, "additionalProperties");
	json_t *properties = json_object_get(schema, "properties");
	json_t *member, *name;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		if (json_object_get(value, json_string_value(name)) == NULL)
			fail_msg("%s lacks %s", where, json_string_value(name));
	}
	json_object_foreach(value, key, member)
	{
		json_t *described = json_object_get(properties, key);

		if (described != NULL)
			fits(member, described, key);
		else if (json_is_object(more))
			fits(member, more, key);
		else if (!json_is_true(more))
			fail_msg("%s has %s, which is not described", where, key);
	}
}

static void fits(json_t *value, json_t *schema, const char *where)
{
	const json_t *choices;
	json_t *item;
	size_t i;
	bool ok;

	schema = resolve(schema);
	choices = json_object_get(schema, "enum");
	ok = choices == NULL;
	fits_type(value, json_object_get(schema, "type"), where);
	json_array_foreach(choices, i, item) ok = ok || json_equal(item, value);
	if (!ok)
		fail_msg("%s is none of the described values", where);
	if (json_is_object(value))
		fits_object(value, schema, where);
	json_array_foreach(value, i, item)
		fits(item, json_object_get(schema, "items"), where);
}

/* The schema of the body that comes with a status. */
static json_t *schema_of(const char *method, const char *path, int status)
{
	json_t *responses = json_object_get(operation_of(method, path), "responses");
	json_t *response, *content;
	const char *type;
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", status);
	response = resolve(json_object_get(responses, text));
	if (response == NULL)
		fail_msg("%s %s does not describe %d", method, path, status);
	json_object_foreach(json_object_get(response, "content"), type,
	                    content) return json_object_get(content, "schema");
	fail_msg("%s %s describes no body of %d", method, path, status);
	return NULL;
}

static const struct operation {
	enum use_case call;
	const char *method, *path, *target, *body;
} operations[] = {
	{ CALL_QUOTE, "POST", "/api/v1/rentals/quote", "/api/v1/rentals/quote",
	  "{\"station_id\":\"s\",\"user_id\":\"u\"}" },
	{ CALL_START, "POST", "/api/v1/rentals/start", "/api/v1/rentals/start",
	  "{\"quote_id\":\"q\"}" },
	{ CALL_STATUS, "GET", "/api/v1/rentals/{order_id}/status",
	  "/api/v1/rentals/r1/status", NULL },
	{ CALL_STOP, "POST", "/api/v1/rentals/{order_id}/stop", "/api/v1/rentals/r1/stop",
	  "{\"station_id\":\"s\"}" },
	{ CALL_LIST, "GET", "/api/v1/rentals", "/api/v1/rentals", NULL },
	{ CALL_TRAIL, "GET", "/api/v1/rentals/{order_id}/payments",
	  "/api/v1/rentals/r1/payments", NULL },
	{ CALL_STATION, "GET", "/api/v1/stations/{id}", "/api/v1/stations/s1", NULL },
	{ CALL_BALANCE, "GET", "/api/v1/users/{user_id}/balance",
	  "/api/v1/users/u1/balance", NULL },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void send_fits(struct fixture *f, const struct operation *o, int status)
{
	f->key = "k";
	f->core.expect = o->call;
	assert_int_equal(fixture_send(f, o->method, o->target, o->body), 0);
	assert_int_equal(f->reply.status, status);
	assert_non_null(f->json);
	fits(f->json, schema_of(o->method, o->path, status), o->path);
}

static void answers_fit_their_schemas(void **state)
{
	static const struct rent_view view = {
		.rental = { .id = "r1", .status = RENT_STATUS_ACTIVE },
	};
	static const struct rent_op op = {
		.id = "o1",
		.kind = RENT_OP_HOLD,
		.purpose = RENT_FOR_START,
		.state = RENT_OP_PENDING,
		.created_at = 1,
	};
	static const struct rent_money_point point = { .at = 1, .due = 5, .paid = 5 };
	struct fixture *f = *state;

	f->core.points = &point;
	f->core.point_count = 1;
	(void)rent_copy(f->core.quote.quote.id, RENT_ID_SIZE, "q1");
	f->core.view = view;
	f->core.views = &view;
	f->core.ops = &op;
	f->core.count = 1;
	f->core.start.json = "{\"order_id\":\"r1\",\"status\":\"ACTIVE\","
			     "\"powerbank_id\":\"p\",\"total_amount\":0,\"debt\":0}";
	f->core.station.json = "{\"id\":\"s1\",\"tariff_id\":\"t\",\"location\":\"x\","
			       "\"slots\":[{\"index\":0,\"empty\":true,\"charge\":0}]}";
	for (size_t i = 0; i < OPERATIONS; i++)
		send_fits(f, &operations[i], 200);
}

static void a_payment_fits_its_schemas(void **state)
{
	static const struct operation pay = { CALL_PAY, "POST",
		                              "/api/v1/rentals/{order_id}/pay",
		                              "/api/v1/rentals/r1/pay", "{}" };
	static const struct {
		enum rent_verdict verdict;
		int status;
		const char *json;
	} rows[] = {
		{ RENT_DONE, 200, "{\"order_id\":\"r1\",\"paid\":90}" },
		{ RENT_ACTION_NEEDED, 202,
		  "{\"order_id\":\"r1\",\"paid\":0,\"action\":{\"type\":\"redirect\","
		  "\"url\":\"https://b\",\"expires_at\":\"2026-11-23T07:21:04.000000Z\"}}" },
		{ RENT_NO_RENTAL, 404, NULL },
		{ RENT_NOT_PAYABLE, 409, NULL },
		{ RENT_PAYMENT_RUNNING, 409, NULL },
		{ RENT_PAYMENT_DECLINED, 402, NULL },
		{ RENT_KEY_MISMATCH, 422, NULL },
		{ RENT_PAYMENT_UNAVAILABLE, 503, NULL },
		{ RENT_IN_DOUBT, 503, NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->core.pay.verdict = rows[i].verdict;
		f->core.pay.json = rows[i].json;
		send_fits(f, &pay, rows[i].status);
	}
	assert_int_equal(fixture_send(f, "POST", pay.target, "{\"return_url\":\"x\"}"),
	                 0);
	fits(f->json, schema_of("POST", pay.path, 422), pay.path);
}

static void refusals_are_described(void **state)
{
	static const struct {
		enum use_case call;
		enum rent_verdict verdict;
		int status;
	} rows[] = {
		{ CALL_QUOTE, RENT_NO_STATION, 404 },
		{ CALL_QUOTE, RENT_NOT_AVAILABLE, 503 },
		{ CALL_START, RENT_NO_QUOTE, 404 },
		{ CALL_START, RENT_QUOTE_EXPIRED, 410 },
		{ CALL_START, RENT_QUOTE_USED, 409 },
		{ CALL_START, RENT_KEY_MISMATCH, 422 },
		{ CALL_START, RENT_KEY_RUNNING, 409 },
		{ CALL_START, RENT_DEPOSIT_DECLINED, 402 },
		{ CALL_START, RENT_STATION_REFUSED, 409 },
		{ CALL_START, RENT_NOT_AVAILABLE, 503 },
		{ CALL_START, RENT_PAYMENT_UNAVAILABLE, 503 },
		{ CALL_START, RENT_IN_DOUBT, 503 },
		{ CALL_STATUS, RENT_NO_RENTAL, 404 },
		{ CALL_STOP, RENT_NO_RENTAL, 404 },
		{ CALL_STOP, RENT_WRONG_STATE, 409 },
		{ CALL_STOP, RENT_NOT_RETURNED, 409 },
		{ CALL_STOP, RENT_RETURN_UNVERIFIED, 503 },
		{ CALL_STATION, RENT_NO_STATION, 404 },
		{ CALL_STATION, RENT_NOT_AVAILABLE, 503 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->core.quote.verdict = rows[i].verdict;
		f->core.start.verdict = rows[i].verdict;
		f->core.view.verdict = rows[i].verdict;
		f->core.station.verdict = rows[i].verdict;
		for (size_t o = 0; o < OPERATIONS; o++) {
			if (operations[o].call == rows[i].call)
				send_fits(f, &operations[o], rows[i].status);
		}
	}
}

static void bad_requests_are_described(void **state)
{
	struct fixture *f = *state;

	f->key = "k";
	for (size_t i = 0; i < OPERATIONS; i++) {
		const struct operation *o = &operations[i];

		if (o->body == NULL)
			continue;
		assert_int_equal(fixture_send(f, o->method, o->target, "{"), 0);
		fits(f->json, schema_of(o->method, o->path, 400), o->path);
		assert_int_equal(fixture_send(f, o->method, o->target, "{}"), 0);
		fits(f->json, schema_of(o->method, o->path, 422), o->path);
		(void)schema_of(o->method, o->path, 413);
		(void)schema_of(o->method, o->path, 415);
	}
}

/* Examples are what people copy. */
static void check_examples(json_t *response, const char *where)
{
	const char *type, *name;
	json_t *content, *example;

	json_object_foreach(json_object_get(resolve(response), "content"), type, content)
	{
		json_t *schema = json_object_get(content, "schema");

		example = json_object_get(content, "example");
		if (example != NULL)
			fits(example, schema, where);
		json_object_foreach(json_object_get(content, "examples"), name, example)
			fits(json_object_get(example, "value"), schema, where);
	}
}

static void examples_fit_their_schemas(void **state)
{
	const char *path, *method, *status;
	json_t *entry, *operation, *response;

	(void)state;
	json_object_foreach(json_object_get(api, "paths"), path, entry)
	{
		json_object_foreach(entry, method, operation)
		{
			check_examples(json_object_get(operation, "requestBody"), path);
			json_object_foreach(json_object_get(operation, "responses"),
			                    status, response)
				check_examples(response, path);
		}
	}
}

/* ---- the page */
static void the_page_has_no_inline_code(void **state)
{
	static const char *const banned[] = { "<style",   " style=",     " onclick=",
		                              " onload=", "javascript:", "http://",
		                              "https://" };
	struct fixture *f = *state;

	assert_int_equal(fixture_send(f, "GET", "/docs", NULL), 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->reply.content_type, "text/html; charset=utf-8");
	assert_non_null(strstr(fixture_header(f, "Content-Security-Policy"),
	                       "script-src 'self'"));
	assert_non_null(
		strstr(f->reply.body, "<script src=\"docs/docs.js\" defer></script>"));
	assert_non_null(strstr(f->reply.body, "href=\"docs/docs.css\""));
	for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++)
		assert_null(strstr(f->reply.body, banned[i]));
}

static void files_are_whole(void **state)
{
	static const struct {
		const char *path, *type;
	} files[] = {
		{ "/openapi.json", "application/json" },
		{ "/docs", "text/html; charset=utf-8" },
		{ "/docs/docs.css", "text/css; charset=utf-8" },
		{ "/docs/docs.js", "text/javascript; charset=utf-8" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(fixture_send(f, "GET", files[i].path, NULL), 0);
		assert_int_equal(f->reply.status, 200);
		assert_string_equal(f->reply.content_type, files[i].type);
		assert_int_equal(f->reply.body[f->reply.body_size - 1], '\n');
		assert_int_equal(strlen(f->reply.body), f->reply.body_size);
		assert_string_equal(fixture_header(f, "Cache-Control"), "no-cache");
	}
}

/* Routes that wait must not be answered on an event thread. */
static void only_files_are_inline(void **state)
{
	struct fixture *f = *state;

	for (const struct rent_http_route *r = fixture_routes(f); r->method != NULL;
	     r++) {
		bool api_path = strncmp(r->path, "/api/", 5) == 0;
		bool post = strcmp(r->method, "POST") == 0;

		assert_int_equal((r->flags & RENT_HTTP_INLINE) == 0, api_path);
		assert_int_equal((r->flags & RENT_HTTP_JSON) != 0, post);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(every_route_is_described),
		T(everything_described_is_a_route),
		T(access_is_described),
		T(references_lead_somewhere),
		T(parameters_of_paths_are_described),
		T(answers_fit_their_schemas),
		T(a_payment_fits_its_schemas),
		T(refusals_are_described),
		T(bad_requests_are_described),
		T(examples_fit_their_schemas),
		T(the_page_has_no_inline_code),
		T(files_are_whole),
		T(only_files_are_inline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
