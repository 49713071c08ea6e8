/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/errors.c - Stripe's refusals. Only a body in Stripe's own words is
 * one: a proxy's page with status 400 or 402 says nothing.
 */
#include "stripe.h"

enum meaning {
	M_UNKNOWN = 0, /* the same id again */
	M_ASK,         /* look up */
	M_EXPIRED,     /* of a capture: the hold is gone */
	M_STATE,       /* as the intent in the error says */
	M_INVALID,     /* and a person must know */
	M_CARD,        /* see declines */
	M_LATER,       /* nothing happened */
};

/* The first row that fits. code: the whole of it, or its beginning before '*'; NULL: any. */
static const struct {
	int status;
	const char *code;
	enum meaning meaning;
} errors[] = {
	{ 400, "charge_expired_for_capture", M_EXPIRED },
	{ 400, "capture_charge_authorization_expired", M_EXPIRED },
	{ 400, "payment_intent_unexpected_state", M_STATE },
	{ 400, "charge_already_captured", M_STATE },
	{ 400, "charge_already_refunded", M_STATE },
	{ 400, "charge_disputed", M_STATE },
	{ 400, "amount_too_small", M_INVALID },
	{ 400, "amount_too_large", M_INVALID },
	{ 400, "parameter_*", M_INVALID },
	{ 401, NULL, M_INVALID },
	{ 402, NULL, M_CARD },
	{ 403, NULL, M_INVALID },
	{ 404, "resource_missing", M_INVALID },
	{ 429, "rate_limit", M_LATER },
	/* kept under the key, and replayed */
	{ 500, NULL, M_ASK },
};

static bool code_fits(const char *pattern, const char *code)
{
	size_t n;

	if (pattern == NULL)
		return true;
	n = strcspn(pattern, "*");
	return strncmp(pattern, code, n) == 0 && (pattern[n] == '*' || code[n] == '\0');
}

static enum meaning meaning_of(int status, const char *type, const char *code)
{
	if (status == 400 && strcmp(type, "idempotency_error") == 0)
		return M_INVALID;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (errors[i].status == status && code_fits(errors[i].code, code))
			return errors[i].meaning;
	}
	return M_UNKNOWN;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What the customer may name, his method and the address to come back to, is no mistake of ours
 * when Stripe does not take it. What the options say is. */
static bool is_of_the_customer(const struct stripe *s, const struct rent_payment_op *op,
                               int status, const struct rent_json *error)
{
	const char *param = s->json->text(error, "param"),
		   *code = s->json->text(error, "code");
	bool names_method = rent_text(op->method_ref)[0] != '\0' ||
	                    (s->user_is_payer && strchr(op->user_id, ':') != NULL);
	bool method = begins(param, "payment_method") || begins(code, "payment_method_");
	bool back = strcmp(param, "return_url") == 0 || begins(code, "url_");

	return (status == 400 || status == 404) &&
	       (op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE) &&
	       payment_says(s->json, error, "type", "invalid_request_error") &&
	       ((method && names_method) ||
	        (back && rent_text(op->return_url)[0] != '\0'));
}

void stripe_judge_error(const struct stripe *s, const struct rent_payment_op *op,
                        const struct rent_upstream_reply *reply,
                        const struct rent_json *error, struct rent_payment_result *ret)
{
	const char *type = s->json->text(error, "type"),
		   *code = s->json->text(error, "code");
	const struct rent_json *intent = s->json->get(error, "payment_intent");
	const char *id = s->json->text(intent, "id");

	(void)snprintf(ret->note, sizeof(ret->note), "HTTP %d", (int)reply->status);
	ret->retry_after_us = reply->retry_after_us > 0 ? reply->retry_after_us : 0;
	if (type[0] == '\0')
		return;
	stripe_note_word(ret, code[0] != '\0' ? code : type);
	if (is_of_the_customer(s, op, reply->status, error)) {
		payment_declined(ret, RENT_DECLINE_METHOD, "refused as it was named");
		stripe_note_word(ret, code[0] != '\0' ? code : type);
		return;
	}
	switch (meaning_of(reply->status, type, code)) {
	case M_UNKNOWN:
		break;
	case M_ASK:
		ret->ask = true;
		break;
	case M_EXPIRED:
		if (op->kind == RENT_PAY_CAPTURE) {
			ret->outcome = RENT_DECLINED;
			ret->reason = RENT_DECLINE_EXPIRED;
		}
		break;
	case M_STATE:
		stripe_judge_intent(s, op, op->kind, intent, ret);
		ret->ask = ret->outcome == RENT_UNKNOWN;
		break;
	case M_INVALID:
		ret->outcome = RENT_INVALID;
		ret->alert = true;
		break;
	case M_CARD:
		if (op->kind == RENT_PAY_LOOKUP)
			break;
		stripe_decline(s, error, ret);
		if (stripe_id_valid(id))
			(void)rent_copy(ret->ref, sizeof(ret->ref), id);
		break;
	case M_LATER:
		ret->outcome = RENT_NOT_EXECUTED;
		break;
	}
}
