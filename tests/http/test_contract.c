/* SPDX-License-Identifier: MIT
 *
 * test_contract.c - the happy side of the HTTP contract, against a running deployment: members and
 * types of every answer, prices, lists, health, CORS, request ids, descriptions, metrics. The
 * other side is test_errors.c.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct deployment deployment;

static int open_deployment(void **state)
{
	/* What rental-core.conf leaves to the operator. */
	static const char *const page[] = { "--set=listeners.api.cors=*",
		                            "--set=listeners.api.static=web-ui", NULL };

	(void)state;
	deployment_open(&deployment,
	                &(struct deployment_spec){
				.args = variant_chosen()->split ? page : NULL });
	return 0;
}

static int close_deployment(void **state)
{
	(void)state;
	deployment_stop(&deployment);
	expect_audit(&deployment);
	deployment_free(&deployment);
	return 0;
}

/* kinds: s string, i integer, n null, o object, a array, b bool; several: any of them. */
struct member {
	const char *name, *kinds;
};

static char kind_of(const json_t *v)
{
	switch (v == NULL ? (json_type)-1 : json_typeof(v)) {
	case JSON_STRING:
		return 's';
	case JSON_INTEGER:
		return 'i';
	case JSON_NULL:
		return 'n';
	case JSON_OBJECT:
		return 'o';
	case JSON_ARRAY:
		return 'a';
	case JSON_TRUE:
	case JSON_FALSE:
		return 'b';
	case JSON_REAL:
	default:
		return '?';
	}
}

static void expect_members(const json_t *object, const struct member *members)
{
	for (; members->name != NULL; members++) {
		char kind = kind_of(json_object_get(object, members->name));

		if (strchr(members->kinds, kind) == NULL) {
			char *text = json_dumps(object, JSON_COMPACT);

			print_error("%s\n", text);
			free(text);
			fail_msg("'%s' must be of %s, is %c", members->name,
			         members->kinds, kind);
		}
	}
}

static const struct member quote_members[] = {
	{ "quote_id", "s" }, { "user_id", "s" },        { "station_id", "s" },
	{ "deposit", "i" },  { "price_per_hour", "i" }, { "free_period_min", "i" },
	{ NULL, NULL },      { "expires_in_sec", "i" },
};

static const struct member start_members[] = {
	{ "order_id", "s" }, { "status", "s" }, { "powerbank_id", "sn" },
	{ "debt", "i" },     { NULL, NULL },    { "total_amount", "i" },
};

static const struct member status_members[] = {
	{ "order_id", "s" },
	{ "status", "s" },
	{ "powerbank_id", "sn" },
	{ "total_amount", "i" },
	{ "debt", "i" },
	{ "started_at", "sn" },
	{ "finished_at", "sn" },
	{ "accrued", "i" },
	{ "deposit", "i" },
	{ "price_per_hour", "i" },
	{ "free_period_min", "i" },
	{ NULL, NULL },
};

static void expect_json(const struct answer *a)
{
	const char *type = answer_header(a, "Content-Type");

	expect_status(a, 200);
	assert_non_null(type);
	assert_int_equal(strncmp(type, "application/json", 16), 0);
	assert_non_null(a->json);
}

static void one_rental(void **state)
{
	struct ride ride;
	const struct answer *a = ride_quote(deployment.api, "second", "one");
	char *stopped;

	(void)state;
	expect_json(a);
	expect_members(a->json, quote_members);
	assert_int_equal(answer_int(a, "price_per_hour"), 3600);
	assert_int_equal(answer_int(a, "deposit"), 100);
	assert_in_range(answer_int(a, "expires_in_sec"), 1, 60);
	ride_key(ride.key);
	a = ride_start(deployment.api, ride.key, answer_str(a, "quote_id"));
	expect_json(a);
	expect_members(a->json, start_members);
	assert_string_equal(answer_str(a, "status"), "ACTIVE");
	assert_int_equal(answer_int(a, "total_amount"), 0);
	(void)snprintf(ride.order_id, sizeof(ride.order_id), "%s",
	               answer_str(a, "order_id"));
	a = ride_status(deployment.api, ride.order_id);
	expect_json(a);
	expect_members(a->json, status_members);
	assert_true(json_is_null(answer_get(a, "finished_at")));
	assert_non_null(strchr(answer_str(a, "started_at"), 'T'));
	assert_non_null(strchr(answer_str(a, "started_at"), 'Z'));
	a = ride_stop(deployment.api, ride.order_id, "second");
	expect_json(a);
	expect_members(a->json, status_members);
	assert_string_equal(answer_str(a, "status"), "FINISHED");
	assert_non_null(answer_str(a, "finished_at"));
	assert_int_equal(answer_int(a, "total_amount") + answer_int(a, "deposit_refund"),
	                 100);
	stopped = strdup(a->body);
	a = ride_stop(deployment.api, ride.order_id, "free");
	expect_json(a);
	assert_string_equal(a->body, stopped);
	free(stopped);
}

struct price_case {
	const char *station, *user;
	int64_t price, free_min, deposit;
};

static void prices(void **state)
{
	static const struct price_case cases[] = {
		{ "second", "anybody", 3600, 0, 100 },
		{ "second", "trusted", 3600, 0, 50 },
		{ "second", "subscriber", 3600, 30, 100 },
		{ "free", "anybody", 3600, 10, 300 },
		{ "free", "subscriber", 3600, 30, 300 },
		{ "low", "anybody", 5400, 0, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct answer *a =
			ride_quote(deployment.api, cases[i].station, cases[i].user);

		expect_status(a, 200);
		assert_int_equal(answer_int(a, "price_per_hour"), cases[i].price);
		assert_int_equal(answer_int(a, "free_period_min"), cases[i].free_min);
		assert_int_equal(answer_int(a, "deposit"), cases[i].deposit);
	}
}

static void lists(void **state)
{
	char orders[5][65], cursor[512] = "";
	struct ride ride;
	int seen = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		ride_begin(&deployment, "second", "lister", &ride);
		(void)snprintf(orders[i], sizeof(orders[i]), "%s", ride.order_id);
	}
	ride_end(&deployment, &ride, "second");
	for (int page = 0; page < 4 && seen < 5; page++) {
		const struct answer *a = client_get(
			deployment.api, "/api/v1/rentals?user_id=lister&limit=2%s%s",
			*cursor != '\0' ? "&cursor=" : "", cursor);
		json_t *items = json_object_get(a->json, "items"), *item;
		size_t i;

		expect_json(a);
		assert_in_range(json_array_size(items), 1, 2);
		json_array_foreach(items, i, item)
		{
			expect_members(item, status_members);
			assert_in_range(seen, 0, 4);
			assert_string_equal(
				json_string_value(json_object_get(item, "order_id")),
				orders[4 - seen]);
			seen++;
		}
		if (seen < 5)
			assert_non_null(answer_str(a, "next_cursor"));
		else
			assert_true(json_is_null(answer_get(a, "next_cursor")));
		(void)snprintf(cursor, sizeof(cursor), "%s",
		               answer_str(a, "next_cursor") ? answer_str(a, "next_cursor")
		                                            : "");
	}
	assert_int_equal(seen, 5);
	assert_int_equal(
		json_array_size(json_object_get(
			client_get(deployment.api, "/api/v1/rentals?user_id=lister&"
	                                           "status=FINISHED")
				->json,
			"items")),
		1);
}

static void payments(void **state)
{
	static const struct member members[] = {
		{ "id", "s" },         { "kind", "s" },      { "amount", "i" },
		{ "status", "s" },     { "processed", "i" }, { "purpose", "s" },
		{ "created_at", "s" }, { NULL, NULL },
	};
	const struct answer *a;
	struct ride ride;
	json_t *items, *item;
	size_t i;

	(void)state;
	ride_begin(&deployment, "second", "payer", &ride);
	ride_age(&deployment, ride.order_id, 150);
	ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 10000);
	a = client_get(deployment.api, "/api/v1/rentals/%s/payments", ride.order_id);
	expect_json(a);
	items = json_object_get(a->json, "items");
	json_array_foreach(items, i, item) expect_members(item, members);
	/* hold 100, capture 100, charge of the rest */
	assert_in_range(json_array_size(items), 3, 4);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(items, 0), "kind")),
		"hold");
}

static void stations(void **state)
{
	const struct answer *a = client_get(deployment.api, "/api/v1/stations/low");

	(void)state;
	expect_json(a);
	assert_string_equal(answer_str(a, "id"), "low");
	assert_string_equal(answer_str(a, "tariff_id"), "second");
	assert_int_equal(json_array_size(answer_get(a, "slots")), 8);
}

static void health(void **state)
{
	static const struct member members[] = {
		{ "state", "s" },         { "fail_counter", "i" },  { "fail_max", "i" },
		{ "reset_timeout", "i" }, { "last_failure", "sn" }, { NULL, NULL },
	};
	static const char *const names[] = { "station", "tariff", "profile",
		                             "configs", "eject",  "payment" };
	const struct answer *a = client_get(deployment.api, "/api/v1/health");

	(void)state;
	expect_json(a);
	assert_true(json_is_true(answer_get(a, "ok")));
	a = client_get(deployment.api, "/api/v1/health/ready");
	expect_json(a);
	assert_true(json_array_size(answer_get(a, "components")) > 0);
	a = client_get(deployment.api, "/api/v1/health/circuit-breakers");
	expect_json(a);
	assert_string_equal(answer_str(a, "status"), "ok");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "circuit_breakers.%s", names[i]);
		if (answer_get(a, path) == NULL)
			fail_msg("no breaker '%s' in %s", names[i], a->body);
		expect_members(answer_get(a, path), members);
	}
	assert_int_equal(answer_int(a, "circuit_breakers.payment.fail_max"), 3);
	assert_int_equal(answer_int(a, "circuit_breakers.payment.reset_timeout"), 60);
	assert_int_equal(answer_int(a, "circuit_breakers.station.fail_max"), 5);
	assert_int_equal(answer_int(a, "circuit_breakers.profile.fail_max"), 10);
}

static void cors(void **state)
{
	const char *origin[] = { "Origin: https://page.example", NULL };
	const char *preflight[] = {
		"Origin: https://page.example", "Access-Control-Request-Method: POST",
		"Access-Control-Request-Headers: content-type,idempotency-key", NULL
	};
	const struct answer *a =
		client_call(deployment.api, "GET", "/api/v1/health", origin, NULL);

	(void)state;
	expect_status(a, 200);
	assert_non_null(answer_header(a, "Access-Control-Allow-Origin"));
	a = client_call(deployment.api, "OPTIONS", "/api/v1/rentals/start", preflight,
	                NULL);
	assert_in_range(a->status, 200, 204);
	assert_non_null(answer_header(a, "Access-Control-Allow-Origin"));
	assert_non_null(strstr(answer_header(a, "Access-Control-Allow-Methods"), "POST"));
	assert_non_null(strcasestr(answer_header(a, "Access-Control-Allow-Headers"),
	                           "Idempotency-Key"));
	assert_non_null(strcasestr(answer_header(a, "Access-Control-Allow-Headers"),
	                           "Content-Type"));
	assert_non_null(strcasestr(answer_header(a, "Access-Control-Allow-Headers"),
	                           "Authorization"));
	a = client_call(deployment.stubs, "OPTIONS", "/admin/disable-endpoint", preflight,
	                NULL);
	assert_non_null(answer_header(a, "Access-Control-Allow-Origin"));
}

static char logged_id[] = "request_id=my-request.1";
static char logged_trace[] = "trace_id=4bf92f3577b34da6a3ce929d0e0e4736";

static bool is_logged(void *arg)
{
	return deployment_log_count(&deployment, arg) >= 1;
}

static bool is_logged_twice(void *arg)
{
	return deployment_log_count(&deployment, arg) >= 2;
}

static void request_ids(void **state)
{
	const char *sane[] = { "X-Request-Id: my-request.1", NULL };
	const char *hostile[] = { "X-Request-Id: a b\"c", NULL };
	const char *trace[] = {
		"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		NULL
	};
	const struct answer *a = client_call(deployment.api, "GET",
	                                     "/api/v1/rentals/x/status", sane, NULL);

	(void)state;
	expect_problem(a, 404);
	assert_string_equal(answer_header(a, "X-Request-Id"), "my-request.1");
	assert_string_equal(answer_str(a, "instance"), "my-request.1");
	a = client_call(deployment.api, "GET", "/api/v1/rentals/x/status", hostile, NULL);
	assert_null(strchr(answer_header(a, "X-Request-Id"), ' '));
	a = client_get(deployment.api, "/api/v1/health");
	assert_non_null(answer_header(a, "X-Request-Id"));
	expect_status(client_call(deployment.api, "GET", "/api/v1/stations/second", trace,
	                          NULL),
	              200);
	/* access lines are written after the answer: of the API, and of the stub it called */
	assert_true(wait_until(is_logged, logged_id, 5000));
	assert_true(wait_until(is_logged_twice, logged_trace, 5000));
}

static void descriptions(void **state)
{
	static const char *const paths[] = { "/api/v1/rentals/quote",
		                             "/api/v1/rentals/start",
		                             "/api/v1/rentals/{order_id}/status",
		                             "/api/v1/rentals/{order_id}/stop",
		                             "/api/v1/rentals",
		                             "/api/v1/health",
		                             "/api/v1/rentals/{order_id}/payments" };
	const struct answer *a = client_get(deployment.api, "/openapi.json");

	(void)state;
	expect_json(a);
	assert_int_equal(strncmp(answer_str(a, "openapi"), "3.1", 3), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (json_object_get(answer_get(a, "paths"), paths[i]) == NULL)
			fail_msg("openapi.json does not describe %s", paths[i]);
	}
	a = client_get(deployment.api, "/docs");
	expect_status(a, 200);
	assert_int_equal(strncmp(answer_header(a, "Content-Type"), "text/html", 9), 0);
	a = client_get(deployment.api, "/");
	expect_status(a, 200);
	assert_int_equal(strncmp(answer_header(a, "Content-Type"), "text/html", 9), 0);
}

/* Every name of the contract, with its labels in their order. */
static const char *const metric_names[] = {
	"http_requests_total{handler=\"/api/v1/rentals/quote\",method=\"POST\",status=\"",
	"http_request_duration_seconds_bucket{handler=\"/api/v1/rentals/quote\",method=",
	"http_requests_inprogress{handler=\"/api/v1/rentals/quote\",method=",
	"rental_system_rentals_total{service=\"rental-core\",status=\"ACTIVE\"}",
	"rental_system_quotes_total{service=\"rental-core\"}",
	"rental_system_rental_duration_seconds_bucket{service=\"rental-core\",le=\"60\"}",
	"rental_system_rental_duration_seconds_bucket{service=\"rental-core\",le=\"86400\"}",
	"rental_system_active_rentals_current{service=",
	"rental_system_billing_cycles_total{service=",
	"rental_system_billing_cycle_duration_seconds_bucket{service=",
	"rental_system_active_rentals_processed_last_cycle{service=",
	"rental_system_payment_attempts_total{service=\"rental-core\",status=\"success\"}",
	"rental_system_payment_attempts_total{service=\"rental-core\",status=\"failure\"}",
	"rental_system_payment_attempts_total{service=\"rental-core\",status=\"unknown\"}",
	"rental_system_payment_amount_total{service=\"rental-core\",status=\"success\"}",
	"rental_system_debt_amount_current{service=",
	"rental_system_debt_operations_total{service=\"rental-core\",operation=\"add\"}",
	"rental_system_debt_operations_total{service=\"rental-core\",operation=\"reduce\"}",
	"rental_system_debt_operations_total{service=\"rental-core\",operation=\"retry\"}",
	"rental_system_worker_errors_total{service=",
	"rental_system_circuit_breaker_state{service=\"rental-core\",circuit_name=\"payment\"}",
	"rental_system_circuit_breaker_failures_total{service=\"rental-core\",circuit_name=",
	"rental_system_external_api_requests_total{service=\"rental-core\",api_service=",
	"rental_system_external_api_duration_seconds_bucket{service=\"rental-core\",api_service=",
	"rental_system_database_connections_active{service=\"rental-core\",database=",
	"rental_system_database_query_duration_seconds_bucket{service=\"rental-core\",database=",
	"rental_system_app_info{service=\"rental-core\",version=",
	"process_resident_memory_bytes ",
	"process_cpu_seconds_total ",
};

static void metrics(void **state)
{
	const struct answer *a = client_get(deployment.api, "/metrics"), *worker = NULL;

	(void)state;
	expect_status(a, 200);
	assert_non_null(strstr(answer_header(a, "Content-Type"), "text/plain"));
	a = client_get(deployment.api, "/metrics");
	if (variant_chosen()->split)
		worker = client_get(deployment.nodes[NODE_WORKER].client, "/metrics");
	for (size_t i = 0; i < sizeof(metric_names) / sizeof(metric_names[0]); i++) {
		const char *name = metric_names[i];

		if (strstr(a->body, name) == NULL &&
		    (worker == NULL || strstr(worker->body, name) == NULL))
			fail_msg("no '%s' in /metrics", name);
	}
	assert_non_null(strstr(a->body, "service=\"rental-core\""));
	assert_non_null(strstr(a->body, "handler=\"/api/v1/rentals/{order_id}/status\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_rental),   cmocka_unit_test(prices),
		cmocka_unit_test(lists),        cmocka_unit_test(payments),
		cmocka_unit_test(stations),     cmocka_unit_test(health),
		cmocka_unit_test(cors),         cmocka_unit_test(request_ids),
		cmocka_unit_test(descriptions), cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests_name("contract", tests, open_deployment,
	                                   close_deployment);
}
