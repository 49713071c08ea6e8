/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/replies.c - YooKassa's objects and refusals into outcomes. An answer
 * that no table in here names leaves the result as it came: UNKNOWN.
 */
#include "yookassa.h"

#include <rent/time.h>

static void succeed(const struct yookassa *y, const struct rent_payment_op *op,
                    const struct rent_json *o, struct rent_payment_result *ret)
{
	if (!yookassa_units(y, y->json->text(o, "amount.value"), op->amount,
	                    &ret->processed)) {
		payment_odd_amount(ret, "YooKassa");
		return;
	}
	ret->outcome = RENT_SUCCEEDED;
}

/* cancellation_details.reason; all others: OTHER. */
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
};

static const char *sound_word(const char *word, const char *other)
{
	return strlen(word) < 64 && payment_is_word(word) ? word : other;
}

/* ---- the rows of the table, one function for each meaning */

typedef void (*row_fn)(const struct yookassa *y, const struct rent_payment_op *op,
                       const struct rent_json *payment, struct rent_payment_result *ret);

/* With an address the customer must go there; capture and release make no sense of that. */
static void row_pending(const struct yookassa *y, const struct rent_payment_op *op,
                        const struct rent_json *payment, struct rent_payment_result *ret)
{
	const char *url = y->json->text(payment, "confirmation.confirmation_url");

	(void)op;
	if (url[0] == '\0') {
		ret->outcome = RENT_PENDING;
		return;
	}
	if (!rent_visible_ascii(url, RENT_ACTION_SIZE - 1))
		return;
	ret->outcome = RENT_PENDING;
	ret->action = RENT_ACTION_REDIRECT;
	(void)rent_copy(ret->action_value, sizeof(ret->action_value), url);
	(void)rent_copy(ret->note, sizeof(ret->note), "the customer must confirm");
}

static void row_under_way(const struct yookassa *y, const struct rent_payment_op *op,
                          const struct rent_json *payment,
                          struct rent_payment_result *ret)
{
	(void)op;
	if (y->json->text(payment, "confirmation.confirmation_url")[0] == '\0')
		ret->outcome = RENT_PENDING;
}

static void row_held(const struct yookassa *y, const struct rent_payment_op *op,
                     const struct rent_json *payment, struct rent_payment_result *ret)
{
	int64_t until;

	succeed(y, op, payment, ret);
	if (rent_time_parse(y->json->text(payment, "expires_at"), &until) && until > 0)
		ret->expires_at = until;
}

static void row_taken(const struct yookassa *y, const struct rent_payment_op *op,
                      const struct rent_json *payment, struct rent_payment_result *ret)
{
	succeed(y, op, payment, ret);
}

static void row_not_yet(const struct yookassa *y, const struct rent_payment_op *op,
                        const struct rent_json *payment, struct rent_payment_result *ret)
{
	(void)y;
	(void)payment;
	payment_hold_stands(op, ret);
}

static void row_refused(const struct yookassa *y, const struct rent_payment_op *op,
                        const struct rent_json *payment, struct rent_payment_result *ret)
{
	const char *why = y->json->text(payment, "cancellation_details.reason");

	(void)op;
	payment_declined(ret, RENT_DECLINE_OTHER, sound_word(why, "canceled"));
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (strcmp(reasons[i].word, why) == 0)
			ret->reason = reasons[i].reason;
	}
}

static void row_over(const struct yookassa *y, const struct rent_payment_op *op,
                     const struct rent_json *payment, struct rent_payment_result *ret)
{
	(void)y;
	(void)op;
	(void)payment;
	payment_declined(ret, RENT_DECLINE_EXPIRED, "canceled");
}

static void row_released(const struct yookassa *y, const struct rent_payment_op *op,
                         const struct rent_json *payment, struct rent_payment_result *ret)
{
	(void)y;
	(void)payment;
	payment_released(op, ret);
}

static void row_too_late(const struct yookassa *y, const struct rent_payment_op *op,
                         const struct rent_json *payment, struct rent_payment_result *ret)
{
	(void)y;
	(void)op;
	(void)payment;
	payment_declined(ret, RENT_DECLINE_OTHER, "succeeded");
}

/* NULL: UNKNOWN. In the order hold, capture, release, charge. */
static const struct {
	const char *status;
	row_fn rows[4];
} states[] = {
	{ "pending", { row_pending, row_under_way, row_under_way, row_pending } },
	{ "waiting_for_capture", { row_held, row_not_yet, row_not_yet, NULL } },
	{ "succeeded", { NULL, row_taken, row_too_late, row_taken } },
	{ "canceled", { row_refused, row_over, row_released, row_refused } },
};

static void judge_payment(const struct yookassa *y, const struct rent_payment_op *op,
                          enum rent_payment_kind kind, const struct rent_json *payment,
                          struct rent_payment_result *ret)
{
	const char *id = y->json->text(payment, "id");
	const char *status = y->json->text(payment, "status");
	const char *method = y->json->text(payment, "payment_method.id");
	bool on_hold = kind == RENT_PAY_CAPTURE || kind == RENT_PAY_RELEASE,
	     saved = false;

	if (kind < RENT_PAY_HOLD || kind > RENT_PAY_CHARGE || !yookassa_id_valid(id) ||
	    !payment_says(y->json, payment, "amount.currency", y->caps.currency) ||
	    (on_hold ? strcmp(id, op->target_ref) != 0
	             : !payment_says(y->json, payment, "metadata.op", op->id)) ||
	    (!on_hold && op->ref[0] != '\0' && strcmp(id, op->ref) != 0))
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), id);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		row_fn row = states[i].rows[kind - RENT_PAY_HOLD];

		if (strcmp(states[i].status, status) == 0 && row != NULL)
			row(y, op, payment, ret);
	}
	if (ret->outcome == RENT_SUCCEEDED && yookassa_id_valid(method) &&
	    y->json->boolean(payment, "payment_method.saved", &saved) && saved)
		(void)rent_copy(ret->method_ref, sizeof(ret->method_ref), method);
}

static void judge_refund(const struct yookassa *y, const struct rent_payment_op *op,
                         const struct rent_json *refund, struct rent_payment_result *ret)
{
	const char *id = y->json->text(refund, "id");
	const char *whose = y->json->text(refund, "description");
	bool of_op =
		op->id[0] == '\0' ? !yookassa_is_ours(whose) : strcmp(whose, op->id) == 0;

	if (!yookassa_id_valid(id) ||
	    !payment_says(y->json, refund, "amount.currency", y->caps.currency) ||
	    !payment_says(y->json, refund, "payment_id", op->target_ref) || !of_op ||
	    (op->ref[0] != '\0' && strcmp(id, op->ref) != 0))
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), id);
	if (payment_says(y->json, refund, "status", "succeeded"))
		succeed(y, op, refund, ret);
	else if (payment_says(y->json, refund, "status", "pending"))
		ret->outcome = RENT_PENDING;
	else if (payment_says(y->json, refund, "status", "canceled"))
		row_refused(y, op, refund, ret);
}

/* ---- a page of a list, searched for our id */

static void judge_page(const struct yookassa *y, const struct rent_payment_op *op,
                       const struct rent_json *page, struct rent_payment_result *ret)
{
	bool refund = op->lookup_of == RENT_PAY_REFUND;
	const char *next = y->json->text(page, "next_cursor");
	size_t n = y->json->count(page, "items");

	if (y->json->type(page, "items") != RENT_JSON_ARRAY)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct rent_json *o = y->json->at(page, "items", i, NULL);

		if (!payment_says(y->json, o, refund ? "description" : "metadata.op",
		                  op->id))
			continue;
		if (refund)
			judge_refund(y, op, o, ret);
		else
			judge_payment(y, op, op->lookup_of, o, ret);
		return;
	}
	if (y->json->get(page, "next_cursor") == NULL)
		ret->not_found = true;
	else if (rent_visible_ascii(next, RENT_REF_SIZE - 1))
		(void)rent_copy(ret->cursor, sizeof(ret->cursor), next);
}

/* ---- refusals. Only a body in YooKassa's own words is one. */

/* What the customer may name, his method and the address to come back to, is no mistake of ours. */
static bool is_of_the_customer(const struct yookassa *y, const struct rent_payment_op *op,
                               const struct rent_json *body)
{
	const char *parameter = y->json->text(body, "parameter");

	return strcmp(parameter, "payment_method_id") == 0 ||
	       (strcmp(parameter, "confirmation.return_url") == 0 &&
	        rent_text(op->return_url)[0] != '\0');
}

static void judge_error(const struct yookassa *y, const struct rent_payment_op *op,
                        const struct rent_upstream_reply *reply,
                        const struct rent_json *body, struct rent_payment_result *ret)
{
	bool create = op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE;
	int64_t wait = 0;

	(void)snprintf(ret->note, sizeof(ret->note), "HTTP %d", (int)reply->status);
	ret->retry_after_us = reply->retry_after_us > 0 ? reply->retry_after_us : 0;
	if (y->json->integer(body, "retry_after", 1, INT64_C(3600000), &wait))
		ret->retry_after_us = wait * 1000;
	if (!payment_says(y->json, body, "type", "error"))
		return;
	(void)rent_copy(ret->note, sizeof(ret->note),
	                sound_word(y->json->text(body, "code"), "refused"));
	switch (reply->status) {
	case 400:
		/* of a capture, cancel or refund: the state is another, and a lookup says which */
		if (!create &&
		    !payment_says(y->json, body, "parameter", "Idempotence-Key")) {
			ret->ask = op->kind != RENT_PAY_LOOKUP;
			break;
		}
		if (create && is_of_the_customer(y, op, body)) {
			payment_declined(ret, RENT_DECLINE_METHOD,
			                 "refused as it was named");
			break;
		}
		ret->outcome = RENT_INVALID;
		ret->alert = true;
		break;
	case 401:
	case 403:
	case 404:
		ret->outcome = RENT_INVALID;
		ret->alert = true;
		break;
	case 429:
		ret->outcome = RENT_NOT_EXECUTED;
		break;
	default:
		break;
	}
}

void yookassa_parse(void *self, const struct rent_payment_op *op,
                    const struct rent_upstream_reply *reply,
                    struct rent_payment_result *ret)
{
	const struct yookassa *y = self;
	const struct rent_json *body =
		y->json->parse(reply->arena, reply->body, reply->body_size);
	enum rent_payment_kind kind =
		op->kind == RENT_PAY_LOOKUP ? op->lookup_of : op->kind;

	if (reply->status != 200)
		judge_error(y, op, reply, body, ret);
	else if (op->kind == RENT_PAY_LOOKUP &&
	         payment_says(y->json, body, "type", "list"))
		judge_page(y, op, body, ret);
	else if (kind == RENT_PAY_REFUND)
		judge_refund(y, op, body, ret);
	else
		judge_payment(y, op, kind, body, ret);
}
