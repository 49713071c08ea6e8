/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/stubs_test.c - the contract of the external services: catalogue, ejects,
 * money under keys, faults on demand.
 */
#include "stub_client.h"

static const char *file;
static struct stub stub;

static const struct fake_option usual[] = { { "data", CITY_JSON },
	                                    { "seed", "7" },
	                                    { NULL, NULL } };

#define HOLD    "POST /hold-money-for-order"
#define CLEAR   "POST /clear-money-for-order"
#define RELEASE "POST /release-money-for-order"
#define REFUND  "POST /refund-money-for-order"
#define OK      "{\"status\":\"success\"}"

static const char *declined(const char *reason)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "{\"status\":\"declined\",\"reason\":\"%s\"}",
	               reason);
	return text;
}

/* user, order, amount and, if not NULL, a further member with its text */
static const char *body(const char *user, int64_t amount, const char *name,
                        const char *value)
{
	static char text[512];

	(void)snprintf(text, sizeof(text),
	               "{\"user_id\":\"%s\",\"order_id\":\"o\",\"amount\":%" PRId64
	               "%s%s%s%s%s}",
	               user, amount, name == NULL ? "" : ",\"", name == NULL ? "" : name,
	               name == NULL ? "" : "\":\"", name == NULL ? "" : value,
	               name == NULL ? "" : "\"");
	return text;
}

static int setup(void **state)
{
	(void)state;
	stub_open(&stub, file, usual);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stub_close(&stub);
	stub_folder_done();
	return 0;
}

static void reopen(const struct fake_option *options)
{
	stub_close(&stub);
	stub_open(&stub, file, options);
}

static void serves_the_catalogue(void **state)
{
	struct answer a =
		stub_call(&stub, "GET", "/station-data?id=old-town-hall", NULL, NULL);
	size_t full = 0, i;
	json_t *slot;

	(void)state;
	assert_int_equal(a.status, 200);
	assert_string_equal(json_string_value(json_object_get(a.json, "id")),
	                    "old-town-hall");
	assert_string_equal(json_string_value(json_object_get(a.json, "tariff_id")),
	                    "centre");
	assert_true(json_is_string(json_object_get(a.json, "location")));
	json_array_foreach(json_object_get(a.json, "slots"), i, slot)
	{
		assert_int_equal(json_integer_value(json_object_get(slot, "index")), i);
		assert_true(json_is_boolean(json_object_get(slot, "empty")));
		assert_true(json_is_integer(json_object_get(slot, "charge")));
		full += json_is_false(json_object_get(slot, "empty"));
	}
	assert_int_equal(i, 8);
	assert_int_equal(full, 4);
	answer_done(&a);
	stub_expect(&stub, "GET /tariff?id=standard", NULL, NULL, 200,
	            "{\"id\":\"standard\",\"price_per_hour\":60,\"free_period_min\":5,"
	            "\"default_deposit\":300}");
	stub_expect(&stub, "GET /user-profile?id=dmitri", NULL, NULL, 200,
	            "{\"id\":\"dmitri\",\"has_subscribtion\":true,\"trusted\":true}");
	stub_expect(
		&stub, "GET /user-profile?id=nobody-knows", NULL, NULL, 200,
		"{\"id\":\"nobody-knows\",\"has_subscribtion\":false,\"trusted\":false}");
	a = stub_call(&stub, "GET", "/configs", NULL, NULL);
	assert_true(json_real_value(json_object_get(
			    json_object_get(a.json, "price_coeff_settings"),
			    "last_banks_increase")) == 1.5);
	answer_done(&a);
}

static void knows_what_it_does_not_know(void **state)
{
	static const struct fake_option lenient[] = { { "data", CITY_JSON },
		                                      { "unknown_stations", "default" },
		                                      { "unknown_tariffs", "default" },
		                                      { "unknown_users", "404" },
		                                      { NULL, NULL } };
	static const char *const missing[] = {
		"GET /station-data",   "GET /tariff?id=",
		"GET /user-profile",   "GET /eject-powerbank?order_id=x",
		"GET /payment-status",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(missing); i++)
		stub_expect(&stub, missing[i], NULL, NULL, 400, NULL);
	stub_expect(&stub, "GET /station-data?id=nowhere", NULL, NULL, 404, NULL);
	stub_expect(&stub, "GET /tariff?id=nowhere", NULL, NULL, 404, NULL);
	stub_expect(
		&stub, "GET /eject-powerbank?station_id=nowhere", NULL, NULL, 404,
		"{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"no such station\"}");
	reopen(lenient);
	stub_expect(&stub, "GET /station-data?id=nowhere", NULL, NULL, 200, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=nowhere", NULL, NULL, 200,
	            "{\"success\":true,\"powerbank_id\":\"PB-nowhere-10\"}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=nowhere", NULL, NULL, 200,
	            "{\"success\":true,\"powerbank_id\":\"PB-nowhere-11\"}");
	stub_expect(&stub, "GET /tariff?id=nowhere", NULL, NULL, 200, NULL);
	stub_expect(&stub, "GET /user-profile?id=nobody", NULL, NULL, 404, NULL);
}

static void ejects_once_per_order(void **state)
{
	(void)state;
	/* one powerbank stands there */
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o1", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o1", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o2", NULL,
	            NULL, 200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=fortress&order_id=o1", NULL,
	            NULL, 422, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=empty-station-id&order_id=o3",
	            NULL, NULL, 200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
	stub_expect(&stub, "POST /admin/return-powerbank", NULL,
	            "{\"powerbank_id\":\"PB-zoo-gate-1\",\"station_id\":\"fortress\"}",
	            200, NULL);
	stub_expect(&stub, "POST /admin/return-powerbank", NULL,
	            "{\"powerbank_id\":\"PB-zoo-gate-1\",\"station_id\":\"fortress\"}",
	            409, NULL);
	/* a refusal under an order id stays one */
	stub_expect(&stub, "POST /admin/reset-all", NULL, "", 200, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o2", NULL,
	            NULL, 200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
	/* refilled with a powerbank that has never been there */
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o4", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-2\"}");
	/* the return in between is shown on request only */
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), 3);
	assert_int_equal(stub_get_int(&stub, "/admin/book?all=1", "operations.1.seq"), 2);
}

static void restocks(void **state)
{
	static const struct fake_option options[] = { { "data", CITY_JSON },
		                                      { "restock", "10m" },
		                                      { NULL, NULL } };
	static const struct fake_option endless[] = { { "data", CITY_JSON },
		                                      { "endless", "true" },
		                                      { NULL, NULL } };

	(void)state;
	reopen(options);
	fake_host_set_wall(stub.fake, 1000 * RENT_HOUR);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate", NULL, NULL, 200,
	            "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	fake_host_advance(stub.fake, 10 * RENT_MINUTE - 1);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate", NULL, NULL, 200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
	fake_host_advance(stub.fake, 1);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate", NULL, NULL, 200,
	            "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-2\"}");
	reopen(endless);
	for (int i = 0; i < 50; i++)
		stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate", NULL, NULL,
		            200, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate", NULL, NULL, 200,
	            "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-52\"}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=empty-station-id", NULL, NULL,
	            200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
}

static void a_key_acts_once(void **state)
{
	(void)state;
	stub_expect(&stub, CLEAR, "k1", body("anna", 10, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, "k1", body("anna", 10, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, "k1", body("anna", 11, NULL, NULL), 422, NULL);
	stub_expect(&stub, CLEAR, "k1", body("boris", 10, NULL, NULL), 422, NULL);
	stub_expect(&stub, HOLD, "k1", body("anna", 10, NULL, NULL), 422, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), -1);
	/* without a key every POST acts */
	stub_expect(&stub, CLEAR, NULL, body("anna", 10, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, NULL, body("anna", 10, NULL, NULL), 200, OK);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.2.seq"), 3);
	/* a refusal is an answer too */
	stub_expect(&stub, CLEAR, "k2", body("eva", 10, NULL, NULL), 402,
	            declined("insufficient_funds"));
	stub_expect(&stub, CLEAR, "k2", body("eva", 10, NULL, NULL), 402,
	            declined("insufficient_funds"));
	stub_expect(&stub, CLEAR, "k2", body("eva", 9, NULL, NULL), 422, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.3.seq"), -1);
}

static void money_adds_up(void **state)
{
	(void)state;
	/* galina has 600 */
	stub_expect(&stub, HOLD, "h1", body("galina", 500, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, "c0", body("galina", 101, NULL, NULL), 402,
	            declined("insufficient_funds"));
	stub_expect(&stub, CLEAR, "c1", body("galina", 100, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, "p1", body("galina", 200, "hold_key", "h1"), 200, OK);
	stub_expect(&stub, CLEAR, "p2", body("galina", 400, "hold_key", "h1"), 200,
	            "{\"status\":\"success\",\"amount\":300}");
	stub_expect(&stub, CLEAR, "p2", body("galina", 400, "hold_key", "h1"), 200,
	            "{\"status\":\"success\",\"amount\":300}");
	stub_expect(&stub, CLEAR, "p3", body("galina", 1, "hold_key", "h1"), 402,
	            declined("hold_used_up"));
	stub_expect(&stub, RELEASE, "r0", body("galina", 1, "hold_key", "h1"), 402,
	            declined("hold_used_up"));
	stub_expect(&stub, REFUND, "f1", body("galina", 150, "charge_key", "p1"), 200,
	            OK);
	stub_expect(&stub, REFUND, "f2", body("galina", 100, "charge_key", "p1"), 200,
	            "{\"status\":\"success\",\"amount\":50}");
	stub_expect(&stub, REFUND, "f3", body("galina", 1, "charge_key", "p1"), 402,
	            declined("already_refunded"));
	stub_expect(&stub, REFUND, "f4", body("galina", 1, "charge_key", "h1"), 402,
	            declined("no_such_charge"));
	stub_expect(&stub, HOLD, "h2", body("galina", 200, NULL, NULL), 200, OK);
	stub_expect(&stub, HOLD, "h3", body("galina", 1, NULL, NULL), 402,
	            declined("insufficient_funds"));
	stub_expect(&stub, RELEASE, "r1", body("galina", 200, "hold_key", "h2"), 200, OK);
	stub_expect(&stub, HOLD, "h4", body("galina", 200, NULL, NULL), 200, OK);
	stub_expect(&stub, RELEASE, "r2", body("anna", 200, "hold_key", "h4"), 402,
	            declined("no_such_hold"));
	stub_expect(&stub, CLEAR, "l1", body("hugo", 101, NULL, NULL), 402,
	            declined("limit_exceeded"));
}

static void tells_what_became_of_a_key(void **state)
{
	(void)state;
	stub_expect(&stub, HOLD, "h1", body("anna", 50, NULL, NULL), 200, OK);
	stub_expect(&stub, CLEAR, "p1", body("anna", 60, "hold_key", "h1"), 200, NULL);
	stub_expect(&stub, CLEAR, "c1", body("eva", 60, NULL, NULL), 402, NULL);
	stub_expect(
		&stub, "GET /payment-status?key=h1", NULL, NULL, 200,
		"{\"key\":\"h1\",\"found\":true,\"kind\":\"hold\",\"status\":\"success\","
		"\"amount\":50}");
	stub_expect(
		&stub, "GET /payment-status?key=p1", NULL, NULL, 200,
		"{\"key\":\"p1\",\"found\":true,\"kind\":\"capture\",\"status\":\"success\","
		"\"amount\":50}");
	stub_expect(
		&stub, "GET /payment-status?key=c1", NULL, NULL, 200,
		"{\"key\":\"c1\",\"found\":true,\"kind\":\"charge\",\"status\":\"declined\","
		"\"amount\":0,\"reason\":\"insufficient_funds\"}");
	stub_expect(&stub, "GET /payment-status?key=x", NULL, NULL, 200,
	            "{\"key\":\"x\",\"found\":false}");
}

static void refuses_bad_bodies(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{",
		"{\"order_id\":\"o\",\"amount\":1}",
		"{\"user_id\":\"u\",\"amount\":1}",
		"{\"user_id\":\"u\",\"order_id\":\"o\"}",
		"{\"user_id\":\"u\",\"order_id\":\"o\",\"amount\":0}",
		"{\"user_id\":\"u\",\"order_id\":\"o\",\"amount\":-1}",
		"{\"user_id\":\"u\",\"order_id\":\"o\",\"amount\":1.5}",
		"{\"user_id\":\"u\",\"order_id\":\"o\",\"amount\":\"1\"}",
		"{\"user_id\":7,\"order_id\":\"o\",\"amount\":1}",
		"{\"user_id\":\"\",\"order_id\":\"o\",\"amount\":1}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		stub_expect(&stub, CLEAR, NULL, bodies[i], 400, NULL);
	stub_expect(&stub, RELEASE, NULL, body("anna", 1, NULL, NULL), 400, NULL);
	stub_expect(&stub, REFUND, NULL, body("anna", 1, NULL, NULL), 400, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), -1);
}

static void fails_on_demand(void **state)
{
	(void)state;
	stub_expect(
		&stub, "GET /admin/status", NULL, NULL, 200,
		"{\"disabled_endpoints\":{},\"available_endpoints\":[\"station-data\","
		"\"tariff\",\"user-profile\",\"configs\",\"eject-powerbank\","
		"\"hold-money-for-order\",\"clear-money-for-order\"]}");
	stub_expect(&stub, "POST /admin/disable-endpoint", NULL,
	            "{\"endpoint\":\"tariff\",\"disabled\":true}", 200, NULL);
	stub_expect(&stub, "GET /tariff?id=standard", NULL, NULL, 503, NULL);
	stub_expect(&stub, "GET /configs", NULL, NULL, 200, NULL);
	stub_expect(&stub, "POST /admin/disable-endpoint", NULL,
	            "{\"endpoint\":\"tariff\",\"disabled\":false}", 200, NULL);
	stub_expect(&stub, "GET /tariff?id=standard", NULL, NULL, 200, NULL);
	stub_expect(&stub, "POST /admin/disable-endpoint", NULL,
	            "{\"endpoint\":\"/tariff\",\"disabled\":true}", 400, NULL);
	stub_expect(&stub, "POST /admin/disable-endpoint", NULL,
	            "{\"endpoint\":\"tariff\"}", 400, NULL);
	stub_expect(
		&stub, "POST /admin/settings", NULL,
		"{\"endpoint\":\"clear-money-for-order\",\"fail_next\":1,\"status\":502}",
		200, NULL);
	stub_expect(&stub, CLEAR, "k1", body("anna", 1, NULL, NULL), 502, NULL);
	stub_expect(&stub, "GET /payment-status?key=k1", NULL, NULL, 200,
	            "{\"key\":\"k1\",\"found\":false}");
	stub_expect(&stub, CLEAR, "k1", body("anna", 1, NULL, NULL), 200, OK);
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"*\",\"failure_percent\":100,\"status\":500}", 200,
	            NULL);
	stub_expect(&stub, "GET /configs", NULL, NULL, 500, NULL);
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"*\",\"failure_percent\":101}", 400, NULL);
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"*\",\"latency_ms\":\"1\"}", 400, NULL);
	stub_expect(&stub, "POST /admin/reset-all", NULL, NULL, 200, NULL);
	stub_expect(&stub, "GET /configs", NULL, NULL, 200, NULL);
}

static void loses_requests_and_replies(void **state)
{
	(void)state;
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"clear-money-for-order\",\"lose_reply_next\":1,"
	            "\"lose_request_next\":1}",
	            200, NULL);
	stub_expect(&stub, CLEAR, "k1", body("anna", 1, NULL, NULL), RENT_HTTP_NO_ANSWER,
	            NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), -1);
	stub_expect(&stub, CLEAR, "k1", body("anna", 1, NULL, NULL), RENT_HTTP_NO_ANSWER,
	            NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), 1);
	stub_expect(&stub, CLEAR, "k1", body("anna", 1, NULL, NULL), 200, OK);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), -1);
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"eject-powerbank\",\"lose_reply_percent\":100}", 200,
	            NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=o", NULL,
	            NULL, RENT_HTTP_NO_ANSWER, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), 2);
}

static void declines_a_user(void **state)
{
	(void)state;
	stub_expect(&stub, "POST /admin/decline", NULL,
	            "{\"user_id\":\"anybody\",\"declined\":true}", 200, NULL);
	stub_expect(&stub, HOLD, NULL, body("anybody", 1, NULL, NULL), 402,
	            declined("account_blocked"));
	stub_expect(&stub, HOLD, NULL, body("anna", 1, NULL, NULL), 200, OK);
	stub_expect(&stub, "POST /admin/decline", NULL,
	            "{\"user_id\":\"anybody\",\"declined\":false}", 200, NULL);
	stub_expect(&stub, HOLD, NULL, body("anybody", 1, NULL, NULL), 200, OK);
	stub_expect(&stub, "POST /admin/decline", NULL, "{\"user_id\":\"anybody\"}", 400,
	            NULL);
}

static void processes_less(void **state)
{
	(void)state;
	stub_expect(&stub, "POST /admin/settings", NULL,
	            "{\"endpoint\":\"clear-money-for-order\",\"processed_percent\":50}",
	            200, NULL);
	stub_expect(&stub, CLEAR, "k1", body("anna", 101, NULL, NULL), 200,
	            "{\"status\":\"success\",\"amount\":50}");
	stub_expect(&stub, CLEAR, "k2", body("anna", 1, NULL, NULL), 200, OK);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.amount"), 50);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.asked"), 101);
	stub_expect(&stub, REFUND, "f1", body("anna", 101, "charge_key", "k1"), 200,
	            "{\"status\":\"success\",\"amount\":50}");
}

static void lists_for_a_map(void **state)
{
	struct answer a = stub_call(&stub, "GET", "/admin/stations", NULL, NULL);
	const json_t *all = json_object_get(a.json, "stations"), *s;
	size_t i;

	(void)state;
	assert_in_range(json_array_size(all), 30, 100);
	json_array_foreach(all, i, s)
	{
		assert_true(json_is_number(json_object_get(s, "lat")));
		assert_true(json_is_number(json_object_get(s, "lon")));
		assert_true(json_is_string(
			json_object_get(json_object_get(s, "name"), "ru")));
		assert_true(json_is_integer(json_object_get(s, "available")));
	}
	answer_done(&a);
	a = stub_call(&stub, "GET", "/admin/users", NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(a.json, "users")), 10);
	answer_done(&a);
}

int main(int argc, char **argv)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(serves_the_catalogue),
		TEST(knows_what_it_does_not_know),
		TEST(ejects_once_per_order),
		TEST(restocks),
		TEST(a_key_acts_once),
		TEST(money_adds_up),
		TEST(tells_what_became_of_a_key),
		TEST(refuses_bad_bodies),
		TEST(fails_on_demand),
		TEST(loses_requests_and_replies),
		TEST(declines_a_user),
		TEST(processes_less),
		TEST(lists_for_a_map),
	};

	if (argc != 2)
		return 64;
	file = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
