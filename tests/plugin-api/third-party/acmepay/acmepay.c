/* SPDX-License-Identifier: MIT
 *
 * acmepay.c - payments through AcmePay. See README.md for the dialect.
 */
#include <jansson.h>
#include <rent/payment.h>
#include <rent/plugin.h>
#include <stdlib.h>

struct acme {
	struct rent_upstream *upstream;
	const char *currency;
	int64_t digits, minor; /* minor units in one of ours */
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
	ret->exponent = (int32_t)a->digits;
	(void)rent_copy(ret->currency, sizeof(ret->currency), a->currency);
}

/* ---- operation → request */
static int acme_form(const struct acme *a, const struct rent_payment_op *op,
                     struct rent_arena *arena, struct rent_upstream_request *ret)
{
	char *id = rent_url_encode(arena, op->id);
	char *user = rent_url_encode(arena, op->user_id);
	char *order = rent_url_encode(arena, op->rental_id);
	char *of = rent_url_encode(arena, op->target_ref);
	int64_t minor = op->amount * a->minor;

	if (id == NULL || user == NULL || order == NULL || of == NULL)
		return RENT_ENOMEM;
	switch (op->kind) {
	case RENT_PAY_HOLD:
	case RENT_PAY_CHARGE:
		ret->target = "/v2/payments";
		ret->endpoint = "payments";
		ret->body = rent_printf(arena,
		                        "intent=%s&amount_minor=%" PRId64
		                        "&currency=%s&customer=%s&order=%s&client_ref=%s",
		                        words[op->kind].type, minor, a->currency, user,
		                        order, id);
		break;
	case RENT_PAY_CAPTURE:
		ret->target = rent_printf(arena, "/v2/payments/%s/captures", of);
		ret->endpoint = "payments/captures";
		ret->body = rent_printf(arena,
		                        "amount_minor=%" PRId64 "&final=%s&client_ref=%s",
		                        minor, op->final ? "yes" : "no", id);
		break;
	case RENT_PAY_RELEASE:
		ret->target = rent_printf(arena, "/v2/payments/%s/void", of);
		ret->endpoint = "payments/void";
		ret->body = rent_printf(arena, "client_ref=%s", id);
		break;
	default:
		ret->target = "/v2/refunds";
		ret->endpoint = "refunds";
		ret->body =
			rent_printf(arena, "of=%s&amount_minor=%" PRId64 "&client_ref=%s",
		                    of, minor, id);
	}
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
	if (op->amount <= 0 || op->amount > INT64_MAX / a->minor)
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	if (refers && op->target_ref[0] == '\0')
		return rent_fail(err, RENT_EINVAL, "AcmePay's id of '%s' is not known",
		                 op->target_id);
	key = rent_strdup(arena, op->id);
	if (key == NULL || acme_form(a, op, arena, ret) < 0)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->method = "POST";
	ret->body_size = strlen(ret->body);
	ret->headers[0] = (struct rent_header){ "Content-Type",
		                                "application/x-www-form-urlencoded" };
	ret->headers[1] = (struct rent_header){ "X-Acme-Idempotency", key };
	return 0;
}

/* ---- reply → outcome */
static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? "" : s;
}

static bool plain(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < 0x21 || *s > 0x7e)
			return false;
	}
	return true;
}

static void acme_declined(const json_t *o, struct rent_payment_result *ret)
{
	const char *word = member(o, "failure");

	ret->outcome = RENT_DECLINED;
	ret->reason = RENT_DECLINE_OTHER;
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (strcmp(word, failures[i].word) == 0)
			ret->reason = failures[i].reason;
	}
	(void)rent_copy(ret->note, sizeof(ret->note), plain(word) ? word : "failed");
}

static void acme_done(const struct acme *a, const struct rent_payment_op *op,
                      const json_t *o, struct rent_payment_result *ret)
{
	const json_t *amount = json_object_get(o, "amount_minor");
	const json_t *until = json_object_get(o, "expires_at");
	int64_t minor = json_integer_value(amount), seconds = json_integer_value(until);

	/* half a unit of ours moved: nothing that we could write down */
	if (!json_is_integer(amount) || minor <= 0 || minor % a->minor != 0 ||
	    minor / a->minor > op->amount)
		return;
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = minor / a->minor;
	if (seconds > 0 && seconds < INT64_C(100000000000))
		ret->expires_at = seconds * RENT_SECOND;
}

/* The object of an operation, if it is ours. */
static void acme_object(const struct acme *a, const struct rent_payment_op *op,
                        enum rent_payment_kind kind, const json_t *o,
                        struct rent_payment_result *ret)
{
	const char *id = member(o, "id"), *state = member(o, "state");

	if (kind < RENT_PAY_HOLD || kind > RENT_PAY_REFUND ||
	    strcmp(member(o, "client_ref"), op->id) != 0 ||
	    strcmp(member(o, "type"), words[kind].type) != 0 || id[0] == '\0' ||
	    !plain(id) || strlen(id) >= RENT_REF_SIZE)
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), id);
	if (strcmp(state, words[kind].done) == 0)
		acme_done(a, op, o, ret);
	else if (strcmp(state, "processing") == 0)
		ret->outcome = RENT_PENDING;
	else if (strcmp(state, "failed") == 0)
		acme_declined(o, ret);
}

static void acme_answer(const struct acme *a, const struct rent_payment_op *op,
                        int32_t status, const json_t *o, struct rent_payment_result *ret)
{
	const char *error = member(o, "error");

	if (op->kind == RENT_PAY_LOOKUP) {
		const json_t *items = json_object_get(o, "items");

		if (status == 200 && json_is_array(items) && json_array_size(items) == 0)
			ret->not_found = true;
		else if (status == 200 && json_array_size(items) == 1)
			acme_object(a, op, op->lookup_of, json_array_get(items, 0), ret);
	} else if (status == 200 || status == 201 || status == 202) {
		acme_object(a, op, op->kind, o, ret);
	} else if (status == 402 && strcmp(member(o, "state"), "failed") == 0) {
		acme_object(a, op, op->kind, o, ret);
	} else if (status == 409 && strcmp(error, "in_progress") == 0) {
		ret->outcome = RENT_PENDING;
	} else if (status == 422 && strcmp(error, "idempotency_mismatch") == 0) {
		ret->outcome = RENT_INVALID;
	} else if (status == 429 && strcmp(error, "rate_limited") == 0) {
		ret->outcome =
			RENT_NOT_EXECUTED; /* documented: turned away at the door */
	}
}

static void acme_parse(void *self, const struct rent_payment_op *op,
                       const struct rent_upstream_reply *reply,
                       struct rent_payment_result *ret)
{
	json_t *o =
		json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);

	acme_answer(self, op, reply->status, o, ret);
	if (ret->outcome == RENT_UNKNOWN && !ret->not_found)
		(void)snprintf(ret->note, sizeof(ret->note),
		               "AcmePay answered %d, and that says nothing",
		               (int)reply->status);
	json_decref(o);
}

/* ---- life */
static const struct rent_option options[] = {
	{ "url", RENT_OPT_STRING, RENT_OPT_REQUIRED, NULL, "1", NULL, NULL, NULL,
	  "base address of AcmePay" },
	{ "currency", RENT_OPT_STRING, 0, "EUR", "3", "3", NULL, NULL, "ISO 4217 code" },
	{ "minor_digits", RENT_OPT_INT, 0, "2", "0", "4", NULL, "digits",
	  "digits after the point of the currency: AcmePay counts in minor units" },
	RENT_UPSTREAM_OPTIONS("acme", "3", "60s"),
	{ .type = RENT_OPT_END },
};

static int acme_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct acme *a = calloc(1, sizeof(*a));
	int ret;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->currency = host->opt_str(host, "currency");
	a->digits = host->opt_int(host, "minor_digits");
	a->minor = 1;
	for (int64_t i = 0; i < a->digits; i++)
		a->minor *= 10;
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
