/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/catalog_test.c - catalog_http: the four requests, and what is taken
 * for an answer.
 */
#include "provider_test.h"

#include <rent/catalog.h>

static const struct rent_catalog *api(void)
{
	return plugin->api;
}

static void builds_every_request(void **state)
{
	static const struct {
		enum rent_catalog_what what;
		const char *id, *target, *endpoint, *upstream;
	} rows[] = {
		{ RENT_CAT_STATION, "a/b", "/station-data?id=a%2Fb", "station-data",
		  "station" },
		{ RENT_CAT_TARIFF, "t&x=1", "/tariff?id=t%26x%3D1", "tariff", "tariff" },
		{ RENT_CAT_USER, "u1", "/user-profile?id=u1", "user-profile", "profile" },
		{ RENT_CAT_CONFIGS, "", "/configs", "configs", "configs" },
	};

	(void)state;
	assert_string_equal(plugin->kind, RENT_KIND_CATALOG);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_request req = { .struct_size = sizeof(req) };
		struct rent_error err;

		assert_int_equal(
			api()->build(self, rows[i].what, rows[i].id, arena, &req, &err),
			0);
		assert_string_equal(req.method, "GET");
		assert_string_equal(req.target, rows[i].target);
		assert_string_equal(req.endpoint, rows[i].endpoint);
		assert_int_equal(req.flags, RENT_RESEND_SAFE);
		assert_ptr_equal(req.upstream,
		                 fake_host_upstream(fake, rows[i].upstream));
	}
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct {
		int what, code;
		const char *id;
	} rows[] = {
		{ 0, RENT_EUNSUPPORTED, "x" },
		{ 5, RENT_EUNSUPPORTED, "x" },
		{ RENT_CAT_STATION, RENT_EINVAL, "" },
		{ RENT_CAT_USER, RENT_EINVAL, "a b" },
		{ RENT_CAT_USER, RENT_EINVAL, ID64 "x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_request req = { .struct_size = sizeof(req) };
		struct rent_error err = { 0 };

		assert_int_equal(api()->build(self, (enum rent_catalog_what)rows[i].what,
		                              rows[i].id, arena, &req, &err),
		                 rows[i].code);
	}
}

static struct rent_catalog_result parse(enum rent_catalog_what what, int status,
                                        const char *body)
{
	struct rent_upstream_reply reply = reply_of(status, body);
	struct rent_catalog_result ret = { .struct_size = sizeof(ret) };

	api()->parse(self, what, "x1", &reply, arena, &ret);
	assert_true(ret.outcome == RENT_SUCCEEDED || ret.note[0] != '\0');
	return ret;
}

static void reads_a_station(void **state)
{
	static const char body[] =
		"{ \"id\":\"x1\", \"tariff_id\":\"t1\", \"location\":\"Quay\", \"lat\":59.9301,"
		"\"slots\":[{\"index\":0,\"empty\":false,\"charge\":80},"
		"{\"index\":1,\"empty\":true,\"charge\":0}] }";
	struct rent_catalog_result ret = parse(RENT_CAT_STATION, 200, body);

	(void)state;
	assert_int_equal(ret.outcome, RENT_SUCCEEDED);
	assert_string_equal(ret.station.id, "x1");
	assert_string_equal(ret.station.tariff_id, "t1");
	assert_int_equal(ret.station.slots, 2);
	assert_int_equal(ret.station.available, 1);
	/* as the service gave it */
	assert_string_equal(ret.station.json, body);
}

static void reads_the_others(void **state)
{
	struct rent_catalog_result ret;

	(void)state;
	ret = parse(RENT_CAT_TARIFF, 200,
	            "{\"id\":\"x1\",\"price_per_hour\":60,\"free_period_min\":5,"
	            "\"default_deposit\":300}");
	assert_int_equal(ret.outcome, RENT_SUCCEEDED);
	assert_int_equal(ret.tariff.price_per_hour, 60);
	assert_int_equal(ret.tariff.free_period_min, 5);
	assert_int_equal(ret.tariff.deposit, 300);
	ret = parse(RENT_CAT_USER, 200,
	            "{\"id\":\"x1\",\"has_subscribtion\":true,\"trusted\":false}");
	assert_int_equal(ret.outcome, RENT_SUCCEEDED);
	assert_true(ret.user.subscriber);
	assert_false(ret.user.trusted);
}

static void reads_the_factor(void **state)
{
	static const struct {
		const char *number;
		int64_t ppm; /* 0: not available */
	} rows[] = {
		{ "1.5", 1500000 },
		{ "1", 1000000 },
		{ "2", 2000000 },
		{ "1.1", 1100000 },
		{ "0.000001", 1 },
		{ "1000", 1000000000 },
		{ "1.0000005", 1000001 },
		{ "1000.1", 0 },
		{ "0", 0 },
		{ "-1.5", 0 },
		{ "\"1.5\"", 0 },
		{ "null", 0 },
		{ "1e300", 0 },
		{ "1e999", 0 },
		{ "9223372036854775807", 0 },
		{ "true", 0 },
		{ "[1.5]", 0 },
		{ "0.0000001", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[128];
		struct rent_catalog_result ret;

		(void)snprintf(
			body, sizeof(body),
			"{\"price_coeff_settings\":{\"last_banks_increase\":%s},\"a\":1}",
			rows[i].number);
		ret = parse(RENT_CAT_CONFIGS, 200, body);
		if (ret.configs.last_banks_increase_ppm != rows[i].ppm ||
		    (ret.outcome == RENT_SUCCEEDED) != (rows[i].ppm > 0))
			fail_msg("%s: %" PRId64, rows[i].number,
			         ret.configs.last_banks_increase_ppm);
	}
}

#define SLOT "{\"index\":0,\"empty\":false,\"charge\":80}"

static void takes_nothing_malformed(void **state)
{
	static const struct {
		enum rent_catalog_what what;
		const char *body;
	} rows[] = {
		{ RENT_CAT_STATION, "" },
		{ RENT_CAT_STATION, "[]" },
		{ RENT_CAT_STATION, "{\"id\":\"x2\",\"tariff_id\":\"t\",\"slots\":[]}" },
		{ RENT_CAT_STATION, "{\"id\":\"x1\",\"tariff_id\":\"\",\"slots\":[]}" },
		{ RENT_CAT_STATION, "{\"id\":\"x1\",\"tariff_id\":7,\"slots\":[]}" },
		{ RENT_CAT_STATION, "{\"id\":\"x1\",\"tariff_id\":\"t\"}" },
		{ RENT_CAT_STATION, "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":{}}" },
		{ RENT_CAT_STATION, "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":[1]}" },
		{ RENT_CAT_STATION,
		  "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":[{\"index\":0,"
		  "\"empty\":0,\"charge\":80}]}" },
		{ RENT_CAT_STATION,
		  "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":[{\"index\":-1,"
		  "\"empty\":true,\"charge\":80}]}" },
		{ RENT_CAT_STATION,
		  "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":[{\"index\":0,"
		  "\"empty\":true,\"charge\":101}]}" },
		{ RENT_CAT_STATION,
		  "{\"id\":\"x1\",\"tariff_id\":\"t\",\"slots\":[" SLOT },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x1\",\"price_per_hour\":-1,\"free_period_min\":5,"
		  "\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x1\",\"price_per_hour\":60.0,\"free_period_min\":5,"
		  "\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF, "{\"id\":\"x1\",\"price_per_hour\":\"60\","
		                   "\"free_period_min\":5,\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x1\",\"price_per_hour\":60,\"free_period_min\":5}" },
		{ RENT_CAT_TARIFF, "{\"id\":\"x1\",\"price_per_hour\":1000000000001,"
		                   "\"free_period_min\":5,\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x1\",\"price_per_hour\":9223372036854775808,"
		  "\"free_period_min\":5,\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x2\",\"price_per_hour\":60,\"free_period_min\":5,"
		  "\"default_deposit\":300}" },
		{ RENT_CAT_TARIFF,
		  "{\"id\":\"x1\",\"price_per_hour\":60,\"price_per_hour\":1,"
		  "\"free_period_min\":5,\"default_deposit\":300}" },
		{ RENT_CAT_USER,
		  "{\"id\":\"x1\",\"has_subscribtion\":1,\"trusted\":false}" },
		{ RENT_CAT_USER,
		  "{\"id\":\"x1\",\"has_subscription\":true,\"trusted\":true}" },
		{ RENT_CAT_CONFIGS, "{}" },
		{ RENT_CAT_CONFIGS, "{\"price_coeff_settings\":1.5}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_catalog_result ret = parse(rows[i].what, 200, rows[i].body);

		if (ret.outcome != RENT_UNKNOWN)
			fail_msg("row %zu (%s): outcome %d", i, rows[i].body,
			         (int)ret.outcome);
	}
}

static void goes_by_the_status(void **state)
{
	static const char good[] =
		"{\"id\":\"x1\",\"has_subscribtion\":true,\"trusted\":true}";

	(void)state;
	assert_int_equal(parse(RENT_CAT_USER, 404, good).outcome, RENT_DECLINED);
	assert_int_equal(parse(RENT_CAT_STATION, 404, "{\"status\":\"error\"}").outcome,
	                 RENT_DECLINED);
	/* a proxy that does not know the path */
	assert_int_equal(parse(RENT_CAT_STATION, 404, "").outcome, RENT_UNKNOWN);
	assert_int_equal(parse(RENT_CAT_TARIFF, 404, "<html>").outcome, RENT_UNKNOWN);
	assert_int_equal(parse(RENT_CAT_USER, 404, "[]").outcome, RENT_UNKNOWN);
	assert_int_equal(parse(RENT_CAT_STATION, 301, "<html>").outcome, RENT_UNKNOWN);
	assert_int_equal(parse(RENT_CAT_CONFIGS, 404, "").outcome, RENT_UNKNOWN);
	for (int status = 100; status < 600; status++) {
		if (status != 200 && status != 404)
			assert_int_equal(parse(RENT_CAT_USER, status, good).outcome,
			                 RENT_UNKNOWN);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_every_request),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(reads_a_station),
		cmocka_unit_test(reads_the_others),
		cmocka_unit_test(reads_the_factor),
		cmocka_unit_test(takes_nothing_malformed),
		cmocka_unit_test(goes_by_the_status),
	};

	if (argc != 2)
		return 64;
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, provider_setup, provider_teardown) == 0 ? 0
	                                                                             : 1;
}
