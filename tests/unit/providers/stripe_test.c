/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/stripe_test.c - payment_stripe, byte for byte: what every operation sends,
 * what every state and refusal of Stripe's means for each operation, and whose events are
 * believed.
 */
#include "provider_test.h"

#include <rent/payment.h>

#define T0   (INT64_C(1764345600) * RENT_SECOND) /* 2025-11-28T16:00:00Z */

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

static const struct fake_option eur[] = {
	{ "url", "http://127.0.0.1:1" },
	{ "secret_key", "sk_test_51ab" },
	{ "webhook_secret", "whsec_test_rentald_0001" },
	{ "currency", "EUR" },
	{ "payer", "user_id" },
	{ "return_url", "https://rent.example/back" },
	{ NULL, NULL },
};

static const struct rent_payment *api(void)
{
	return plugin->api;
}

static int setup(void **state)
{
	(void)state;
	provider_open(eur);
	return 0;
}

static void open_with(const char *name, const char *value)
{
	struct fake_option options[COUNT(eur) + 1];
	size_t n = 0;

	provider_close();
	for (size_t i = 0; i < COUNT(eur) - 1; i++) {
		if (strcmp(eur[i].name, name) != 0)
			options[n++] = eur[i];
	}
	options[n++] = (struct fake_option){ name, value };
	options[n] = (struct fake_option){ NULL, NULL };
	provider_open(options);
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
		.user_id = "cus_1:pm_1",
		.ref = "",
		.target_id = "hold-1",
		.target_ref = "pi_1",
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
	assert_string_equal(req.headers[0].value, "Bearer sk_test_51ab");
	assert_string_equal(req.headers[1].name, "Stripe-Version");
	if (body == NULL) {
		assert_null(req.body);
		assert_null(req.headers[2].name);
		return;
	}
	assert_string_equal(req.body, body);
	assert_int_equal(req.body_size, strlen(body));
	assert_string_equal(req.headers[2].value, "application/x-www-form-urlencoded");
	assert_string_equal(req.headers[3].name, "Idempotency-Key");
	assert_string_equal(req.headers[3].value, "op-1");
	assert_null(req.headers[4].name);
}

#define MANUAL                                                                             \
	"amount=1200&currency=eur&customer=cus_1&payment_method=pm_1&payment_method_types" \
	"%5B%5D=card&capture_method=manual&confirm=true"
#define HOLD_TAIL                                                                 \
	"&metadata%5Bop%5D=op-1&metadata%5Bkind%5D=hold&metadata%5Brental%5D=r-1" \
	"&metadata%5Buser%5D=cus_1%3Apm_1&expand%5B%5D=latest_charge"

static void every_operation_is_built(void **state)
{
	struct rent_payment_op op = op_of(HOLD);

	(void)state;
	builds(op, "/v1/payment_intents", MANUAL "&off_session=true" HOLD_TAIL);
	op.on_session = true;
	builds(op, "/v1/payment_intents",
	       MANUAL "&return_url=https%3A%2F%2Frent.example%2Fback"
	              "&setup_future_usage=off_session" HOLD_TAIL);
	op.return_url = "https://shop.example/a?b=c&d";
	op.contact = "a@b.example";
	op.description = "bank & more";
	op.method_ref = "pm_2";
	op.payer_ref = "cus_2";
	builds(op, "/v1/payment_intents",
	       "amount=1200&currency=eur&customer=cus_2&payment_method=pm_2&payment_method_"
	       "types%5B%5D=card&capture_method=manual&confirm=true"
	       "&return_url=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc%26d"
	       "&setup_future_usage=off_session&description=bank%20%26%20more"
	       "&receipt_email=a%40b.example" HOLD_TAIL);
	op = op_of(CHG);
	builds(op, "/v1/payment_intents",
	       "amount=1200&currency=eur&customer=cus_1&payment_method=pm_1&payment_method_"
	       "types%5B%5D=card&capture_method=automatic&confirm=true&off_session=true"
	       "&metadata%5Bop%5D=op-1&metadata%5Bkind%5D=charge&metadata%5Brental%5D=r-1"
	       "&metadata%5Buser%5D=cus_1%3Apm_1&expand%5B%5D=latest_charge");
	builds(op_of(CAP), "/v1/payment_intents/pi_1/capture",
	       "amount_to_capture=1200&metadata%5Bcapture_op%5D=op-1"
	       "&expand%5B%5D=latest_charge");
	builds(op_of(REL), "/v1/payment_intents/pi_1/cancel",
	       "cancellation_reason=abandoned");
	builds(op_of(REF), "/v1/refunds",
	       "payment_intent=pi_1&amount=1200&metadata%5Bop%5D=op-1"
	       "&metadata%5Brental%5D=r-1");
}

static void lookups_go_by_id_or_by_time(void **state)
{
	static const char by_id[] = "/v1/payment_intents/pi_1?expand%5B%5D=latest_charge";
	struct rent_payment_op op = op_of(LOOK);

	(void)state;
	op.lookup_of = CAP;
	builds(op, by_id, NULL);
	op.lookup_of = REL;
	builds(op, by_id, NULL);
	op.lookup_of = HOLD;
	builds(op,
	       "/v1/payment_intents?customer=cus_1&created%5Bgte%5D=1764345480"
	       "&created%5Blte%5D=1764349200&limit=100&expand%5B%5D=data.latest_charge",
	       NULL);
	op.cursor = "pi_9";
	builds(op,
	       "/v1/payment_intents?customer=cus_1&created%5Bgte%5D=1764345480"
	       "&created%5Blte%5D=1764349200&starting_after=pi_9&limit=100"
	       "&expand%5B%5D=data.latest_charge",
	       NULL);
	op.ref = "pi_1";
	builds(op, by_id, NULL);
	op = op_of(LOOK);
	op.lookup_of = REF;
	builds(op, "/v1/refunds?payment_intent=pi_1&limit=100", NULL);
	op.ref = "re_1";
	builds(op, "/v1/refunds/re_1", NULL);
}

static void refuses(struct rent_payment_op op)
{
	assert_int_equal(build(op), RENT_EINVAL);
	assert_true(err.text[0] != '\0');
}

static void what_makes_no_sense_is_not_sent(void **state)
{
	struct rent_payment_op op = op_of(CAP);

	(void)state;
	op.final = false;
	refuses(op);
	op = op_of(CAP);
	op.target_ref = "pi_1/../x";
	refuses(op);
	op.target_ref = "";
	refuses(op);
	op = op_of(CHG);
	op.amount = 0;
	refuses(op);
	op.amount = 1000000; /* nine digits of cents */
	refuses(op);
	op.amount = 999999;
	assert_int_equal(build(op), 0);
	op.user_id = "cus_1";
	refuses(op); /* no method */
	op = op_of(CHG);
	op.id = "a b";
	refuses(op);
	assert_int_equal(build(op_of(RENT_PAY_EXTEND)), RENT_EUNSUPPORTED);
}

static void no_text_becomes_a_member(void **state)
{
	struct rent_payment_op op = op_of(HOLD);

	(void)state;
	op.user_id = "cus_c&amount=77:pm_1";
	assert_int_equal(build(op), 0);
	assert_non_null(strstr(req.body, "customer=cus_c%26amount%3D77&"));
	assert_null(strstr(req.body, "amount=77"));
}

/* 5 of our units in Stripe's, by currency and by what our unit is; 0: Stripe takes no such. */
static void amounts_are_in_stripes_units(void **state)
{
	static const struct {
		const char *currency, *unit;
		int64_t amount;
		const char *sent;
	} rows[] = {
		{ "EUR", "major", 5, "amount=500&" },
		{ "EUR", "minor", 5, "amount=5&" },
		{ "JPY", "major", 5, "amount=5&" },
		{ "JPY", "minor", 5, "amount=5&" },
		{ "ISK", "major", 5, "amount=500&" },
		{ "ISK", "minor", 5, NULL },
		{ "UGX", "minor", 500, "amount=500&" },
		{ "HUF", "major", 5, "amount=500&" },
		{ "TWD", "major", 5, "amount=500&" },
		{ "KWD", "major", 5, "amount=5000&" },
		{ "KWD", "minor", 5, NULL },
		{ "KWD", "minor", 50, "amount=50&" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake_option options[COUNT(eur) + 1];
		struct rent_payment_op op = op_of(CHG);

		memcpy(options, eur, sizeof(eur));
		options[3].value = rows[i].currency;
		options[COUNT(eur) - 1] = (struct fake_option){ "unit", rows[i].unit };
		options[COUNT(eur)] = (struct fake_option){ NULL, NULL };
		provider_close();
		provider_open(options);
		op.amount = rows[i].amount;
		if (rows[i].sent == NULL) {
			refuses(op);
			continue;
		}
		assert_int_equal(build(op), 0);
		assert_ptr_equal(strstr(req.body, rows[i].sent), req.body);
	}
	provider_close();
	provider_open(eur);
}

/* ---- replies */

static struct rent_payment_result parse(struct rent_payment_op op, int status,
                                        const char *body)
{
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_reply reply = reply_of(status, body);

	reply.arena = arena;
	reply.retry_after_us = status == 429 ? 7 * RENT_SECOND : 0;
	api()->parse(self, &op, &reply, &ret);
	return ret;
}

/* An intent that is right in every respect, in a state. */
static const char *intent(const char *id, const char *op, const char *status,
                          const char *more)
{
	return rent_printf(
		arena,
		"{\"id\":\"%s\",\"object\":\"payment_intent\",\"status\":\"%s\","
		"\"amount\":1200,\"currency\":\"eur\",\"amount_capturable\":1200,"
		"\"amount_received\":900,\"client_secret\":\"pi_1_secret_x\","
		"\"latest_charge\":{\"payment_method_details\":{\"card\":{"
		"\"capture_before\":1764756000}}},\"metadata\":{\"op\":\"%s\"}%s}",
		id, status, op, more);
}

static const char funds[] =
	",\"last_payment_error\":{\"type\":\"card_error\",\"code\":\"card_declined\","
	"\"decline_code\":\"insufficient_funds\"}";

/* Every row of the table of states: outcome and reason for hold, capture, release, charge. */
static void every_state_means_what_the_table_says(void **state)
{
	enum {
		NOT_FOUND = 100,
		ACT
	};
	static const enum rent_payment_kind kinds[] = { HOLD, CAP, REL, CHG };
	static const struct {
		const char *status;
		struct {
			int outcome;
			enum rent_decline_reason reason;
			int64_t processed;
		} of[4];
	} rows[] = {
		{ "requires_capture",
		  { { YES, 0, 12 },
		    { NOT_FOUND, 0, 0 },
		    { NOT_FOUND, 0, 0 },
		    { WHAT, 0, 0 } } },
		{ "succeeded",
		  { { WHAT, 0, 0 },
		    { YES, 0, 9 },
		    { NO, RENT_DECLINE_OTHER, 0 },
		    { YES, 0, 9 } } },
		{ "processing",
		  { { WAIT, 0, 0 }, { WAIT, 0, 0 }, { WAIT, 0, 0 }, { WAIT, 0, 0 } } },
		{ "requires_action",
		  { { ACT, 0, 0 }, { WHAT, 0, 0 }, { NOT_FOUND, 0, 0 }, { ACT, 0, 0 } } },
		{ "requires_payment_method",
		  { { NO, RENT_DECLINE_FUNDS, 0 },
		    { WHAT, 0, 0 },
		    { NOT_FOUND, 0, 0 },
		    { NO, RENT_DECLINE_FUNDS, 0 } } },
		{ "canceled",
		  { { NO, RENT_DECLINE_EXPIRED, 0 },
		    { NO, RENT_DECLINE_EXPIRED, 0 },
		    { YES, 0, 12 },
		    { NO, RENT_DECLINE_OTHER, 0 } } },
		{ "requires_confirmation",
		  { { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 } } },
		{ "kit_unknown",
		  { { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 }, { WHAT, 0, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 8; i++) {
		size_t r = i / 8, k = i % 4;
		bool lookup = i % 8 >= 4;
		struct rent_payment_op op = op_of(lookup ? LOOK : kinds[k]);
		struct rent_payment_result ret;
		int want = rows[r].of[k].outcome;

		op.lookup_of = kinds[k];
		ret = parse(op, 200, intent("pi_1", "op-1", rows[r].status, funds));
		assert_int_equal(ret.not_found, lookup && want == NOT_FOUND);
		assert_int_equal(ret.action, want == ACT ? RENT_ACTION_CLIENT_TOKEN
		                                         : RENT_ACTION_NONE);
		if (want == ACT)
			assert_string_equal(ret.action_value, "pi_1_secret_x");
		want = want == NOT_FOUND ? WHAT : want == ACT ? WAIT : want;
		if ((int)ret.outcome != want || ret.reason != rows[r].of[k].reason ||
		    ret.processed != rows[r].of[k].processed)
			fail_msg("%s of kind %d: %d, reason %d, processed %" PRId64,
			         rows[r].status, (int)kinds[k], (int)ret.outcome,
			         (int)ret.reason, ret.processed);
		assert_null(strstr(ret.note, "secret"));
	}
}

static void what_is_not_ours_says_nothing(void **state)
{
	struct rent_payment_op op = op_of(CAP);

	(void)state;
	assert_int_equal(
		parse(op_of(HOLD), 200, intent("pi_1", "op-2", "requires_capture", ""))
			.outcome,
		WHAT);
	assert_int_equal(parse(op, 200, intent("pi_2", "op-1", "succeeded", "")).outcome,
	                 WHAT);
	op = op_of(LOOK);
	op.ref = "pi_1";
	assert_int_equal(parse(op, 200, intent("pi_2", "op-1", "succeeded", "")).outcome,
	                 WHAT);
	/* taken by another capture of the same hold */
	assert_int_equal(
		parse(op_of(CAP), 200,
	              "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"succeeded\","
	              "\"currency\":\"eur\",\"amount_received\":900,"
	              "\"metadata\":{\"op\":\"hold-1\",\"capture_op\":\"op-7\"}}")
			.outcome,
		WHAT);
	/* another currency, and more than was asked */
	assert_int_equal(
		parse(op_of(CHG), 200,
	              "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"succeeded\","
	              "\"currency\":\"usd\",\"amount_received\":900,\"metadata\":{\"op\":\"op-1\"}}")
			.outcome,
		WHAT);
	struct rent_payment_result ret = parse(
		op_of(CHG), 200,
		"{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"succeeded\","
		"\"currency\":\"eur\",\"amount_received\":1300,\"metadata\":{\"op\":\"op-1\"}}");
	assert_int_equal(ret.outcome, WHAT);
	assert_true(ret.alert);
	/* half a unit */
	assert_int_equal(
		parse(op_of(CHG), 200,
	              "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"succeeded\","
	              "\"currency\":\"eur\",\"amount_received\":950,\"metadata\":{\"op\":\"op-1\"}}")
			.outcome,
		WHAT);
}

static void a_hold_says_when_it_ends_and_what_was_saved(void **state)
{
	struct rent_payment_result ret;

	(void)state;
	ret = parse(
		op_of(HOLD), 200,
		intent("pi_1", "op-1", "requires_capture",
	               ",\"setup_future_usage\":\"off_session\",\"payment_method\":\"pm_9\""));
	assert_int_equal(ret.outcome, YES);
	assert_int_equal(ret.expires_at, INT64_C(1764756000) * RENT_SECOND);
	assert_string_equal(ret.ref, "pi_1");
	assert_string_equal(ret.method_ref, "pm_9");
	ret = parse(
		op_of(HOLD), 200,
		intent("pi_1", "op-1", "requires_action",
	               ",\"next_action\":{\"type\":\"redirect_to_url\",\"redirect_to_url\":{"
	               "\"url\":\"https://hooks.stripe.com/x\"}}"));
	assert_int_equal(ret.outcome, WAIT);
	assert_int_equal(ret.action, RENT_ACTION_REDIRECT);
	assert_string_equal(ret.action_value, "https://hooks.stripe.com/x");
	assert_null(strstr(ret.note, "hooks.stripe.com"));
}

/* Every row of the table of refusals. */
static const struct {
	int status;
	const char *code, *decline_code;
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	bool alert, ask;
} refusals[] = {
	{ 402, "card_declined", "insufficient_funds", NO, RENT_DECLINE_FUNDS, 0, 0 },
	{ 402, "card_declined", "withdrawal_count_limit_exceeded", NO, RENT_DECLINE_FUNDS,
	  0, 0 },
	{ 402, "card_declined", "card_velocity_exceeded", NO, RENT_DECLINE_FUNDS, 0, 0 },
	{ 402, "card_declined", "lost_card", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "stolen_card", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "pickup_card", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "restricted_card", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "do_not_honor", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "generic_decline", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "fraudulent", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "card_not_supported", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "card_declined", "invalid_account", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "expired_card", "", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "incorrect_cvc", "", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "incorrect_number", "", NO, RENT_DECLINE_METHOD, 0, 0 },
	{ 402, "payment_intent_authentication_failure", "", NO, RENT_DECLINE_METHOD, 0,
	  0 },
	{ 402, "authentication_required", "", NO, RENT_DECLINE_ACTION, 0, 0 },
	{ 402, "card_declined", "authentication_required", NO, RENT_DECLINE_ACTION, 0,
	  0 },
	{ 402, "processing_error", "", NO, RENT_DECLINE_OTHER, 0, 0 },
	{ 402, "card_declined", "issuer_not_available", NO, RENT_DECLINE_OTHER, 0, 0 },
	{ 402, "card_declined", "", NO, RENT_DECLINE_OTHER, 0, 0 },
	{ 400, "charge_expired_for_capture", "", WHAT, 0, 0, 0 }, /* of a charge */
	{ 400, "payment_intent_unexpected_state", "", WHAT, 0, 0, 1 },
	{ 400, "charge_already_captured", "", WHAT, 0, 0, 1 },
	{ 400, "charge_already_refunded", "", WHAT, 0, 0, 1 },
	{ 400, "charge_disputed", "", WHAT, 0, 0, 1 },
	{ 400, "amount_too_small", "", RENT_INVALID, 0, 1, 0 },
	{ 400, "amount_too_large", "", RENT_INVALID, 0, 1, 0 },
	{ 400, "parameter_unknown", "", RENT_INVALID, 0, 1, 0 },
	{ 400, "parameter_missing", "", RENT_INVALID, 0, 1, 0 },
	{ 400, "something_else", "", WHAT, 0, 0, 0 },
	{ 404, "resource_missing", "", RENT_INVALID, 0, 1, 0 },
	{ 404, "", "", WHAT, 0, 0, 0 },
	{ 401, "", "", RENT_INVALID, 0, 1, 0 },
	{ 403, "", "", RENT_INVALID, 0, 1, 0 },
	{ 409, "idempotency_key_in_use", "", WHAT, 0, 0, 0 },
	{ 429, "lock_timeout", "", WHAT, 0, 0, 0 },
	{ 429, "rate_limit", "", RENT_NOT_EXECUTED, 0, 0, 0 },
	{ 424, "", "", WHAT, 0, 0, 0 },
	{ 500, "", "", WHAT, 0, 0, 1 },
	{ 502, "", "", WHAT, 0, 0, 0 },
	{ 503, "", "", WHAT, 0, 0, 0 },
};

static void every_refusal_means_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const char *body = rent_printf(
			arena,
			"{\"error\":{\"type\":\"card_error\",\"code\":\"%s\",\"decline_code\":\"%s\","
			"\"message\":\"Your card, cus_1\"}}",
			refusals[i].code, refusals[i].decline_code);
		struct rent_payment_result ret =
			parse(op_of(CHG), refusals[i].status, body);

		if (ret.outcome != refusals[i].outcome ||
		    ret.reason != refusals[i].reason || ret.alert != refusals[i].alert ||
		    ret.ask != refusals[i].ask)
			fail_msg("%d %s %s: %d, reason %d, alert %d, ask %d",
			         refusals[i].status, refusals[i].code,
			         refusals[i].decline_code, (int)ret.outcome,
			         (int)ret.reason, (int)ret.alert, (int)ret.ask);
		assert_true(ret.note[0] != '\0');
		assert_null(strstr(ret.note, "cus_1"));
		assert_int_equal(ret.retry_after_us,
		                 refusals[i].status == 429 ? 7 * RENT_SECOND : 0);
		/* a proxy's page with the same status is none of Stripe's words */
		ret = parse(op_of(CHG), refusals[i].status, "<html>");
		assert_int_equal(ret.outcome, WHAT);
		assert_false(ret.ask || ret.alert);
	}
	assert_int_equal(
		parse(op_of(CHG), 400, "{\"error\":{\"type\":\"idempotency_error\"}}")
			.outcome,
		RENT_INVALID);
}

/* Else whoever makes up a card puts the whole instance into alarm. */
static void a_method_that_the_customer_made_up_is_declined(void **state)
{
	static const char body[] =
		"{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"resource_missing\","
		"\"param\":\"payment_method\"}}";
	struct rent_payment_op op = op_of(CHG);
	struct rent_payment_result ret;

	(void)state;
	op.method_ref = "pm_made_up";
	for (int status = 400; status <= 404; status += 4) {
		ret = parse(op, status, body);
		assert_int_equal(ret.outcome, RENT_DECLINED);
		assert_int_equal(ret.reason, RENT_DECLINE_METHOD);
		assert_false(ret.alert);
	}
	op.method_ref = ""; /* as a user's id says it */
	assert_false(parse(op, 404, body).alert);
	op.user_id = "cus_1"; /* ours, of the options */
	assert_true(parse(op, 404, body).alert);
}

static void what_the_customer_names_raises_no_alarm(void **state)
{
	static const struct {
		const char *type, *code, *param;
		bool his;
	} cases[] = {
		{ "invalid_request_error", "parameter_invalid_empty", "payment_method",
		  true },
		{ "invalid_request_error", "", "payment_method_types", true },
		{ "invalid_request_error", "payment_method_unactivated", "", true },
		{ "invalid_request_error", "", "return_url", true },
		{ "invalid_request_error", "url_invalid", "", true },
		{ "invalid_request_error", "parameter_unknown", "return_urls", false },
		{ "idempotency_error", "", "return_url", false },
	};
	struct rent_payment_op op = op_of(HOLD);

	(void)state;
	op.method_ref = "pm_made_up";
	op.return_url = "https://nowhere.example";
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *body =
			rent_printf(arena,
		                    "{\"error\":{\"type\":\"%s\",\"code\":"
		                    "\"%s\",\"param\":\"%s\"}}",
		                    cases[i].type, cases[i].code, cases[i].param);
		struct rent_payment_result ret = parse(op, 400, body);

		assert_int_equal(ret.outcome,
		                 cases[i].his ? RENT_DECLINED : RENT_INVALID);
		assert_int_equal(ret.reason, cases[i].his ? RENT_DECLINE_METHOD : 0);
		assert_int_equal(ret.alert, !cases[i].his);
		assert_int_not_equal(parse(op_of(REL), 400, body).outcome, RENT_DECLINED);
	}
	op.return_url = ""; /* ours, of the options */
	assert_int_not_equal(
		parse(op, 400,
	              "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
	              "\"url_invalid\",\"param\":\"return_url\"}}")
			.outcome,
		RENT_DECLINED);
}

static void a_state_in_a_refusal_counts(void **state)
{
	struct rent_payment_result ret;

	(void)state;
	ret = parse(
		op_of(REL), 400,
		rent_printf(arena,
	                    "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
	                    "\"payment_intent_unexpected_state\",\"payment_intent\":%s}}",
	                    intent("pi_1", "hold-1", "canceled", "")));
	assert_int_equal(ret.outcome, YES);
	assert_false(ret.ask);
	ret = parse(
		op_of(CAP), 400,
		rent_printf(arena,
	                    "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
	                    "\"payment_intent_unexpected_state\",\"payment_intent\":%s}}",
	                    intent("pi_1", "hold-1", "canceled", "")));
	assert_int_equal(ret.outcome, NO);
	assert_int_equal(ret.reason, RENT_DECLINE_EXPIRED);
	ret = parse(op_of(CAP), 400,
	            "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
	            "\"charge_expired_for_capture\"}}");
	assert_int_equal(ret.outcome, NO);
	assert_int_equal(ret.reason, RENT_DECLINE_EXPIRED);
	ret = parse(op_of(CAP), 400,
	            "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
	            "\"capture_charge_authorization_expired\"}}");
	assert_int_equal(ret.outcome, NO);
}

static void refunds(void **state)
{
	static const struct {
		const char *status;
		enum rent_outcome outcome;
	} rows[] = {
		{ "succeeded", YES }, { "pending", WAIT }, { "requires_action", WAIT },
		{ "failed", NO },     { "canceled", NO },  { "odd", WHAT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *one = rent_printf(
			arena,
			"{\"id\":\"re_1\",\"object\":\"refund\",\"status\":\"%s\",\"amount\":1200,"
			"\"currency\":\"eur\",\"payment_intent\":\"pi_1\",\"metadata\":{\"op\":"
			"\"op-1\"}}",
			rows[i].status);
		struct rent_payment_op look = op_of(LOOK);

		look.lookup_of = REF;
		assert_int_equal(parse(op_of(REF), 200, one).outcome, rows[i].outcome);
		assert_int_equal(parse(look, 200, one).outcome, rows[i].outcome);
		assert_int_equal(
			parse(look, 200,
		              rent_printf(
				      arena,
				      "{\"object\":\"list\",\"data\":[{\"id\":\"re_0\"},"
				      "%s],\"has_more\":true}",
				      one))
				.outcome,
			rows[i].outcome);
	}
}

static void a_page_without_our_id_proves_nothing_unless_it_is_the_last(void **state)
{
	struct rent_payment_op op = op_of(LOOK);
	struct rent_payment_result ret;

	(void)state;
	ret = parse(
		op, 200,
		"{\"object\":\"list\",\"data\":[{\"id\":\"pi_5\"}],\"has_more\":false}");
	assert_int_equal(ret.outcome, WHAT);
	assert_true(ret.not_found);
	ret = parse(
		op, 200,
		"{\"object\":\"list\",\"data\":[{\"id\":\"pi_5\"}],\"has_more\":true}");
	assert_false(ret.not_found);
	assert_string_equal(ret.cursor, "pi_5");
	ret = parse(op, 200, "{\"object\":\"list\",\"data\":[{\"id\":\"pi_5\"}]}");
	assert_false(ret.not_found);
	assert_string_equal(ret.cursor, "");
}

/* ---- the list */

struct seen {
	int n;
	struct rent_payment_entry last, first;
	char id[32], currency[8];
};

static int see(void *arg, const struct rent_payment_entry *entry)
{
	struct seen *seen = arg;

	if (seen->n++ == 0)
		seen->first = *entry;
	seen->last = *entry;
	(void)rent_copy(seen->id, sizeof(seen->id), entry->id);
	(void)rent_copy(seen->currency, sizeof(seen->currency), entry->currency);
	return 0;
}

static int list(const char *cursor, const char *body, struct seen *seen,
                char ret_cursor[RENT_REF_SIZE])
{
	struct rent_payment_page page = {
		.struct_size = sizeof(page), .since = T0, .cursor = cursor, .limit = 500
	};
	struct rent_upstream_reply reply = reply_of(200, body);

	reply.arena = arena;
	*seen = (struct seen){ 0 };
	req = (struct rent_upstream_request){ .struct_size = sizeof(req) };
	if (api()->build_list(self, &page, arena, &req, &err) != 0)
		return -1;
	return api()->parse_list(self, &page, &reply, see, seen, ret_cursor, &err);
}

static void the_list_is_all_intents_and_then_all_refunds(void **state)
{
	char cursor[RENT_REF_SIZE];
	struct seen seen;

	(void)state;
	assert_int_equal(
		list("",
	             rent_printf(
			     arena,
			     "{\"object\":\"list\",\"has_more\":true,\"data\":[{\"id\":"
			     "\"pi_1\",\"status\":\"succeeded\",\"capture_method\":\"manual\","
			     "\"amount\":5000,\"amount_received\":1750,\"currency\":\"eur\","
			     "\"created\":1764345600,\"metadata\":{\"op\":\"h\",\"capture_op\":"
			     "\"c\",\"rental\":\"r\",\"user\":\"u\"}}]}"),
	             &seen, cursor),
		0);
	assert_string_equal(req.target,
	                    "/v1/payment_intents?created%5Bgte%5D=1764345600&limit=100"
	                    "&expand%5B%5D=data.latest_charge");
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.first.kind, HOLD);
	assert_int_equal(seen.first.amount, 50);
	assert_int_equal(seen.last.kind, CAP);
	assert_int_equal(seen.last.amount, 18); /* 17.50 is not hidden */
	assert_string_equal(seen.id, "c");
	assert_string_equal(seen.currency, "EUR");
	assert_string_equal(cursor, "i:pi_1");
	assert_int_equal(list(cursor, "{\"data\":[],\"has_more\":false}", &seen, cursor),
	                 0);
	assert_string_equal(cursor, "r:");
	assert_int_equal(
		list(cursor,
	             "{\"has_more\":false,\"data\":[{\"id\":\"re_1\",\"status\":\"succeeded\","
	             "\"amount\":300,\"currency\":\"eur\",\"metadata\":{\"op\":\"x\"}}]}",
	             &seen, cursor),
		0);
	assert_string_equal(req.target,
	                    "/v1/refunds?created%5Bgte%5D=1764345600&limit=100");
	assert_int_equal(seen.last.kind, REF);
	assert_int_equal(seen.last.amount, 3);
	assert_string_equal(cursor, "");
	assert_int_equal(list("", "{\"data\":[{}],\"has_more\":false}", &seen, cursor),
	                 RENT_EFAIL);
	assert_int_equal(list("x:1", "{}", &seen, cursor), -1);
}

/* ---- events */

static const char B[] =
	"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"payment_intent.canceled\",\"created\":"
	"1764345600,\"data\":{\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":"
	"\"canceled\"}}}";
#define ROW1 "395de58d14dff147fe40dad0e1f84f7ef8dc46cbca9c23d9f79829091ff46219"
#define ROW2 "17f9bffcbe2b6798a4325bcdf4edc832558d6c9982050fdb66f6f3b9da651e44"
#define ROW3 "ff95a388c7b87a3b65421533a20216198959896c9364ee68a25ea997a43775e6"

static struct rent_event event;
static int events;

static int take_event(void *arg, const struct rent_event *e)
{
	(void)arg;
	event = *e;
	events++;
	return 0;
}

static const char *one_header(const void *arg, const char *name)
{
	return strcmp(name, "Stripe-Signature") == 0 ? arg : NULL;
}

static int deliver(const char *body, const char *signature, int64_t now)
{
	struct rent_event_message message = {
		.struct_size = sizeof(message),
		.now = now,
		.method = "POST",
		.rest = "",
		.query = "",
		.body = body,
		.body_size = strlen(body),
		.content_type = "application/json",
		.peer = "192.0.2.1",
		.header = one_header,
		.header_arg = signature,
		.arena = arena,
	};
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };

	events = 0;
	event = (struct rent_event){ 0 };
	return api()->parse_event(self, &message, take_event, NULL, &answer, &err);
}

static void only_stripes_signature_is_believed(void **state)
{
	static const char good[] = "t=1764345600,v1=" ROW1;
	char changed[sizeof(B)];

	(void)state;
	assert_int_equal(strlen(B), 163);
	assert_int_equal(deliver(B, good, T0), 0);
	assert_int_equal(events, 1);
	assert_true(event.proven);
	assert_string_equal(event.event_id, "evt_1");
	assert_string_equal(event.ref, "pi_1");
	assert_int_equal(event.kind, RENT_EVENT_HOLD_ENDED);
	assert_int_equal(event.at, T0);
	assert_int_equal(deliver(B, "t=1764345600,v1=" ROW2 ",v1=" ROW1 ",v0=00", T0), 0);
	assert_int_equal(deliver(B, good, T0 + 300 * RENT_SECOND), 0);
	assert_int_equal(deliver(B, good, T0 - 300 * RENT_SECOND), 0);
	assert_int_equal(deliver(B, good, T0 + 301 * RENT_SECOND), RENT_EPERM);
	assert_int_equal(deliver(B, good, T0 - 301 * RENT_SECOND), RENT_EPERM);
	assert_int_equal(events, 0);
	assert_int_equal(deliver(B, "t=1764345600,v1=" ROW2, T0), RENT_EPERM);
	assert_int_equal(deliver(B, "t=1764345600,v0=" ROW1, T0), RENT_EINVAL);
	assert_int_equal(deliver(B, "v1=" ROW1, T0), RENT_EINVAL);
	assert_int_equal(deliver(B, "t=,v1=" ROW1, T0), RENT_EINVAL);
	assert_int_equal(deliver(B, "t=1764345601,v1=" ROW1, T0), RENT_EPERM);
	assert_int_equal(deliver(B, NULL, T0), RENT_EINVAL);
	/* signed, and no event */
	assert_int_equal(deliver("{\"n\":\"\xc3\xa9\"}", "t=1764345600,v1=" ROW3, T0),
	                 RENT_EINVAL);
	memcpy(changed, B, sizeof(B));
	*(strstr(changed, "pi_1") + 3) = '2';
	assert_int_equal(deliver(changed, good, T0), RENT_EPERM);
	assert_int_equal(events, 0);
	open_with("webhook_secret", "whsec_test_rentald_0000");
	assert_int_equal(deliver(B, "t=1764345600,v1=" ROW2, T0), 0);
	open_with("webhook_secret", "");
	assert_int_equal(deliver(B, good, T0), RENT_EPERM);
	open_with("webhook_secret", "whsec_test_rentald_0001");
}

static int deliver_signed(const char *body)
{
	static const char secret[] = "whsec_test_rentald_0001";
	const char *text = rent_printf(arena, "1764345600.%s", body);
	unsigned char mac[RENT_SHA256_SIZE];
	char hex[2 * RENT_SHA256_SIZE + 1];

	host()->crypto->hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
	rent_hex(mac, sizeof(mac), hex);
	return deliver(body, rent_printf(arena, "t=1764345600,v1=%s", hex), T0);
}

static const char pi[] =
	"\"id\":\"pi_1\",\"currency\":\"eur\",\"amount_capturable\":1200,"
	"\"amount_received\":900,\"capture_method\":\"manual\",\"metadata\":{\"op\":\"h\","
	"\"capture_op\":\"c\"},\"last_payment_error\":{\"type\":\"card_error\",\"code\":"
	"\"expired_card\"}";
static const char dispute[] =
	"\"id\":\"dp_1\",\"payment_intent\":\"pi_1\",\"currency\":\"eur\",\"amount\":1200,"
	"\"reason\":\"fraudulent\"";
static const char by_hand[] =
	"\"id\":\"re_1\",\"payment_intent\":\"pi_1\",\"currency\":\"eur\",\"amount\":1200,"
	"\"status\":\"succeeded\"";
static const char ours[] =
	"\"id\":\"re_1\",\"payment_intent\":\"pi_1\",\"currency\":\"eur\",\"amount\":1200,"
	"\"status\":\"failed\",\"metadata\":{\"op\":\"x\"}";

static const struct {
	const char *type, *object, *cause;
	enum rent_event_kind kind;
	const char *op, *ref;
	enum rent_outcome outcome;
	int64_t amount;
} event_rows[] = {
	{ "payment_intent.amount_capturable_updated", pi, "", RENT_EVENT_OPERATION, "h",
	  "pi_1", YES, 12 },
	{ "payment_intent.succeeded", pi, "", RENT_EVENT_OPERATION, "c", "pi_1", YES, 9 },
	{ "payment_intent.payment_failed", pi, "", RENT_EVENT_OPERATION, "h", "pi_1", NO,
	  0 },
	{ "payment_intent.requires_action", pi, "", RENT_EVENT_ACTION_NEEDED, "h", "pi_1",
	  WHAT, 0 },
	{ "payment_intent.processing", pi, "", RENT_EVENT_OPERATION, "h", "pi_1", WAIT,
	  0 },
	{ "payment_intent.canceled", pi, "rel", RENT_EVENT_OPERATION, "rel", "pi_1", YES,
	  0 },
	{ "payment_intent.canceled", pi, "", RENT_EVENT_HOLD_ENDED, "h", "pi_1", WHAT,
	  0 },
	{ "charge.expired", dispute, "", RENT_EVENT_HOLD_ENDED, "", "pi_1", WHAT, 0 },
	{ "charge.refunded", dispute, "", RENT_EVENT_OTHER, "", "pi_1", WHAT, 0 },
	{ "refund.created", by_hand, "", RENT_EVENT_REFUNDED_OUTSIDE, "", "pi_1", YES,
	  12 },
	{ "refund.updated", by_hand, "", RENT_EVENT_REFUNDED_OUTSIDE, "", "pi_1", YES,
	  12 },
	{ "refund.failed", ours, "", RENT_EVENT_OPERATION, "x", "re_1", NO, 12 },
	{ "charge.dispute.created", dispute, "", RENT_EVENT_DISPUTE_OPENED, "", "pi_1",
	  WHAT, 12 },
	{ "charge.dispute.updated", dispute, "", RENT_EVENT_OTHER, "", "pi_1", WHAT, 12 },
	{ "charge.dispute.closed", dispute, "", RENT_EVENT_DISPUTE_CLOSED, "", "pi_1",
	  WHAT, 12 },
	{ "charge.dispute.funds_withdrawn", dispute, "", RENT_EVENT_DISPUTE_TOOK, "",
	  "pi_1", WHAT, 12 },
	{ "charge.dispute.funds_reinstated", dispute, "", RENT_EVENT_DISPUTE_RETURNED, "",
	  "pi_1", WHAT, 12 },
};

static void every_event_means_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(event_rows); i++) {
		const char *body = rent_printf(
			arena,
			"{\"id\":\"evt_%zu\",\"object\":\"event\",\"livemode\":false,\"type\":\"%s\","
			"\"created\":1764345600,\"request\":{\"idempotency_key\":\"%s\"},\"data\":{"
			"\"object\":{%s}}}",
			i, event_rows[i].type, event_rows[i].cause, event_rows[i].object);

		if (deliver_signed(body) != 0)
			fail_msg("%s: %s", event_rows[i].type, err.text);
		if (events != 1 || event.kind != event_rows[i].kind ||
		    event.outcome != event_rows[i].outcome ||
		    event.amount != event_rows[i].amount)
			fail_msg("%s: kind %d, outcome %d, amount %" PRId64,
			         event_rows[i].type, (int)event.kind, (int)event.outcome,
			         event.amount);
		assert_string_equal(rent_text(event.operation_id), event_rows[i].op);
		assert_string_equal(rent_text(event.ref), event_rows[i].ref);
		/* both reports of a refund by hand are one event */
		if (event.kind == RENT_EVENT_REFUNDED_OUTSIDE)
			assert_string_equal(event.event_id, "re_1.outside");
	}
	assert_int_equal(
		deliver_signed(
			"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"plan.created\"}"),
		0);
	assert_int_equal(events, 0);
	assert_int_equal(
		deliver_signed("{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,"
	                       "\"type\":\"payment_intent.canceled\"}"),
		RENT_EINVAL);
}

static void promises(void **state)
{
	struct rent_payment_caps caps = { .struct_size = sizeof(caps) };

	(void)state;
	api()->caps(self, &caps);
	assert_int_equal(caps.operations, 0x7e);
	assert_int_equal(caps.resend_us, 23 * RENT_HOUR);
	assert_int_equal(caps.hold_us, 114 * RENT_HOUR);
	assert_true(caps.capture_releases_rest);
	assert_true(caps.lookup_not_found_is_final);
	assert_string_equal(caps.currency, "EUR");
	assert_int_equal(caps.exponent, 0);
	assert_string_equal(caps.key_header, "Idempotency-Key");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promises),
		cmocka_unit_test(every_operation_is_built),
		cmocka_unit_test(lookups_go_by_id_or_by_time),
		cmocka_unit_test(what_makes_no_sense_is_not_sent),
		cmocka_unit_test(no_text_becomes_a_member),
		cmocka_unit_test(amounts_are_in_stripes_units),
		cmocka_unit_test(every_state_means_what_the_table_says),
		cmocka_unit_test(what_is_not_ours_says_nothing),
		cmocka_unit_test(a_hold_says_when_it_ends_and_what_was_saved),
		cmocka_unit_test(every_refusal_means_what_the_table_says),
		cmocka_unit_test(a_method_that_the_customer_made_up_is_declined),
		cmocka_unit_test(what_the_customer_names_raises_no_alarm),
		cmocka_unit_test(a_state_in_a_refusal_counts),
		cmocka_unit_test(refunds),
		cmocka_unit_test(
			a_page_without_our_id_proves_nothing_unless_it_is_the_last),
		cmocka_unit_test(the_list_is_all_intents_and_then_all_refunds),
		cmocka_unit_test(only_stripes_signature_is_believed),
		cmocka_unit_test(every_event_means_what_the_table_says),
	};

	if (argc != 2)
		return 64;
	(void)provider_setup;
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, setup, provider_teardown) == 0 ? 0 : 1;
}
