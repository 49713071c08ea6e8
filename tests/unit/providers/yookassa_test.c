/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/yookassa_test.c - payment_yookassa, byte for byte: what every operation
 * sends, what every state and refusal means for each operation, and whose notifications count.
 */
#include "provider_test.h"

#include <rent/payment.h>

#define T0   (INT64_C(1764345600) * RENT_SECOND) /* 2025-11-28T16:00:00Z */

#define OURS "019ab0de-0000-7000-8000-000000000001"
#define V4   "019ab0de-0000-4000-8000-000000000001"

#define HOLD RENT_PAY_HOLD
#define CAP  RENT_PAY_CAPTURE
#define REL  RENT_PAY_RELEASE
#define CHG  RENT_PAY_CHARGE
#define REF  RENT_PAY_REFUND
#define LOOK RENT_PAY_LOOKUP

#define YES  RENT_SUCCEEDED
#define NO   RENT_DECLINED
#define WAIT RENT_PENDING
#define WHAT RENT_UNKNOWN

static const struct fake_option options[] = {
	{ "url", "http://127.0.0.1:1/v3" },
	{ "shop_id", "54401" },
	{ "secret_key", "test_Fh8hUAVV" },
	{ "payer", "user_id" },
	{ NULL, NULL },
	{ NULL, NULL },
	{ NULL, NULL },
};

static const struct rent_payment *api(void)
{
	return plugin->api;
}

static int setup(void **state)
{
	(void)state;
	provider_open(options);
	return 0;
}

static struct rent_payment_op op_of(enum rent_payment_kind kind)
{
	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = kind,
		.lookup_of = CHG,
		.final = true,
		.id = "op-1",
		.rental_id = "r-1",
		.user_id = "2a-saved",
		.ref = "",
		.target_id = "hold-1",
		.target_ref = "22e1-pay",
		.amount = 12,
		.created_at = T0,
	};
}

/* ---- requests */

static struct rent_upstream_request req;
static struct rent_error err;

static int build(struct rent_payment_op op)
{
	req = (struct rent_upstream_request){ .struct_size = sizeof(req) };
	err = (struct rent_error){ 0 };
	return api()->build(self, &op, arena, &req, &err);
}

static void builds(struct rent_payment_op op, const char *target, const char *body)
{
	if (build(op) != 0)
		fail_msg("%s: %s", target, err.text);
	assert_string_equal(req.method, body == NULL ? "GET" : "POST");
	assert_string_equal(req.target, target);
	assert_int_equal(req.flags, RENT_RESEND_SAFE);
	assert_string_equal(req.headers[0].name, "Authorization");
	assert_string_equal(req.headers[0].value, "Basic NTQ0MDE6dGVzdF9GaDhoVUFWVg==");
	if (body == NULL) {
		assert_null(req.headers[1].name);
		return;
	}
	assert_string_equal(req.body, body);
	assert_string_equal(req.headers[1].value, "application/json");
	assert_string_equal(req.headers[2].name, "Idempotence-Key");
	assert_string_equal(req.headers[2].value, "op-1");
}

#define AMOUNT "\"amount\":{\"value\":\"12.00\",\"currency\":\"RUB\"}"
#define META(kind, user)                                                          \
	"\"metadata\":{\"op\":\"op-1\",\"kind\":\"" kind "\",\"rental\":\"r-1\"," \
	"\"user\":\"" user "\"}"

static void every_operation_is_built(void **state)
{
	struct rent_payment_op op = op_of(HOLD);

	(void)state;
	builds(op, "/payments",
	       "{" AMOUNT ",\"capture\":false,\"payment_method_id\":\"2a-saved\"," META(
		       "hold", "2a-saved") "}");
	builds(op_of(CHG), "/payments",
	       "{" AMOUNT ",\"capture\":true,\"payment_method_id\":\"2a-saved\"," META(
		       "charge", "2a-saved") "}");
	builds(op_of(CAP), "/payments/22e1-pay/capture", "{" AMOUNT "}");
	builds(op_of(REL), "/payments/22e1-pay/cancel", "{}");
	builds(op_of(REF), "/refunds",
	       "{\"payment_id\":\"22e1-pay\"," AMOUNT ",\"description\":\"op-1\"}");
	op = op_of(LOOK);
	op.lookup_of = CAP;
	builds(op, "/payments/22e1-pay", NULL);
	op.lookup_of = HOLD;
	builds(op,
	       "/payments?created_at.gte=2025-11-28T15%3A58%3A00.000000Z"
	       "&created_at.lte=2025-11-28T17%3A00%3A00.000000Z&limit=100",
	       NULL);
	op.ref = "22e1";
	builds(op, "/payments/22e1", NULL);
	op = op_of(LOOK);
	op.lookup_of = REF;
	op.cursor = "37a5";
	builds(op, "/refunds?payment_id=22e1-pay&limit=100&cursor=37a5", NULL);
	op.ref = "re-1";
	builds(op, "/refunds/re-1", NULL);
}

static void open_with(const struct fake_option *more)
{
	struct fake_option all[COUNT(options)];

	memcpy(all, options, sizeof(all));
	for (size_t n = 3; more->name != NULL; more++)
		all[n++] = *more;
	provider_close();
	provider_open(all);
}

static void a_customer_who_is_there_confirms(void **state)
{
	static const struct fake_option catalog[] = {
		{ "return_url", "https://rent.example" }, { NULL, NULL }
	};
	struct rent_payment_op op = op_of(HOLD);

	(void)state;
	open_with(catalog);
	op.user_id = "u\"},{\"amount\":1";
	assert_int_equal(build(op), RENT_EINVAL); /* nobody there, nothing saved */
	op.user_id = "u";
	op.on_session = true;
	op.description = "a bank";
	builds(op, "/payments",
	       "{" AMOUNT ",\"capture\":false,\"confirmation\":{\"type\":\"redirect\","
	       "\"return_url\":\"https://rent.example\"},\"payment_method_data\":{\"type\":"
	       "\"bank_card\"},\"save_payment_method\":true,\"merchant_customer_id\":\"u\"," META(
		       "hold", "u") ",\"description\":\"a bank\"}");
	provider_close();
	provider_open(options);
}

static void receipts_and_kopecks(void **state)
{
	static const struct fake_option more[] = { { "vat_code", "1" },
		                                   { "unit", "minor" },
		                                   { "receipt_contact", "+79000000000" },
		                                   { NULL, NULL } };

	(void)state;
	open_with(more);
	builds(op_of(CAP), "/payments/22e1-pay/capture",
	       "{\"amount\":{\"value\":\"0.12\",\"currency\":\"RUB\"},\"receipt\":{\"customer\":{"
	       "\"phone\":\"79000000000\"},\"items\":[{\"description\":\"powerbank rental\","
	       "\"quantity\":\"1.00\",\"amount\":{\"value\":\"0.12\",\"currency\":\"RUB\"},"
	       "\"vat_code\":1,\"payment_mode\":\"full_payment\",\"payment_subject\":\"service\"}]}}");
	provider_close();
	provider_open(options);
}

static void what_makes_no_sense_is_not_sent(void **state)
{
	struct rent_payment_op op = op_of(CAP);

	(void)state;
	op.final = false;
	assert_int_equal(build(op), RENT_EINVAL);
	op = op_of(CAP);
	op.target_ref = "../x";
	assert_int_equal(build(op), RENT_EINVAL);
	op = op_of(CHG);
	op.amount = 0;
	assert_int_equal(build(op), RENT_EINVAL);
	op = op_of(CHG);
	op.id = "";
	assert_int_equal(build(op), RENT_EINVAL);
	assert_int_equal(build(op_of(RENT_PAY_EXTEND)), RENT_EUNSUPPORTED);
}

/* ---- replies */

static struct rent_payment_result parse(struct rent_payment_op op, int status,
                                        const char *body)
{
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_reply reply = reply_of(status, body);

	reply.arena = arena;
	api()->parse(self, &op, &reply, &ret);
	return ret;
}

static const char *payment(const char *status, const char *value, const char *more)
{
	return rent_printf(
		arena,
		"{\"id\":\"22e1-pay\",\"status\":\"%s\",\"amount\":{\"value\":\"%s\","
		"\"currency\":\"RUB\"},\"expires_at\":\"2025-12-05T16:00:00.000Z\","
		"\"metadata\":{\"op\":\"op-1\"}%s}",
		status, value, more);
}

#define CONFIRM      ",\"confirmation\":{\"confirmation_url\":\"https://yoomoney.ru/x\"}"
#define REASON(word) ",\"cancellation_details\":{\"party\":\"x\",\"reason\":\"" word "\"}"

enum {
	NOT_FOUND = 100,
	ACT
};

static const struct {
	const char *status, *more;
	struct {
		int outcome;
		enum rent_decline_reason reason;
		int64_t processed;
	} of[4];
} states[] = {
	{ "pending",
	  CONFIRM,
	  { { ACT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 }, { ACT, 0, 0 } } },
	{ "pending",
	  "",
	  { { WAIT, 0, 0 }, { WAIT, 0, 0 }, { WAIT, 0, 0 }, { WAIT, 0, 0 } } },
	{ "waiting_for_capture",
	  "",
	  { { YES, 0, 9 }, { NOT_FOUND, 0, 0 }, { NOT_FOUND, 0, 0 }, { WHAT, 0, 0 } } },
	{ "succeeded",
	  "",
	  { { WHAT, 0, 0 },
	    { YES, 0, 9 },
	    { NO, RENT_DECLINE_OTHER, 0 },
	    { YES, 0, 9 } } },
	{ "canceled",
	  REASON("insufficient_funds"),
	  { { NO, RENT_DECLINE_FUNDS, 0 },
	    { NO, RENT_DECLINE_EXPIRED, 0 },
	    { YES, 0, 12 },
	    { NO, RENT_DECLINE_FUNDS, 0 } } },
	{ "odd", "", { { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 } } },
};

static void every_state_means_what_the_table_says(void **state)
{
	static const enum rent_payment_kind kinds[] = { HOLD, CAP, REL, CHG };

	(void)state;
	for (size_t i = 0; i < COUNT(states) * 8; i++) {
		size_t r = i / 8, k = i % 4;
		bool lookup = i % 8 >= 4;
		struct rent_payment_op op = op_of(lookup ? LOOK : kinds[k]);
		struct rent_payment_result ret;
		int want = states[r].of[k].outcome;

		op.lookup_of = kinds[k];
		ret = parse(op, 200, payment(states[r].status, "9.00", states[r].more));
		assert_int_equal(ret.not_found, lookup && want == NOT_FOUND);
		assert_int_equal(ret.action,
		                 want == ACT ? RENT_ACTION_REDIRECT : RENT_ACTION_NONE);
		if (want == ACT)
			assert_string_equal(ret.action_value, "https://yoomoney.ru/x");
		want = want == NOT_FOUND ? WHAT : want == ACT ? WAIT : want;
		if ((int)ret.outcome != want || ret.reason != states[r].of[k].reason ||
		    ret.processed != states[r].of[k].processed)
			fail_msg("%s of kind %d: %d, reason %d, processed %" PRId64,
			         states[r].status, (int)kinds[k], (int)ret.outcome,
			         (int)ret.reason, ret.processed);
		assert_null(strstr(ret.note, "yoomoney"));
		if (want == YES && kinds[k] == HOLD)
			assert_int_equal(ret.expires_at, T0 + INT64_C(168) * RENT_HOUR);
	}
}

static const struct {
	const char *word;
	enum rent_decline_reason reason;
} reasons[] = {
	{ "insufficient_funds", RENT_DECLINE_FUNDS },
	{ "payment_method_limit_exceeded", RENT_DECLINE_FUNDS },
	{ "card_expired", RENT_DECLINE_METHOD },
	{ "invalid_card_number", RENT_DECLINE_METHOD },
	{ "invalid_csc", RENT_DECLINE_METHOD },
	{ "payment_method_restricted", RENT_DECLINE_METHOD },
	{ "country_forbidden", RENT_DECLINE_METHOD },
	{ "fraud_suspected", RENT_DECLINE_METHOD },
	{ "call_issuer", RENT_DECLINE_METHOD },
	{ "general_decline", RENT_DECLINE_METHOD },
	{ "identification_required", RENT_DECLINE_METHOD },
	{ "3d_secure_failed", RENT_DECLINE_ACTION },
	{ "permission_revoked", RENT_DECLINE_ACTION },
	{ "expired_on_confirmation", RENT_DECLINE_EXPIRED },
	{ "expired_on_capture", RENT_DECLINE_EXPIRED },
	{ "issuer_unavailable", RENT_DECLINE_OTHER },
	{ "internal_timeout", RENT_DECLINE_OTHER },
	{ "something_new", RENT_DECLINE_OTHER },
	{ "", RENT_DECLINE_OTHER },
};

static void every_reason_means_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct rent_payment_result ret = parse(
			op_of(CHG), 200,
			payment("canceled", "12.00",
		                rent_printf(
					arena,
					",\"cancellation_details\":{\"reason\":\"%s\"}",
					reasons[i].word)));

		assert_int_equal(ret.outcome, NO);
		if (ret.reason != reasons[i].reason)
			fail_msg("%s: %d", reasons[i].word, (int)ret.reason);
	}
	assert_int_equal(
		parse(op_of(REL), 200,
	              payment("canceled", "12.00", REASON("canceled_by_merchant")))
			.outcome,
		YES);
}

static const struct {
	int status;
	enum rent_outcome of_create, of_other;
	bool alert;
} refusals[] = {
	{ 400, RENT_INVALID, WHAT, true },
	{ 401, RENT_INVALID, RENT_INVALID, true },
	{ 403, RENT_INVALID, RENT_INVALID, true },
	{ 404, RENT_INVALID, RENT_INVALID, true },
	{ 405, WHAT, WHAT, false },
	{ 415, WHAT, WHAT, false },
	{ 429, RENT_NOT_EXECUTED, RENT_NOT_EXECUTED, false },
	{ 500, WHAT, WHAT, false },
	{ 503, WHAT, WHAT, false },
};

static void every_refusal_means_what_the_table_says(void **state)
{
	static const char body[] =
		"{\"type\":\"error\",\"id\":\"x\",\"code\":\"invalid_request\",\"retry_after\":1800}";
	struct rent_payment_op op = op_of(CHG);
	struct rent_payment_result ret;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		ret = parse(op_of(CHG), refusals[i].status, body);
		assert_int_equal(ret.outcome, refusals[i].of_create);
		assert_int_equal(ret.alert, refusals[i].alert);
		assert_int_equal(ret.retry_after_us, 1800 * 1000);
		ret = parse(op_of(REL), refusals[i].status, body);
		assert_int_equal(ret.outcome, refusals[i].of_other);
		assert_int_equal(ret.ask, refusals[i].status == 400);
		ret = parse(op_of(CHG), refusals[i].status, "<html>");
		assert_int_equal(ret.outcome, WHAT);
		assert_false(ret.alert || ret.ask);
	}
	ret = parse(
		op_of(CAP), 400,
		"{\"type\":\"error\",\"code\":\"invalid_request\",\"parameter\":"
		"\"Idempotence-Key\",\"description\":\"Idempotence key duplicated\"}");
	assert_int_equal(ret.outcome, RENT_INVALID);
	op.method_ref = "made-up"; /* by the customer: no alarm of ours */
	ret = parse(op, 400,
	            "{\"type\":\"error\",\"code\":\"invalid_request\",\"parameter\":"
	            "\"payment_method_id\"}");
	assert_int_equal(ret.outcome, RENT_DECLINED);
	assert_int_equal(ret.reason, RENT_DECLINE_METHOD);
	assert_false(ret.alert);
	for (int named = 0; named < 2; named++) {
		op = op_of(HOLD);
		op.return_url = named ? "https://nowhere.example" : "";
		ret = parse(
			op, 400,
			"{\"type\":\"error\",\"code\":\"invalid_request\",\"parameter\":"
			"\"confirmation.return_url\"}");
		assert_int_equal(ret.outcome, named ? RENT_DECLINED : RENT_INVALID);
		assert_int_equal(ret.alert, !named);
	}
	ret = parse(op_of(CHG), 202, "{\"type\":\"processing\",\"retry_after\":500}");
	assert_int_equal(ret.outcome, WHAT);
	assert_int_equal(ret.retry_after_us, INT64_C(500000));
}

static void amounts_are_exact(void **state)
{
	static const char *const wrong[] = { "12.001", "12",     "12.0", "-1.00",
		                             "1e1",    "13.00",  "0.00", "9.50",
		                             "",       "12.00 ", "12,00" };
	struct rent_payment_result ret;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		ret = parse(op_of(CHG), 200, payment("succeeded", wrong[i], ""));
		assert_int_equal(ret.outcome, WHAT);
		assert_true(ret.alert);
	}
	ret = parse(op_of(CHG), 200, payment("succeeded", "12.00", ""));
	assert_int_equal(ret.processed, 12);
}

static void refunds(void **state)
{
	static const struct {
		const char *status, *payment, *op;
		enum rent_outcome outcome;
	} rows[] = {
		{ "succeeded", "22e1-pay", "op-1", YES },
		{ "pending", "22e1-pay", "op-1", WAIT },
		{ "canceled", "22e1-pay", "op-1", NO },
		{ "odd", "22e1-pay", "op-1", WHAT },
		{ "succeeded", "another", "op-1", WHAT },
		{ "succeeded", "22e1-pay", "op-2", WHAT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_payment_op look = op_of(LOOK);
		const char *one = rent_printf(
			arena,
			"{\"id\":\"re-1\",\"status\":\"%s\",\"payment_id\":\"%s\",\"amount\":{"
			"\"value\":\"12.00\",\"currency\":\"RUB\"},\"description\":\"%s\"}",
			rows[i].status, rows[i].payment, rows[i].op);

		look.lookup_of = REF;
		assert_int_equal(parse(op_of(REF), 200, one).outcome, rows[i].outcome);
		assert_int_equal(parse(look, 200, one).outcome, rows[i].outcome);
		assert_int_equal(
			parse(look, 200,
		              rent_printf(arena, "{\"type\":\"list\",\"items\":[{},%s]}",
		                          one))
				.outcome,
			rows[i].outcome);
	}
}

/* One that is none of ours is asked for without an id; what has one is ours. */
static void a_refund_by_hand_is_looked_up(void **state)
{
	static const struct {
		const char *more;
		enum rent_outcome outcome;
	} rows[] = {
		{ "", YES },
		{ ",\"description\":\"sorry for that\"", YES },
		{ ",\"description\":\"R-1042\"", YES },
		{ ",\"description\":\"" OURS "\"", WHAT },
	};
	struct rent_payment_op look = op_of(LOOK);

	(void)state;
	look.lookup_of = REF;
	look.id = "";
	look.ref = "re-1";
	builds(look, "/refunds/re-1", NULL);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
			parse(look, 200,
		              rent_printf(arena,
		                          "{\"id\":\"re-1\",\"status\":\"succeeded\","
		                          "\"payment_id\":\"22e1-pay\",\"amount\":{"
		                          "\"value\":\"12.00\",\"currency\":\"RUB\"}%s}",
		                          rows[i].more))
				.outcome,
			rows[i].outcome);
}

static void only_the_last_page_says_not_found(void **state)
{
	struct rent_payment_result ret =
		parse(op_of(LOOK), 200,
	              "{\"type\":\"list\",\"items\":[],\"next_cursor\":\"37a5\"}");

	(void)state;
	assert_false(ret.not_found);
	assert_string_equal(ret.cursor, "37a5");
	ret = parse(op_of(LOOK), 200, "{\"type\":\"list\",\"items\":[]}");
	assert_true(ret.not_found);
	ret = parse(op_of(LOOK), 200, "{\"type\":\"list\"}");
	assert_false(ret.not_found);
}

/* ---- notifications */

static struct rent_event event;
static int events;

static int take_event(void *arg, const struct rent_event *e)
{
	(void)arg;
	event = *e;
	events++;
	return 0;
}

static const char *no_header(const void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static int deliver(const char *peer, const char *body)
{
	struct rent_event_message message = {
		.struct_size = sizeof(message),
		.now = T0,
		.method = "POST",
		.rest = "",
		.query = "",
		.body = body,
		.body_size = strlen(body),
		.content_type = "application/json",
		.peer = peer,
		.header = no_header,
		.arena = arena,
	};
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };

	events = 0;
	event = (struct rent_event){ 0 };
	return api()->parse_event(self, &message, take_event, NULL, &answer, &err);
}

static void only_yookassas_addresses_are_listened_to(void **state)
{
	static const char body[] =
		"{\"type\":\"notification\",\"event\":\"payment.waiting_for_capture\",\"object\":{"
		"\"id\":\"22e1-pay\",\"status\":\"waiting_for_capture\",\"metadata\":{\"op\":\"op-1\","
		"\"kind\":\"hold\"}}}";
	static const struct {
		const char *peer;
		int code;
	} rows[] = {
		{ "185.71.76.31", 0 },
		{ "185.71.76.32", RENT_EPERM },
		{ "185.71.77.0", 0 },
		{ "77.75.153.127", 0 },
		{ "77.75.153.128", RENT_EPERM },
		{ "77.75.154.127", RENT_EPERM },
		{ "77.75.154.128", 0 },
		{ "77.75.156.11", 0 },
		{ "77.75.156.12", RENT_EPERM },
		{ "2a02:5180:0:1509::1", 0 },
		{ "2a02:5180:0:1510::1", RENT_EPERM },
		{ "2a02:5180:0:2669:ffff::", 0 },
		{ "::ffff:185.71.76.31", 0 },
		{ "", RENT_EPERM },
		{ "localhost", RENT_EPERM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (deliver(rows[i].peer, body) != rows[i].code)
			fail_msg("%s", rows[i].peer);
		assert_int_equal(events, rows[i].code == 0);
	}
	assert_int_equal(deliver("185.71.76.31", body), 0);
	/* a hint: it makes us ask */
	assert_false(event.proven);
	assert_int_equal(event.outcome, WHAT);
	assert_int_equal(event.kind, RENT_EVENT_OPERATION);
	assert_string_equal(event.operation_id, "op-1");
	assert_string_equal(event.ref, "22e1-pay");
	assert_string_equal(event.event_id, "payment.waiting_for_capture:22e1-pay");
	assert_int_equal(deliver("185.71.76.31", "<html>"), RENT_EINVAL);
	assert_int_equal(
		deliver("185.71.76.31",
	                "{\"type\":\"notification\",\"event\":\"deal.closed\",\"object\":{"
	                "\"id\":\"x\"}}"),
		0);
	assert_int_equal(events, 0);
}

static void every_notification_means_what_the_table_says(void **state)
{
	static const struct {
		const char *event, *more;
		enum rent_event_kind kind;
		const char *op, *ref;
		int64_t amount;
	} rows[] = {
		{ "payment.succeeded",
		  "\"status\":\"succeeded\",\"metadata\":{\"op\":\"c\",\"kind\":"
		  "\"charge\"}",
		  RENT_EVENT_OPERATION, "c", "22e1", 0 },
		{ "payment.succeeded",
		  "\"status\":\"succeeded\",\"metadata\":{\"op\":\"h\",\"kind\":"
		  "\"hold\"}",
		  RENT_EVENT_OPERATION, "", "22e1", 0 },
		{ "payment.canceled",
		  "\"status\":\"canceled\",\"metadata\":{\"op\":\"h\",\"kind\":"
		  "\"hold\"}" REASON("expired_on_capture"),
		  RENT_EVENT_HOLD_ENDED, "h", "22e1", 0 },
		{ "payment.canceled",
		  "\"status\":\"canceled\",\"metadata\":{\"op\":\"h\",\"kind\":"
		  "\"hold\"}" REASON("expired_on_confirmation"),
		  RENT_EVENT_OPERATION, "h", "22e1", 0 },
		{ "refund.succeeded", "\"payment_id\":\"p\",\"description\":\"R-1042\"",
		  RENT_EVENT_REFUNDED_OUTSIDE, "", "p", 0 },
		{ "refund.succeeded", "\"payment_id\":\"p\",\"description\":\"" OURS "\"",
		  RENT_EVENT_REFUNDED_OUTSIDE, OURS, "p", 0 },
		{ "refund.succeeded", "\"payment_id\":\"p\",\"description\":\"" V4 "\"",
		  RENT_EVENT_REFUNDED_OUTSIDE, "", "p", 0 },
		{ "refund.succeeded",
		  "\"payment_id\":\"p\",\"amount\":{\"value\":\"5.00\"}",
		  RENT_EVENT_REFUNDED_OUTSIDE, "", "p", 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
			deliver("185.71.76.31",
		                rent_printf(
					arena,
					"{\"type\":\"notification\",\"event\":\"%s\",\"object\":{"
					"\"id\":\"22e1\",%s}}",
					rows[i].event, rows[i].more)),
			0);
		assert_int_equal(events, 1);
		assert_int_equal(event.kind, rows[i].kind);
		assert_string_equal(rent_text(event.operation_id), rows[i].op);
		assert_string_equal(event.ref, rows[i].ref);
		assert_int_equal(event.amount, rows[i].amount);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_is_built),
		cmocka_unit_test(a_customer_who_is_there_confirms),
		cmocka_unit_test(receipts_and_kopecks),
		cmocka_unit_test(what_makes_no_sense_is_not_sent),
		cmocka_unit_test(every_state_means_what_the_table_says),
		cmocka_unit_test(every_reason_means_what_the_table_says),
		cmocka_unit_test(every_refusal_means_what_the_table_says),
		cmocka_unit_test(amounts_are_exact),
		cmocka_unit_test(refunds),
		cmocka_unit_test(a_refund_by_hand_is_looked_up),
		cmocka_unit_test(only_the_last_page_says_not_found),
		cmocka_unit_test(only_yookassas_addresses_are_listened_to),
		cmocka_unit_test(every_notification_means_what_the_table_says),
	};

	if (argc != 2)
		return 64;
	(void)provider_setup;
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, setup, provider_teardown) == 0 ? 0 : 1;
}
