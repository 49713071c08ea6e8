/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/payment_test.c - payment_http, byte for byte: what every operation
 * sends, and what every answer is taken for.
 */
#include "provider_test.h"

#include <rent/payment.h>

static const struct rent_payment *api(void)
{
	return plugin->api;
}

static struct rent_payment_op op_of(enum rent_payment_kind kind)
{
	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = kind,
		.lookup_of = RENT_PAY_CHARGE,
		.id = "op-1",
		.rental_id = "rental-1",
		.user_id = "user-1",
		.ref = "",
		.target_id = "hold-1",
		.target_ref = "",
		.amount = 100,
	};
}

static void descriptor_says_what_it_is(void **state)
{
	struct rent_payment_caps caps = { .struct_size = sizeof(caps) };

	(void)state;
	assert_string_equal(plugin->kind, RENT_KIND_PAYMENT);
	assert_string_equal(plugin->name, "payment_http");
	assert_true(plugin->flags & RENT_PARALLEL);
	api()->caps(self, &caps);
	assert_int_equal(caps.operations, 0x7e);
	assert_int_equal(caps.resend_us, 24 * RENT_HOUR);
	assert_int_equal(caps.lookup_settle_us, 5 * RENT_SECOND);
	assert_true(caps.lookup_not_found_is_final);
	assert_false(caps.capture_releases_rest);
	assert_string_equal(fake_host_upstream_url(fake, "payment"),
	                    "http://127.0.0.1:1");
}

static void builds_every_operation(void **state)
{
	static const struct {
		enum rent_payment_kind kind;
		const char *method, *target, *endpoint, *body;
	} rows[] = {
		{ RENT_PAY_HOLD, "POST", "/hold-money-for-order", "hold-money-for-order",
		  "{\"user_id\":\"user-1\",\"order_id\":\"rental-1\",\"amount\":100}" },
		{ RENT_PAY_CAPTURE, "POST", "/clear-money-for-order",
		  "clear-money-for-order",
		  "{\"user_id\":\"user-1\",\"order_id\":\"rental-1\",\"amount\":100,"
		  "\"hold_key\":\"hold-1\"}" },
		{ RENT_PAY_RELEASE, "POST", "/release-money-for-order",
		  "release-money-for-order",
		  "{\"user_id\":\"user-1\",\"order_id\":\"rental-1\",\"amount\":100,"
		  "\"hold_key\":\"hold-1\"}" },
		{ RENT_PAY_CHARGE, "POST", "/clear-money-for-order",
		  "clear-money-for-order",
		  "{\"user_id\":\"user-1\",\"order_id\":\"rental-1\",\"amount\":100}" },
		{ RENT_PAY_REFUND, "POST", "/refund-money-for-order",
		  "refund-money-for-order",
		  "{\"user_id\":\"user-1\",\"order_id\":\"rental-1\",\"amount\":100,"
		  "\"charge_key\":\"hold-1\"}" },
		{ RENT_PAY_LOOKUP, "GET", "/payment-status?key=op-1", "payment-status",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_request req = { .struct_size = sizeof(req) };
		struct rent_payment_op op = op_of(rows[i].kind);
		struct rent_error err;

		assert_int_equal(api()->build(self, &op, arena, &req, &err), 0);
		assert_string_equal(req.method, rows[i].method);
		assert_string_equal(req.target, rows[i].target);
		assert_string_equal(req.endpoint, rows[i].endpoint);
		assert_int_equal(req.flags, RENT_RESEND_SAFE);
		assert_ptr_equal(req.upstream, fake_host_upstream(fake, "payment"));
		if (rows[i].body == NULL) {
			assert_null(req.body);
			assert_null(req.headers[0].name);
			continue;
		}
		assert_string_equal(req.body, rows[i].body);
		assert_int_equal(req.body_size, strlen(rows[i].body));
		assert_string_equal(req.headers[0].name, "Content-Type");
		assert_string_equal(req.headers[0].value, "application/json");
		assert_string_equal(req.headers[1].name, "Idempotency-Key");
		assert_string_equal(req.headers[1].value, "op-1");
		assert_null(req.headers[2].name);
	}
}

static void build_fails(struct rent_payment_op op, int code)
{
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_error err = { 0 };

	assert_int_equal(api()->build(self, &op, arena, &req, &err), code);
	assert_int_equal(err.code, code);
	assert_true(err.text[0] != '\0');
}

static void refuses_what_makes_no_sense(void **state)
{
	struct rent_payment_op op;

	(void)state;
	op = op_of(RENT_PAY_CHARGE);
	op.amount = 0;
	build_fails(op, RENT_EINVAL);
	op.amount = -5;
	build_fails(op, RENT_EINVAL);
	op = op_of(RENT_PAY_CHARGE);
	op.id = "";
	build_fails(op, RENT_EINVAL);
	op.id = "a\r\nX-Evil: 1";
	build_fails(op, RENT_EINVAL);
	op.id = ID64 "x";
	build_fails(op, RENT_EINVAL);
	op = op_of(RENT_PAY_CAPTURE);
	op.target_id = "";
	build_fails(op, RENT_EINVAL);
	build_fails(op_of((enum rent_payment_kind)0), RENT_EUNSUPPORTED);
	build_fails(op_of((enum rent_payment_kind)99), RENT_EUNSUPPORTED);
}

static void a_poor_service_offers_less(void **state)
{
	static const struct fake_option options[] = {
		{ "url", "http://h:1" }, { "resend_window", "0s" }, { "lookup", "false" },
		{ "refunds", "no" },     { "releases", "false" },   { NULL, NULL },
	};
	struct rent_payment_caps caps = { .struct_size = sizeof(caps) };
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_payment_op op = op_of(RENT_PAY_CHARGE);
	struct rent_error err;

	(void)state;
	provider_close();
	provider_open(options);
	api()->caps(self, &caps);
	assert_int_equal(caps.operations, RENT_PAY_BIT(RENT_PAY_CHARGE));
	assert_int_equal(caps.resend_us, 0);
	assert_false(caps.lookup_not_found_is_final);
	assert_int_equal(api()->build(self, &op, arena, &req, &err), 0);
	assert_int_equal(req.flags, 0);
	build_fails(op_of(RENT_PAY_HOLD), RENT_EUNSUPPORTED);
	build_fails(op_of(RENT_PAY_REFUND), RENT_EUNSUPPORTED);
	build_fails(op_of(RENT_PAY_LOOKUP), RENT_EUNSUPPORTED);
}

struct parse_row {
	enum rent_payment_kind kind;
	int status;
	const char *body;
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	int64_t processed;
	bool ambiguous, not_found;
};

#define CHG   RENT_PAY_CHARGE
#define CAP   RENT_PAY_CAPTURE
#define LOOK  RENT_PAY_LOOKUP
#define YES   RENT_SUCCEEDED
#define NO    RENT_DECLINED
#define WHAT  RENT_UNKNOWN
#define FUNDS RENT_DECLINE_FUNDS
#define OTHER RENT_DECLINE_OTHER
#define GONE  RENT_DECLINE_EXPIRED
#define FOUND "{\"key\":\"op-1\",\"found\":true,"

static const struct parse_row parse_rows[] = {
	{ CHG, 200, "{\"status\":\"success\"}", YES, 0, 100, 0, 0 },
	{ CHG, 201, "{\"status\":\"success\",\"x\":[1]}", YES, 0, 100, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":100}", YES, 0, 100, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":1}", YES, 0, 1, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\"}", YES, 0, 100, true, 0 },
	/* amounts that cannot be */
	{ CHG, 200, "{\"status\":\"success\",\"amount\":101}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":0}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":-1}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":1.0}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":\"5\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":null}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":99999999999999999999}", WHAT, 0,
	  0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"amount\":1e400}", WHAT, 0, 0, 0, 0 },
	/* not an answer */
	{ CHG, 200, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 204, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"succ", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\"}}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"success\",\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "[\"success\"]", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "\"success\"", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "null", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "<html>success</html>", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":true}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"Success\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"pending\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "{\"status\":\"declined\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 200, "\xff\xfe{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	/* success with a status that is not one */
	{ CHG, 301, "{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 404, "{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 500, "{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 0, "{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
	/* refusals */
	{ CHG, 402, "{\"status\":\"declined\",\"reason\":\"insufficient_funds\"}", NO,
	  FUNDS, 0, 0, 0 },
	{ CHG, 402, "{\"status\":\"declined\",\"reason\":\"limit_exceeded\"}", NO, FUNDS,
	  0, true, 0 },
	{ CHG, 402, "{\"status\":\"declined\",\"reason\":\"account_blocked\"}", NO,
	  RENT_DECLINE_METHOD, 0, 0, 0 },
	{ CAP, 402, "{\"status\":\"declined\",\"reason\":\"hold_used_up\"}", NO, GONE, 0,
	  0, 0 },
	{ CHG, 402, "{\"status\":\"declined\"}", NO, OTHER, 0, 0, 0 },
	{ CHG, 400, "{\"status\":\"declined\"}", NO, OTHER, 0, true, 0 },
	{ CHG, 400, "{\"status\":\"error\",\"reason\":\"'amount' is missing\"}",
	  RENT_INVALID, 0, 0, 0, 0 },
	/* without the service's own words they are a proxy's: on the first try, too */
	{ CHG, 402, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 402, "", WHAT, 0, 0, true, 0 },
	{ CHG, 402, "{\"status\":402}", WHAT, 0, 0, 0, 0 },
	{ CHG, 402, "{\"error\":\"declined\"}", WHAT, 0, 0, 0, 0 },
	{ CHG, 400, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 400, "<html>", WHAT, 0, 0, 0, 0 },
	{ CHG, 400, "<html>", WHAT, 0, 0, true, 0 },
	{ CAP, 400, "<html>400 plain HTTP to HTTPS port</html>", WHAT, 0, 0, 0, 0 },
	{ CAP, 402, "{\"status\":\"error\"}", WHAT, 0, 0, 0, 0 },
	{ RENT_PAY_RELEASE, 400, "<html>", WHAT, 0, 0, 0, 0 },
	{ RENT_PAY_RELEASE, 404, "<html>", WHAT, 0, 0, 0, 0 },
	{ RENT_PAY_REFUND, 402, "<html>", WHAT, 0, 0, 0, 0 },
	{ RENT_PAY_HOLD, 301, "<html>", WHAT, 0, 0, 0, 0 },
	{ CHG, 422, "<html>", WHAT, 0, 0, 0, 0 },
	{ CHG, 404, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 404, "{\"status\":\"not_found\"}", WHAT, 0, 0, 0, 0 },
	{ CAP, 404, "", WHAT, 0, 0, 0, 0 },
	{ CAP, 404, "{\"status\":\"not_found\"}", NO, GONE, 0, 0, 0 },
	{ CHG, 409, "{\"status\":\"processing\"}", RENT_PENDING, 0, 0, 0, 0 },
	{ CHG, 409, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 422, "{\"status\":\"error\"}", RENT_INVALID, 0, 0, 0, 0 },
	{ CHG, 503, "", RENT_NOT_EXECUTED, 0, 0, 0, 0 },
	{ CHG, 401, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 429, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 500, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 502, "", WHAT, 0, 0, 0, 0 },
	{ CHG, 504, "", WHAT, 0, 0, 0, 0 },
	/* lookups */
	{ LOOK, 200, FOUND "\"kind\":\"charge\",\"status\":\"success\",\"amount\":60}",
	  YES, 0, 60, 0, 0 },
	{ LOOK, 200, FOUND "\"kind\":\"charge\",\"status\":\"success\",\"amount\":160}",
	  WHAT, 0, 0, 0, 0 },
	{ LOOK, 200, FOUND "\"kind\":\"charge\",\"status\":\"success\"}", WHAT, 0, 0, 0,
	  0 },
	{ LOOK, 200, FOUND "\"kind\":\"hold\",\"status\":\"success\",\"amount\":60}",
	  WHAT, 0, 0, 0, 0 },
	{ LOOK, 200,
	  FOUND "\"kind\":\"charge\",\"status\":\"declined\",\"amount\":0,"
	        "\"reason\":\"insufficient_funds\"}",
	  NO, FUNDS, 0, 0, 0 },
	{ LOOK, 200, FOUND "\"kind\":\"charge\",\"status\":\"processing\",\"amount\":60}",
	  RENT_PENDING, 0, 0, 0, 0 },
	{ LOOK, 200, FOUND "\"kind\":\"charge\",\"status\":\"odd\",\"amount\":60}", WHAT,
	  0, 0, 0, 0 },
	{ LOOK, 200,
	  "{\"key\":\"op-2\",\"found\":true,\"kind\":\"charge\",\"status\":\"success\","
	  "\"amount\":60}",
	  WHAT, 0, 0, 0, 0 },
	{ LOOK, 200, "{\"key\":\"op-1\",\"found\":false}", WHAT, 0, 0, 0, true },
	{ LOOK, 200, "{\"key\":\"op-2\",\"found\":false}", WHAT, 0, 0, 0, 0 },
	{ LOOK, 200, "{\"key\":\"op-1\",\"found\":\"false\"}", WHAT, 0, 0, 0, 0 },
	{ LOOK, 404, "{\"key\":\"op-1\",\"found\":false}", WHAT, 0, 0, 0, 0 },
	{ LOOK, 404, "", WHAT, 0, 0, 0, 0 },
	{ LOOK, 503, "", WHAT, 0, 0, 0, 0 },
	{ LOOK, 200, "{\"status\":\"success\"}", WHAT, 0, 0, 0, 0 },
};

static void parses_every_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		const struct parse_row *row = &parse_rows[i];
		struct rent_payment_op op = op_of(row->kind);
		struct rent_upstream_reply reply = reply_of(row->status, row->body);
		struct rent_payment_result ret = { .struct_size = sizeof(ret) };

		reply.ambiguous = row->ambiguous;
		api()->parse(self, &op, &reply, &ret);
		if (ret.outcome != row->outcome || ret.processed != row->processed ||
		    ret.reason != row->reason || ret.not_found != row->not_found)
			fail_msg("row %zu (%d %s): outcome %d, processed %" PRId64
			         ", reason %d, not found %d",
			         i, row->status, row->body, (int)ret.outcome,
			         ret.processed, (int)ret.reason, ret.not_found);
		/* a reader of the trail learns why */
		assert_true(ret.outcome == RENT_SUCCEEDED || ret.note[0] != '\0');
	}
}

static void notes_stay_plain(void **state)
{
	struct rent_upstream_reply reply = reply_of(
		402,
		"{\"status\":\"declined\",\"reason\":\"\xd0\xbd\xd0\xb5\\n" A64 A64 A64
		"\"}");
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_payment_op op = op_of(RENT_PAY_CHARGE);

	(void)state;
	api()->parse(self, &op, &reply, &ret);
	assert_int_equal(ret.outcome, RENT_DECLINED);
	assert_int_equal(strlen(ret.note), RENT_NOTE_SIZE - 1);
	for (const char *p = ret.note; *p != '\0'; p++)
		assert_in_range(*p, 0x20, 0x7e);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptor_says_what_it_is),
		cmocka_unit_test(builds_every_operation),
		cmocka_unit_test(refuses_what_makes_no_sense),

		cmocka_unit_test(parses_every_answer),
		cmocka_unit_test(notes_stay_plain),
		cmocka_unit_test(a_poor_service_offers_less),
	};
	int failed = 0;

	if (argc != 2)
		return 64;
	plugin = fake_host_load(argv[1]);
	failed = cmocka_run_group_tests(tests, provider_setup, provider_teardown);
	return failed == 0 ? 0 : 1;
}
