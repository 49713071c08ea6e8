/* SPDX-License-Identifier: MIT
 *
 * stubs/yookassa_rows.c - what can go wrong at YooKassa: the rows of its documentation, by name.
 */
#include "switch_rows.h"
#include "yookassa.h"

/* clang-format off */
#define CANCELED(reason_)              { reason_, SW_CREATE | REFUND, DOES_REFUSE, .status = 0 }
#define DOES(name_, ops_, does_)       { name_, ops_, does_, .status = 0 }
#define ANSWER(name_, ops_, status_)   { name_, ops_, DOES_ANSWER, .status = (status_), .type = "error", .code = (name_) }

const struct switch_row yookassa_rows[] = {
	CANCELED("insufficient_funds"),
	CANCELED("payment_method_limit_exceeded"),
	CANCELED("card_expired"),
	CANCELED("invalid_card_number"),
	CANCELED("invalid_csc"),
	CANCELED("payment_method_restricted"),
	CANCELED("country_forbidden"),
	CANCELED("fraud_suspected"),
	CANCELED("call_issuer"),
	CANCELED("general_decline"),
	CANCELED("identification_required"),
	CANCELED("3d_secure_failed"),
	CANCELED("permission_revoked"),
	CANCELED("expired_on_confirmation"),
	CANCELED("issuer_unavailable"),
	CANCELED("internal_timeout"),

	DOES("confirmation", SW_CREATE, DOES_ACTION),
	DOES("pending", SW_CREATE | REFUND, DOES_PENDING),
	DOES("pending_then_canceled", SW_CREATE | REFUND, DOES_FALL),
	DOES("expired_on_capture", HOLD | SW_CHANGE, DOES_END),
	DOES("succeeded_at_once", HOLD, DOES_TAKE),
	DOES("only_held", CHARGE, DOES_HOLD),
	DOES("in_part", CHARGE, DOES_PART),
	DOES("short_hold", HOLD, DOES_SHORT),
	DOES("not_done", SW_CHANGE, DOES_IGNORE),
	DOES("captured_by_hand", SW_CHANGE, DOES_HAND_CAPTURE),
	DOES("canceled_by_hand", CAPTURE, DOES_HAND_CANCEL),

	ANSWER("invalid_request", SW_MONEY, 400),
	{ "invalid_receipt", SW_MONEY, DOES_ANSWER, .status = 400, .type = "error", .code = "invalid_request", .param = "receipt" },
	{ "invalid_method", SW_CREATE, DOES_ANSWER, .status = 400, .type = "error", .code = "invalid_request", .param = "payment_method_id" },
	{ "done_and_refused", SW_CHANGE | REFUND, DOES_ACT, .status = 400, .type = "error", .code = "invalid_request" },
	{ "key_duplicated", SW_MONEY, DOES_ANSWER, .status = 400, .type = "error", .code = "invalid_request", .param = "Idempotence-Key" },
	ANSWER("invalid_credentials", SW_MONEY | SW_ASK, 401),
	ANSWER("forbidden", SW_MONEY | SW_ASK, 403),
	ANSWER("not_found", SW_MONEY | SW_ASK, 404),
	ANSWER("method_not_allowed", SW_MONEY, 405),
	ANSWER("unsupported_media_type", SW_MONEY, 415),
	ANSWER("too_many_requests", SW_MONEY | SW_ASK, 429),
	ANSWER("internal_server_error", SW_MONEY | SW_ASK, 500),
	{ "done_and_500", SW_MONEY, DOES_ACT, .status = 500, .type = "error", .code = "internal_server_error" },
	{ "processing", SW_MONEY, DOES_ANSWER, .status = 202, .type = "processing" },
	{ "done_and_processing", SW_MONEY, DOES_ACT, .status = 202, .type = "processing" },

	SWITCH_ROWS_OF_ALL(DOES),
};
/* clang-format on */

const size_t yookassa_row_count = sizeof(yookassa_rows) / sizeof(yookassa_rows[0]);
