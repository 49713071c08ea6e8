/* SPDX-License-Identifier: MIT
 *
 * acmepay.c - payments through AcmePay. See README.md for the dialect.
 */
#include <rent/payment_plugin.h>
#include <stdlib.h>

struct acme {
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
	const char *currency;
	int digits; /* AcmePay counts in minor units */
};

/* By enum rent_payment_kind. */
static const struct {
	const char *type, *done; /* what AcmePay calls the operation, and its success */
} words[] = {
	[RENT_PAY_HOLD] = { "authorize", "authorized" },
	[RENT_PAY_CAPTURE] = { "capture", "captured" },
	[RENT_PAY_RELEASE] = { "void", "voided" },
	[RENT_PAY_CHARGE] = { "sale", "captured" },
	[RENT_PAY_REFUND] = { "refund", "refunded" },
};

static const struct {
	const char *word;
	enum rent_decline_reason reason;
} failures[] = {
	{ "insufficient_funds", RENT_DECLINE_FUNDS },
	{ "card_blocked", RENT_DECLINE_METHOD },
	{ "card_expired", RENT_DECLINE_METHOD },
	{ "authorization_gone", RENT_DECLINE_EXPIRED },
};

static void acme_caps(void *self, struct rent_payment_caps *ret)
{
	const struct acme *a = self;

	ret->operations = RENT_PAY_BIT(RENT_PAY_HOLD) | RENT_PAY_BIT(RENT_PAY_CAPTURE) |
	                  RENT_PAY_BIT(RENT_PAY_RELEASE) | RENT_PAY_BIT(RENT_PAY_CHARGE) |
	                  RENT_PAY_BIT(RENT_PAY_REFUND) | RENT_PAY_BIT(RENT_PAY_LOOKUP);
	ret->resend_us = 24 * RENT_HOUR;
	ret->lookup_settle_us = 10 * RENT_SECOND;
	ret->lookup_not_found_is_final = false; /* the list may lag */
	ret->capture_releases_rest = true;
	ret->hold_us = 7 * 24 * RENT_HOUR;
	ret->exponent = a->digits;
	(void)rent_copy(ret->currency, sizeof(ret->currency), a->currency);
}

/* ---- operation → request */
static int acme_form(const struct acme *a, const struct rent_payment_op *op,
                     int64_t minor, struct rent_arena *arena,
                     struct rent_upstream_request *ret)
{
	struct rent_form form = { .arena = arena };
	char *of = rent_url_encode(arena, op->target_ref);

	if (of == NULL)
		return RENT_ENOMEM;
	rent_form_add(&form, "client_ref", op->id);
	if (op->kind != RENT_PAY_RELEASE)
		rent_form_add_int(&form, "amount_minor", minor);
	switch (op->kind) {
	case RENT_PAY_HOLD:
	case RENT_PAY_CHARGE:
		ret->target = "/v2/payments";
		ret->endpoint = "payments";
		rent_form_add(&form, "intent", words[op->kind].type);
		rent_form_add(&form, "currency", a->currency);
		rent_form_add(&form, "customer", op->user_id);
		rent_form_add(&form, "order", op->rental_id);
		break;
	case RENT_PAY_CAPTURE:
		ret->target = rent_printf(arena, "/v2/payments/%s/captures", of);
		ret->endpoint = "payments/captures";
		rent_form_add(&form, "final", op->final ? "yes" : "no");
		break;
	case RENT_PAY_RELEASE:
		ret->target = rent_printf(arena, "/v2/payments/%s/void", of);
		ret->endpoint = "payments/void";
		break;
	default:
		ret->target = "/v2/refunds";
		ret->endpoint = "refunds";
		rent_form_add(&form, "of", op->target_ref);
	}
	ret->body = rent_form_body(&form);
	return ret->target == NULL || ret->body == NULL ? RENT_ENOMEM : 0;
}

static int acme_lookup(const struct rent_payment_op *op, struct rent_arena *arena,
                       struct rent_upstream_request *ret)
{
	char *id = rent_url_encode(arena, op->id);

	ret->method = "GET";
	ret->endpoint = "payments";
	ret->target =
		id == NULL ? NULL : rent_printf(arena, "/v2/payments?client_ref=%s", id);
	return ret->target == NULL ? RENT_ENOMEM : 0;
}

static int acme_build(void *self, const struct rent_payment_op *op,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	const struct acme *a = self;
	bool refers = op->kind == RENT_PAY_CAPTURE || op->kind == RENT_PAY_RELEASE ||
	              op->kind == RENT_PAY_REFUND;
	int64_t minor;
	char *key;

	ret->upstream = a->upstream;
	ret->flags = RENT_RESEND_SAFE;
	if (op->kind == RENT_PAY_LOOKUP)
		return acme_lookup(op, arena, ret) < 0
		               ? rent_fail(err, RENT_ENOMEM, "no room for the request")
		               : 0;
	if (op->kind < RENT_PAY_HOLD || op->kind > RENT_PAY_REFUND)
		return rent_fail(err, RENT_EUNSUPPORTED, "AcmePay has no operation %d",
		                 (int)op->kind);
	if (op->amount <= 0 || !rent_minor(op->amount, a->digits, &minor))
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	if (refers && op->target_ref[0] == '\0')
		return rent_fail(err, RENT_EINVAL, "AcmePay's id of '%s' is not known",
		                 op->target_id);
	key = rent_strdup(arena, op->id);
	if (key == NULL || acme_form(a, op, minor, arena, ret) < 0)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->method = "POST";
	ret->body_size = strlen(ret->body);
	ret->headers[0] = (struct rent_header){ "Content-Type",
		                                "application/x-www-form-urlencoded" };
	ret->headers[1] = (struct rent_header){ "X-Acme-Idempotency", key };
	return 0;
}

/* ---- reply → outcome */
static void acme_declined(const char *word, struct rent_payment_result *ret)
{
	bool plain = rent_visible_ascii(word, RENT_NOTE_SIZE - 1);

	ret->outcome = RENT_DECLINED;
	ret->reason = RENT_DECLINE_OTHER;
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (strcmp(word, failures[i].word) == 0)
			ret->reason = failures[i].reason;
	}
	(void)rent_copy(ret->note, sizeof(ret->note), plain ? word : "failed");
}

static void acme_done(const struct acme *a, const struct rent_payment_op *op,
                      const struct rent_json *o, struct rent_payment_result *ret)
{
	int64_t minor, units, seconds;

	/* half a unit of ours moved: nothing that we could write down */
	if (!a->json->integer(o, "amount_minor", 1, INT64_MAX, &minor) ||
	    !rent_units(minor, a->digits, &units) || units > op->amount)
		return;
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = units;
	if (a->json->integer(o, "expires_at", 1, INT64_C(99999999999), &seconds))
		ret->expires_at = seconds * RENT_SECOND;
}

/* The object of an operation, if it is ours. */
static void acme_object(const struct acme *a, const struct rent_payment_op *op,
                        enum rent_payment_kind kind, const struct rent_json *o,
                        struct rent_payment_result *ret)
{
	const char *id = a->json->text(o, "id"), *state = a->json->text(o, "state");

	if (kind < RENT_PAY_HOLD || kind > RENT_PAY_REFUND ||
	    strcmp(a->json->text(o, "client_ref"), op->id) != 0 ||
	    strcmp(a->json->text(o, "type"), words[kind].type) != 0 ||
	    !rent_visible_ascii(id, RENT_REF_SIZE - 1))
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), id);
	if (strcmp(state, words[kind].done) == 0)
		acme_done(a, op, o, ret);
	else if (strcmp(state, "processing") == 0)
		ret->outcome = RENT_PENDING;
	else if (strcmp(state, "failed") == 0)
		acme_declined(a->json->text(o, "failure"), ret);
}

static void acme_answer(const struct acme *a, const struct rent_payment_op *op,
                        int32_t status, const struct rent_json *o,
                        struct rent_payment_result *ret)
{
	const char *error = a->json->text(o, "error");

	if (op->kind == RENT_PAY_LOOKUP) {
		size_t n = a->json->count(o, "items");

		if (status != 200 || a->json->type(o, "items") != RENT_JSON_ARRAY)
			return;
		ret->not_found = n == 0;
		if (n == 1)
			acme_object(a, op, op->lookup_of, a->json->get(o, "items.0"),
			            ret);
	} else if (status == 200 || status == 201 || status == 202) {
		acme_object(a, op, op->kind, o, ret);
	} else if (status == 402 && strcmp(a->json->text(o, "state"), "failed") == 0) {
		acme_object(a, op, op->kind, o, ret);
	} else if (status == 409 && strcmp(error, "in_progress") == 0) {
		ret->outcome = RENT_PENDING;
	} else if (status == 422 && strcmp(error, "idempotency_mismatch") == 0) {
		ret->outcome = RENT_INVALID;
	} else if (status == 429 && strcmp(error, "rate_limited") == 0) {
		/* documented: turned away at the door */
		ret->outcome = RENT_NOT_EXECUTED;
	}
}

static void acme_parse(void *self, const struct rent_payment_op *op,
                       const struct rent_upstream_reply *reply,
                       struct rent_payment_result *ret)
{
	const struct acme *a = self;

	acme_answer(a, op, reply->status,
	            a->json->parse(reply->arena, reply->body, reply->body_size), ret);
	if (ret->outcome == RENT_UNKNOWN && !ret->not_found)
		(void)snprintf(ret->note, sizeof(ret->note),
		               "AcmePay answered %d, and that says nothing",
		               (int)reply->status);
}

/* ---- life */
static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of AcmePay"),
	RENT_STRING_OPTION("currency", "EUR", .min = "3", .max = "3",
	                   .help = "ISO 4217 code"),
	RENT_INT_OPTION("minor_digits", "2", .min = "0", .max = "4", .unit = "digits",
	                .help = "digits behind the point of the currency"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("acme", "3", "60s"),
	RENT_OPTIONS_END,
};

static int acme_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct acme *a = calloc(1, sizeof(*a));
	int ret;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->currency = host->opt_str(host, "currency");
	a->digits = (int)host->opt_int(host, "minor_digits");
	a->json = host->json;
	ret = host->upstream_open(host, "acme", host->opt_str(host, "url"), &a->upstream,
	                          err);
	if (ret < 0) {
		free(a);
		return ret;
	}
	*ret_self = a;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = acme_caps,
	.build = acme_build,
	.parse = acme_parse,
};

RENT_PLUGIN(acmepay) = {
	RENT_PLUGIN_STAMP,
	.kind = RENT_KIND_PAYMENT,
	.name = "acmepay",
	.version = "2.1.0",
	.summary = "payments through AcmePay",
	.options = options,
	.api = &api,
	.create = acme_create,
	.destroy = free,
};
