/* SPDX-License-Identifier: MIT
 *
 * stubs/stripe.c - Stripe's dialect: what its requests say, how it refuses them, how it signs.
 */
#include "stripe.h"

#include "form.h"

#include <stdlib.h>

#define TEN_MINUTES (10 * RENT_MINUTE)

static bool knows(const struct rent_http_request *req)
{
	const char *who = req->header(req, "Authorization");

	return who != NULL && (strncmp(who, "Bearer sk_", 10) == 0 ||
	                       strncmp(who, "Bearer rk_", 10) == 0);
}

/* Hundredths into units of the bank, which knows no less. */
static bool read_amount(const char *text, int64_t *ret)
{
	char *end = NULL;
	long long n = strtoll(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || n < 1 || n % 100 != 0)
		return false;
	*ret = n / 100;
	return true;
}

static const char *read_create(const struct acquirer *a, const struct form *f,
                               struct acq_request *ret)
{
	const char *currency = form_get(f, "currency");
	const char *user = form_get(f, "metadata[user]");

	ret->kind = strcmp(form_get(f, "capture_method"), "manual") == 0 ? KIND_HOLD
	                                                                 : KIND_CHARGE;
	ret->customer = form_get(f, "customer");
	ret->user = user[0] != '\0' ? user : ret->customer;
	ret->rental = form_get(f, "metadata[rental]");
	ret->method = form_get(f, "payment_method");
	ret->return_url = form_get(f, "return_url");
	ret->on_session = strcmp(form_get(f, "off_session"), "true") != 0;
	ret->saves = strcmp(form_get(f, "setup_future_usage"), "off_session") == 0;
	if (strcasecmp(currency, a->currency) != 0)
		return "currency";
	if (ret->method[0] == '\0')
		return "payment_method";
	if (strcmp(form_get(f, "confirm"), "true") != 0)
		return "confirm";
	if (strcmp(form_get(f, "metadata[op]"), ret->key) != 0)
		return "metadata[op]";
	return read_amount(form_get(f, "amount"), &ret->amount) ? NULL : "amount";
}

static const char *read(const struct acquirer *a, const struct rent_http_request *req,
                        struct acq_request *ret)
{
	struct form f;

	if (!form_read(req, &f))
		return "body";
	if (ret->kind == KIND_RELEASE)
		return NULL;
	if (ret->kind == KIND_CAPTURE)
		return read_amount(form_get(&f, "amount_to_capture"), &ret->amount)
		               ? NULL
		               : "amount_to_capture";
	if (ret->kind != KIND_REFUND)
		return read_create(a, &f, ret);
	ret->id = form_get(&f, "payment_intent");
	return read_amount(form_get(&f, "amount"), &ret->amount) ? NULL : "amount";
}

static const char *parameter(const struct rent_http_request *req, const char *name)
{
	for (uint32_t i = 0; i < req->query_count; i++) {
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value;
	}
	return "";
}

static int64_t number(const struct rent_http_request *req, const char *name, int64_t def)
{
	const char *text = parameter(req, name);

	return text[0] == '\0' ? def : strtoll(text, NULL, 10);
}

static const char *read_page(const struct rent_http_request *req, struct acq_page *ret)
{
	int64_t limit = number(req, "limit", 10);
	int64_t to = number(req, "created[lte]", INT64_MAX / RENT_SECOND - 1);

	ret->from = number(req, "created[gte]", 0) * RENT_SECOND;
	ret->to = (to + 1) * RENT_SECOND - 1;
	ret->customer = parameter(req, "customer");
	ret->payment = parameter(req, "payment_intent");
	ret->after = parameter(req, "starting_after");
	ret->limit = (size_t)limit;
	return limit < 1 || limit > 100 ? "limit" : NULL;
}

/* Stripe's test cards, and one for each switch: its name. */
static const char *card(const struct acq_request *r)
{
	static const struct {
		const char *method, *row;
	} cards[] = {
		{ "pm_card_authenticationRequired", "requires_action" },
		{ "pm_card_chargeDeclined", "generic_decline" },
		{ "pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds" },
	};

	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		if (strcmp(cards[i].method, r->method) == 0)
			return cards[i].row;
	}
	return r->method;
}

static void sign(const struct acquirer *a, const struct acq_report *r, int64_t now,
                 char ret[256])
{
	const char *secret = r->forged ? "whsec_of_somebody_else" : a->secret;
	int64_t t = (now - (r->stale ? TEN_MINUTES : 0)) / RENT_SECOND;
	unsigned char mac[RENT_SHA256_SIZE];
	char v1[2 * RENT_SHA256_SIZE + 1];
	struct text message = { 0 };

	text_int(&message, t);
	text_str(&message, ".");
	text_str(&message, r->body);
	a->host->crypto->hmac_sha256(secret, strlen(secret), message.p, message.n, mac);
	text_done(&message);
	rent_hex(mac, sizeof(mac), v1);
	(void)snprintf(ret, 256, "t=%" PRId64 ",v1=%s", t, v1);
}

#define INVALID "invalid_request_error"

static const struct switch_row no_money = { "insufficient_funds", 0,
	                                    DOES_REFUSE,          402,
	                                    "card_error",         "card_declined",
	                                    "insufficient_funds", .embeds = true };
static const struct switch_row limit = { "card_velocity_exceeded",
	                                 0,
	                                 DOES_REFUSE,
	                                 402,
	                                 "card_error",
	                                 "card_declined",
	                                 "card_velocity_exceeded",
	                                 .embeds = true };
static const struct switch_row blocked = { "do_not_honor", 0,
	                                   DOES_REFUSE,    402,
	                                   "card_error",   "card_declined",
	                                   "do_not_honor", .embeds = true };
static const struct switch_row absent = { "authentication_required",
	                                  0,
	                                  DOES_REFUSE,
	                                  402,
	                                  "card_error",
	                                  "authentication_required",
	                                  .embeds = true };

const struct acq_dialect stripe_dialect = {
	.name = "stripe",
	.key_header = "Idempotency-Key",
	.payment_prefix = "pi_",
	.refund_prefix = "re_",
	.rows = stripe_rows,
	.row_count = &stripe_row_count,
	.no_money = &no_money,
	.limit = &limit,
	.blocked = &blocked,
	.absent = &absent,
	.keeps_answers = true,
	.refusal_is_error = true,
	.knows = knows,
	.read = read,
	.read_page = read_page,
	.card = card,
	.payment = stripe_payment,
	.refund = stripe_refund,
	.error = stripe_error,
	.page = stripe_page,
	.event = stripe_event,
	.lie = stripe_lie,
	.busy = { 409, "idempotency_error", "idempotency_key_in_use", NULL, NULL, NULL },
	.reused = { 400, "idempotency_error", NULL, NULL, NULL, NULL },
	.signature_header = "Stripe-Signature",
	.sign = sign,
	.no_such = { 404, INVALID, "resource_missing", NULL, "id", NULL },
	.wrong_state = { 400, INVALID, "payment_intent_unexpected_state", NULL, NULL,
	                 NULL },
	.too_much = { 400, INVALID, "amount_too_large", NULL, "amount", NULL },
	.malformed = { 400, INVALID, "parameter_invalid", NULL, NULL, NULL },
	.unknown = { 401, INVALID, NULL, NULL, NULL, NULL },
};
