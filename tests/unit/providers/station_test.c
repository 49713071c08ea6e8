/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/station_test.c - station_http: the one request, and every answer.
 */
#include "provider_test.h"

#include <rent/station.h>

static const struct rent_station *api(void)
{
	return plugin->api;
}

static struct rent_station_op op_of(const char *id, const char *station)
{
	return (struct rent_station_op){
		.struct_size = sizeof(struct rent_station_op),
		.id = id,
		.rental_id = "rental-1",
		.user_id = "u",
		.station_id = station,
	};
}

static void builds_the_request(void **state)
{
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_station_op op = op_of("op&1", "s 1");
	struct rent_error err = { 0 };

	(void)state;
	assert_string_equal(plugin->kind, RENT_KIND_STATION);
	assert_int_equal(api()->resend_us(self), 24 * RENT_HOUR);
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err), RENT_EINVAL);
	op = op_of("op&1", "s?1");
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err), 0);
	assert_string_equal(req.method, "GET");
	assert_string_equal(req.target,
	                    "/eject-powerbank?station_id=s%3F1&order_id=op%261");
	assert_string_equal(req.endpoint, "eject-powerbank");
	assert_int_equal(req.flags, RENT_RESEND_SAFE);
	assert_null(req.body);
	assert_ptr_equal(req.upstream, fake_host_upstream(fake, "eject"));
}

static void parses_every_answer(void **state)
{
	static const struct {
		int status;
		enum rent_outcome outcome;
		const char *body, *powerbank;
	} rows[] = {
		{ 200, RENT_SUCCEEDED, "{\"success\":true,\"powerbank_id\":\"PB-1\"}",
		  "PB-1" },
		{ 200, RENT_SUCCEEDED, "{\"success\":true,\"powerbank_id\":\"" ID64 "\"}",
		  ID64 },
		{ 200, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":\"" ID64 "x\"}",
		  "" },
		{ 200, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":\"\"}", "" },
		{ 200, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":\"P B\"}", "" },
		{ 200, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":7}", "" },
		{ 200, RENT_UNKNOWN, "{\"success\":true}", "" },
		{ 200, RENT_UNKNOWN, "{\"success\":1,\"powerbank_id\":\"PB-1\"}", "" },
		{ 200, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":\"PB-", "" },
		{ 200, RENT_UNKNOWN, "", "" },
		{ 200, RENT_UNKNOWN, "[]", "" },
		{ 500, RENT_UNKNOWN, "{\"success\":true,\"powerbank_id\":\"PB-1\"}", "" },
		{ 200, RENT_DECLINED, "{\"success\":false,\"powerbank_id\":\"\"}", "" },
		{ 200, RENT_DECLINED, "{\"success\":false}", "" },
		{ 404, RENT_DECLINED, "{\"success\":false,\"powerbank_id\":\"\"}", "" },
		{ 404, RENT_UNKNOWN, "not here", "" },
		{ 400, RENT_UNKNOWN, "{\"success\":false}", "" },
		{ 500, RENT_UNKNOWN, "{\"success\":false}", "" },
		{ 502, RENT_UNKNOWN, "", "" },
		{ 503, RENT_NOT_EXECUTED, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_station_op op = op_of("op-1", "s1");
		struct rent_upstream_reply reply = reply_of(rows[i].status, rows[i].body);
		struct rent_station_result ret = { .struct_size = sizeof(ret) };

		api()->parse_eject(self, &op, &reply, &ret);
		if (ret.outcome != rows[i].outcome ||
		    strcmp(ret.powerbank_id, rows[i].powerbank) != 0)
			fail_msg("row %zu (%d %s): outcome %d, powerbank '%s'", i,
			         rows[i].status, rows[i].body, (int)ret.outcome,
			         ret.powerbank_id);
		assert_true((ret.outcome == RENT_DECLINED) == (ret.reason != 0));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_request),
		cmocka_unit_test(parses_every_answer),
	};

	if (argc != 2)
		return 64;
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, provider_setup, provider_teardown) == 0 ? 0
	                                                                             : 1;
}
