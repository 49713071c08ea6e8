/* SPDX-License-Identifier: MIT
 *
 * stubs/stripe_rows.c - what can go wrong at Stripe: the rows of its documentation, by name.
 */
#include "stripe.h"
#include "switch_rows.h"

#define INVALID "invalid_request_error"

/* clang-format off */
/* The bank's word, or a code of its own. */
#define DECLINED(word_) { word_, SW_CREATE, DOES_REFUSE, .status = 402, .type = "card_error", .code = "card_declined", .word = (word_), .kept = true, .embeds = true }
#define CARD(word_)     { word_, SW_CREATE, DOES_REFUSE, .status = 402, .type = "card_error", .code = (word_), .kept = true, .embeds = true }
#define DOES(name_, ops_, does_) { name_, ops_, does_, .kept = true }

const struct switch_row stripe_rows[] = {
	DECLINED("insufficient_funds"),
	DECLINED("withdrawal_count_limit_exceeded"),
	DECLINED("card_velocity_exceeded"),
	DECLINED("lost_card"),
	DECLINED("stolen_card"),
	DECLINED("pickup_card"),
	DECLINED("restricted_card"),
	DECLINED("do_not_honor"),
	DECLINED("generic_decline"),
	DECLINED("fraudulent"),
	DECLINED("card_not_supported"),
	DECLINED("invalid_account"),
	CARD("expired_card"),
	CARD("incorrect_cvc"),
	CARD("incorrect_number"),
	CARD("payment_intent_authentication_failure"),
	CARD("authentication_required"),
	CARD("processing_error"),
	CARD("issuer_not_available"),
	{ "refused_in_the_intent", SW_CREATE, DOES_REFUSE, .status = 200, .type = "card_error", .code = "card_declined", .word = "generic_decline", .kept = true },

	DOES("requires_action", SW_CREATE, DOES_ACTION),
	DOES("use_stripe_sdk", SW_CREATE, DOES_SDK),
	DOES("processing", SW_CREATE | REFUND, DOES_PENDING),
	DOES("processing_then_refused", SW_CREATE | REFUND, DOES_FALL),
	DOES("refund_failed", REFUND, DOES_REFUSE),
	DOES("refund_failed_later", REFUND, DOES_FALL_AFTER),
	DOES("canceled", HOLD | SW_CHANGE, DOES_END),
	DOES("captured_at_once", HOLD, DOES_TAKE),
	DOES("only_held", CHARGE, DOES_HOLD),
	DOES("in_part", CHARGE, DOES_PART),
	DOES("short_hold", HOLD, DOES_SHORT),
	DOES("not_done", SW_CHANGE, DOES_IGNORE),
	DOES("captured_by_hand", SW_CHANGE, DOES_HAND_CAPTURE),
	DOES("canceled_by_hand", CAPTURE, DOES_HAND_CANCEL),

	{ "charge_expired_for_capture", CAPTURE, DOES_END, .status = 400, .type = INVALID, .code = "charge_expired_for_capture", .kept = true },
	{ "capture_charge_authorization_expired", CAPTURE, DOES_END, .status = 400, .type = INVALID, .code = "capture_charge_authorization_expired", .kept = true },
	{ "payment_intent_unexpected_state", SW_CHANGE, DOES_ANSWER, .status = 400, .type = INVALID, .code = "payment_intent_unexpected_state", .kept = true },
	{ "charge_already_captured", CAPTURE, DOES_ACT, .status = 400, .type = INVALID, .code = "charge_already_captured", .kept = true, .embeds = true },
	{ "charge_already_refunded", REFUND, DOES_ACT, .status = 400, .type = INVALID, .code = "charge_already_refunded", .kept = true },
	{ "charge_disputed", REFUND, DOES_ANSWER, .status = 400, .type = INVALID, .code = "charge_disputed", .kept = true },
	{ "amount_too_small", SW_CREATE, DOES_ANSWER, .status = 400, .type = INVALID, .code = "amount_too_small", .param = "amount" },
	{ "amount_too_large", SW_MONEY, DOES_ANSWER, .status = 400, .type = INVALID, .code = "amount_too_large", .param = "amount" },
	{ "parameter_unknown", SW_MONEY, DOES_ANSWER, .status = 400, .type = INVALID, .code = "parameter_unknown", .param = "expand" },
	{ "payment_method_unknown", SW_CREATE, DOES_ANSWER, .status = 400, .type = INVALID, .code = "resource_missing", .param = "payment_method" },
	{ "idempotency_error", SW_MONEY, DOES_ANSWER, .status = 400, .type = "idempotency_error" },
	{ "resource_missing", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 404, .type = INVALID, .code = "resource_missing", .param = "id" },
	{ "unauthorized", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 401, .type = INVALID },
	{ "forbidden", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 403, .type = INVALID, .code = "secret_key_required" },
	{ "idempotency_key_in_use", SW_MONEY, DOES_ANSWER, .status = 409, .type = "idempotency_error", .code = "idempotency_key_in_use" },
	{ "lock_timeout", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 429, .type = INVALID, .code = "lock_timeout" },
	{ "rate_limit", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 429, .type = INVALID, .code = "rate_limit" },
	{ "external_dependency_failed", SW_MONEY, DOES_ANSWER, .status = 424, .type = "api_error" },
	{ "kept_500", SW_MONEY, DOES_ANSWER, .status = 500, .type = "api_error", .kept = true },
	{ "kept_500_done", SW_MONEY, DOES_ACT, .status = 500, .type = "api_error", .kept = true },
	{ "status_500", SW_ASK, DOES_ANSWER, .status = 500, .type = "api_error" },
	{ "unavailable", SW_MONEY | SW_ASK, DOES_ANSWER, .status = 503, .type = "api_error" },

	SWITCH_ROWS_OF_ALL(DOES),
	DOES("stale", REPORT, DOES_STALE),
};
/* clang-format on */

const size_t stripe_row_count = sizeof(stripe_rows) / sizeof(stripe_rows[0]);
