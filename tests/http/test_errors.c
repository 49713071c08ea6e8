/* SPDX-License-Identifier: MIT
 *
 * test_errors.c - every row of the contract's table of errors, against a running deployment: the
 * status, the problem document, and that a refused request changed nothing.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

#define TOO_BIG ((size_t)70 * 1024) /* body_max is 64 KiB */

static struct deployment deployment;

static int open_deployment(void **state)
{
	static const char *const args[] = {
		"--set=instances.stubs.options.unknown_stations=404", NULL
	};

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .args = args });
	return 0;
}

static int close_deployment(void **state)
{
	(void)state;
	expect_clean_end(&deployment, 20000);
	deployment_free(&deployment);
	return 0;
}

static int64_t rows(void)
{
	return db_int(deployment.db,
	              "SELECT (SELECT COUNT(*) FROM rentals) + (SELECT COUNT(*) FROM "
	              "quotes) + (SELECT COUNT(*) FROM operations)");
}

struct body_case {
	const char *path, *body;
	long status;
	const char *field; /* with 422: named in errors */
};

static const struct body_case body_cases[] = {
	{ "/api/v1/rentals/quote", "", 400, NULL },
	{ "/api/v1/rentals/quote", "{", 400, NULL },
	{ "/api/v1/rentals/quote", "{\"station_id\": \"second\",}", 400, NULL },
	{ "/api/v1/rentals/quote", "\xff\xfe", 400, NULL },
	{ "/api/v1/rentals/quote", "{}", 422, "station_id" },
	{ "/api/v1/rentals/quote", "{}", 422, "user_id" },
	{ "/api/v1/rentals/quote", "{\"station_id\": \"second\"}", 422, "user_id" },
	{ "/api/v1/rentals/quote", "{\"station_id\": 7, \"user_id\": \"u\"}", 422,
	  "station_id" },
	{ "/api/v1/rentals/quote", "{\"station_id\": null, \"user_id\": \"u\"}", 422,
	  "station_id" },
	{ "/api/v1/rentals/quote", "{\"station_id\": \"\", \"user_id\": \"u\"}", 422,
	  "station_id" },
	{ "/api/v1/rentals/quote", "{\"station_id\": \"second\", \"user_id\": [\"u\"]}",
	  422, "user_id" },
	{ "/api/v1/rentals/quote",
	  "{\"station_id\": \"second\", \"user_id\": \"" LONG_64 "x\"}", 422, "user_id" },
	{ "/api/v1/rentals/start", "{", 400, NULL },
	{ "/api/v1/rentals/start", "{}", 422, "quote_id" },
	{ "/api/v1/rentals/start", "{\"quote_id\": 1.5}", 422, "quote_id" },
	{ "/api/v1/rentals/start", "{\"quote_id\": \"\"}", 422, "quote_id" },
	{ "/api/v1/rentals/start", "{\"quote_id\": \"" LONG_64 "x\"}", 422, "quote_id" },
	{ "/api/v1/rentals/no-such-rental/stop", "{", 400, NULL },
	{ "/api/v1/rentals/no-such-rental/stop", "{}", 422, "station_id" },
	{ "/api/v1/rentals/no-such-rental/stop", "{\"station_id\": true}", 422,
	  "station_id" },
};

static bool names_field(const struct answer *a, const char *field)
{
	json_t *errors = json_object_get(a->json, "errors"), *item;
	size_t i;

	json_array_foreach(errors, i, item)
	{
		const char *name = json_string_value(json_object_get(item, "field"));
		const char *text = json_string_value(json_object_get(item, "message"));

		if (name != NULL && strcmp(name, field) == 0 && text != NULL &&
		    *text != '\0')
			return true;
	}
	return false;
}

static void bodies(void **state)
{
	int64_t before = rows();

	(void)state;
	for (size_t i = 0; i < sizeof(body_cases) / sizeof(body_cases[0]); i++) {
		const struct body_case *c = &body_cases[i];
		const char *headers[] = { "Idempotency-Key: bodies", NULL };
		const struct answer *a =
			client_call(deployment.api, "POST", c->path, headers, c->body);

		if (a->status != c->status)
			fail_msg("%s %s: expected %ld, got %ld %s", c->path, c->body,
			         c->status, a->status, a->body);
		expect_problem(a, c->status);
		if (c->field != NULL && !names_field(a, c->field))
			fail_msg("%s %s: errors do not name '%s': %s", c->path, c->body,
			         c->field, a->body);
	}
	assert_int_equal(rows(), before);
}

static void longest_ids(void **state)
{
	(void)state;
	expect_status(ride_quote(deployment.api, "second", LONG_64), 200);
	expect_problem(ride_quote(deployment.api, LONG_64, "u"), 404);
	expect_problem(ride_start(deployment.api, "longest", LONG_64), 404);
	expect_problem(ride_status(deployment.api, LONG_64), 404);
}

/* The header as it is sent; the last is the longest there may be. */
static const struct key_case {
	const char *header; /* NULL: none */
	long status;
} key_cases[] = {
	{ NULL, 400 },
	{ "Idempotency-Key;", 400 }, /* present and empty */
	{ "Idempotency-Key: " LONG_64 LONG_64 "x", 400 },
	{ "Idempotency-Key: two words", 400 },
	{ "Idempotency-Key: kl\xc3\xbcssel", 400 },
	{ "Idempotency-Key: " LONG_64 LONG_64, 200 },
};

static void keys(void **state)
{
	struct ride ride;
	char body[128];

	(void)state;
	ride_must_quote(&deployment, "second", "keys", &ride);
	(void)snprintf(body, sizeof(body), "{\"quote_id\": \"%s\"}", ride.quote_id);
	for (size_t i = 0; i < sizeof(key_cases) / sizeof(key_cases[0]); i++) {
		const char *headers[] = { key_cases[i].header, NULL };
		const struct answer *a = client_call(
			deployment.api, "POST", "/api/v1/rentals/start", headers, body);

		print_message("%s\n", headers[0] != NULL ? headers[0] : "no key");
		if (key_cases[i].status == 200)
			expect_status(a, 200);
		else
			expect_problem(a, key_cases[i].status);
		assert_int_equal(
			db_int(deployment.db,
		               "SELECT COUNT(*) FROM rentals WHERE user_id = 'keys'"),
			key_cases[i].status == 200);
	}
}

/* The first answer again, byte for byte; another body under the key; the quote under another
 * key. */
static void used_twice(void **state)
{
	const struct answer *a;
	struct ride ride, other;
	char *first;

	(void)state;
	ride_must_quote(&deployment, "second", "twice", &ride);
	ride_must_quote(&deployment, "second", "twice", &other);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	assert_null(answer_header(a, "Idempotency-Replayed"));
	first = strdup(a->body);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	assert_string_equal(a->body, first);
	assert_string_equal(answer_header(a, "Idempotency-Replayed"), "true");
	free(first);
	expect_problem(ride_start(deployment.api, ride.key, other.quote_id), 422);
	expect_problem(ride_start(deployment.api, other.key, ride.quote_id), 409);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE user_id = 'twice'"),
	                 1);
}

/* A refusal is an answer too: the same bytes again. */
static void refusal_replayed(void **state)
{
	const struct answer *a;
	struct ride ride;
	char *first;

	(void)state;
	ride_must_quote(&deployment, "second", "refused", &ride);
	db_exec(deployment.db, "UPDATE quotes SET expires_at = %s WHERE id = %Q",
	        db_before(deployment.db, "now", 60), ride.quote_id);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_problem(a, 410);
	first = strdup(a->body);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_problem(a, 410);
	assert_string_equal(a->body, first);
	free(first);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE user_id = 'refused'"),
	                 0);
}

static const struct {
	const char *path;
	long status;
} unknown_cases[] = {
	{ "/api/v1/rentals/no-such-rental/status", 404 },
	{ "/api/v1/rentals/no-such-rental/payments", 404 },
	{ "/api/v1/stations/no-such-station", 404 },
	{ "/api/v1/nothing", 404 },
	{ "/api/v1/rentals?status=LOST", 422 },
	{ "/api/v1/rentals?cursor=%21", 422 },
	{ "/api/v1/rentals?limit=x", 422 },
};

static void unknown(void **state)
{
	char key[129];

	(void)state;
	ride_key(key);
	expect_problem(ride_quote(deployment.api, "no-such-station", "u"), 404);
	expect_problem(ride_start(deployment.api, key, "no-such-quote"), 404);
	expect_problem(ride_stop(deployment.api, "no-such-rental", "second"), 404);
	for (size_t i = 0; i < sizeof(unknown_cases) / sizeof(unknown_cases[0]); i++) {
		print_message("%s\n", unknown_cases[i].path);
		expect_problem(client_get(deployment.api, "%s", unknown_cases[i].path),
		               unknown_cases[i].status);
	}
}

/* The station gives nothing: 409, the rental is kept as FAILED, the hold goes back. */
static void station_refuses(void **state)
{
	const struct answer *a;
	struct ride ride;
	char order[65];

	(void)state;
	ride_must_quote(&deployment, "empty-station-id", "nothing", &ride);
	expect_problem(ride_start(deployment.api, ride.key, ride.quote_id), 409);
	a = client_get(deployment.api, "/api/v1/rentals?user_id=nothing&status=FAILED");
	expect_status(a, 200);
	assert_int_equal(json_array_size(json_object_get(a->json, "items")), 1);
	(void)snprintf(order, sizeof(order), "%s",
	               json_string_value(json_object_get(
			       json_array_get(json_object_get(a->json, "items"), 0),
			       "order_id")));
	expect_problem(ride_stop(deployment.api, order, "second"), 409);
	a = ride_status(deployment.api, order);
	expect_status(a, 200);
	assert_string_equal(answer_str(a, "status"), "FAILED");
	assert_true(json_is_null(answer_get(a, "powerbank_id")));
	expect_settled(&deployment, 10000);
	assert_int_equal(
		db_int(deployment.db,
	               "SELECT COUNT(*) FROM operations WHERE rental_id = %Q AND kind = "
	               "'hold' AND processed <> used",
	               order),
		0);
}

static void stop_of_pending(void **state)
{
	(void)state;
	db_exec(deployment.db,
	        "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	        "free_period_min, deposit, status, total_amount, started_at, finished_at) VALUES "
	        "('by-hand', 'by-hand', 'PENDING', 60, 0, 0, 'PENDING', 0, NULL, NULL)");
	expect_problem(ride_stop(deployment.api, "by-hand", "second"), 409);
	db_exec(deployment.db, "DELETE FROM rentals WHERE id = 'by-hand'");
}

static void unavailable(void **state)
{
	const struct answer *a;
	const char *after;

	(void)state;
	stub_disable(&deployment, "station-data", true);
	a = ride_quote(deployment.api, "second", "u");
	expect_problem(a, 503);
	after = answer_header(a, "Retry-After");
	assert_non_null(after);
	assert_true(strtol(after, NULL, 10) >= 1);
	stub_disable(&deployment, "station-data", false);
}

static void methods_and_types(void **state)
{
	const char *text[] = { "Content-Type: text/plain", "Idempotency-Key: k", NULL };
	const char *utf8[] = { "Content-Type: Application/JSON; charset=utf-8", NULL };
	const struct answer *a;
	char *big = malloc(TOO_BIG);

	(void)state;
	assert_non_null(big);
	a = client_call(deployment.api, "DELETE", "/api/v1/rentals/quote", NULL, NULL);
	expect_problem(a, 405);
	assert_non_null(strstr(answer_header(a, "Allow"), "POST"));
	a = client_call(deployment.api, "POST", "/api/v1/rentals/x/status", NULL, "{}");
	expect_problem(a, 405);
	assert_non_null(strstr(answer_header(a, "Allow"), "GET"));
	expect_problem(
		client_call(deployment.api, "POST", "/api/v1/rentals/quote", text, "{}"),
		415);
	expect_problem(
		client_call(deployment.api, "POST", "/api/v1/rentals/start", text, "{}"),
		415);
	expect_status(client_call(deployment.api, "POST", "/api/v1/rentals/quote", utf8,
	                          "{\"station_id\": \"second\", \"user_id\": \"u\"}"),
	              200);
	memset(big, 'x', TOO_BIG);
	big[TOO_BIG - 1] = '\0';
	expect_problem(
		client_call(deployment.api, "POST", "/api/v1/rentals/quote", NULL, big),
		413);
	free(big);
}

static void start_in_background(void *item)
{
	struct ride *ride = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);
	const struct answer *a = ride_start(c, ride->key, ride->quote_id);

	(void)snprintf(ride->order_id, sizeof(ride->order_id), "%s",
	               a->status == 200 ? answer_str(a, "order_id") : "");
	client_free(c);
}

static bool key_is_claimed(void *arg)
{
	const struct ride *ride = arg;

	return db_int(deployment.db,
	              "SELECT COUNT(*) FROM idempotency_keys WHERE key = %Q",
	              ride->key) == 1;
}

static void key_still_running(void **state)
{
	const char *after;
	const struct answer *a;
	struct crowd *crowd;
	struct ride ride;

	(void)state;
	stub_settings(&deployment,
	              "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": 1000}");
	ride_must_quote(&deployment, "second", "running", &ride);
	crowd = crowd_start(1, start_in_background, &ride, sizeof(ride));
	assert_true(wait_until(key_is_claimed, &ride, 5000));
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	crowd_join(crowd);
	expect_problem(a, 409);
	after = answer_header(a, "Retry-After");
	assert_non_null(after);
	assert_in_range(strtol(after, NULL, 10), 1, 2); /* not the lease, which is 30 s */
	stub_settings(&deployment,
	              "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": 0}");
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	assert_string_equal(answer_str(a, "order_id"), ride.order_id);
}

/* deposit_policy = "refuse": no deposit, no rental; nothing stays held or out. */
static void deposit_refused(void **state)
{
	static const char *const args[] = {
		"--set=instances.core.options.deposit_policy=refuse", NULL
	};
	const struct answer *a;
	struct deployment strict;
	struct ride ride;

	(void)state;
	deployment_open(&strict, &(struct deployment_spec){ .args = args });
	ride_must_quote(&strict, "second", "poor", &ride);
	expect_problem(ride_start(strict.api, ride.key, ride.quote_id), 402);
	a = client_get(strict.api, "/api/v1/rentals?user_id=poor&status=ACTIVE");
	expect_status(a, 200);
	assert_int_equal(json_array_size(json_object_get(a->json, "items")), 0);
	ride_begin(&strict, "second", "rich", &ride);
	expect_settled(&strict, 10000);
	expect_books(&strict);
	deployment_stop(&strict);
	expect_audit(&strict);
	deployment_free(&strict);
}

/* The payment service is away: "not now" is not "no", and the customer is told when to come
 * again. Where only a no is refused the rental goes on. */
static void deposit_not_available(void **state)
{
	static const char *const args[] = {
		"--set=instances.core.options.deposit_unavailable=refuse", NULL
	};
	const struct answer *a;
	struct deployment strict;
	struct ride ride;

	(void)state;
	deployment_open(&strict, &(struct deployment_spec){ .args = args });
	stub_disable(&strict, "hold-money-for-order", true);
	ride_must_quote(&strict, "second", "rich", &ride);
	a = ride_start(strict.api, ride.key, ride.quote_id);
	expect_problem(a, 503);
	assert_non_null(strstr(a->body, "/problems/payment-unavailable"));
	assert_non_null(answer_header(a, "Retry-After"));
	stub_disable(&strict, "hold-money-for-order", false);
	ride_must_quote(&strict, "second", "poor", &ride);
	expect_status(ride_start(strict.api, ride.key, ride.quote_id), 200);
	expect_settled(&strict, 10000);
	expect_books(&strict);
	deployment_stop(&strict);
	expect_audit(&strict);
	deployment_free(&strict);
}

/* The first line in its trail. */
static void expect_note(struct deployment *d, const char *order, const char *kind)
{
	const struct answer *a = client_get(d->api, "/api/v1/rentals/%s/payments", order);
	const json_t *note;

	expect_status(a, 200);
	note = json_array_get(json_object_get(a->json, "notes"), 0);
	assert_string_equal(json_string_value(json_object_get(note, "kind")), kind);
}

/* Rentals go on while the provider is away, but only so many. */
static void so_many_without_a_deposit(void **state)
{
	static const char *const args[] = {
		"--set=instances.core.options.undeposited_max=1", NULL
	};
	const struct answer *a;
	struct deployment few;
	struct ride ride;

	(void)state;
	deployment_open(&few, &(struct deployment_spec){ .args = args });
	stub_disable(&few, "hold-money-for-order", true);
	ride_must_quote(&few, "second", "rich", &ride);
	a = ride_start(few.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	expect_note(&few, answer_str(a, "order_id"), "undeposited");
	ride_must_quote(&few, "second", "poor", &ride);
	a = ride_start(few.api, ride.key, ride.quote_id);
	expect_problem(a, 503);
	assert_non_null(strstr(a->body, "/problems/payment-unavailable"));
	assert_non_null(answer_header(a, "Retry-After"));
	stub_disable(&few, "hold-money-for-order", false);
	ride_must_quote(&few, "second", "poor", &ride);
	expect_status(ride_start(few.api, ride.key, ride.quote_id), 200);
	expect_settled(&few, 10000);
	deployment_stop(&few);
	expect_audit(&few);
	deployment_free(&few);
}

static void no_secrets_in_errors(void **state)
{
	static const char *const words[] = { "SELECT", "sqlite", ".so", "/tmp",
		                             "plugin" };
	const struct answer *a =
		ride_status(deployment.api, "%27%3B%20DROP%20TABLE%20rentals");

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(a->body, words[i]) != NULL)
			fail_msg("%s in %s", words[i], a->body);
	}
	assert_true(a->status >= 400 && a->status < 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(longest_ids),
		cmocka_unit_test(keys),
		cmocka_unit_test(used_twice),
		cmocka_unit_test(refusal_replayed),
		cmocka_unit_test(unknown),
		cmocka_unit_test(station_refuses),
		cmocka_unit_test(stop_of_pending),
		cmocka_unit_test(unavailable),
		cmocka_unit_test(methods_and_types),
		cmocka_unit_test(key_still_running),
		cmocka_unit_test(deposit_refused),
		cmocka_unit_test(deposit_not_available),
		cmocka_unit_test(so_many_without_a_deposit),
		cmocka_unit_test(no_secrets_in_errors),
	};

	return cmocka_run_group_tests_name("errors", tests, open_deployment,
	                                   close_deployment);
}
