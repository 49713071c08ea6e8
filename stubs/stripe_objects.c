/* SPDX-License-Identifier: MIT
 *
 * stubs/stripe_objects.c - payments, refunds, errors, lists and events as Stripe writes them. Amounts
 * are in hundredths, whatever the currency.
 */
#include "stripe.h"

#define MINOR        100
#define API_VERSION  "2026-08-26.dahlia"
#define SECONDS(us_) ((json_int_t)((us_) / RENT_SECOND))

static const char *const state_names[] = {
	[ACQ_ACTION] = "requires_action", [ACQ_PROCESSING] = "processing",
	[ACQ_HELD] = "requires_capture",  [ACQ_TAKEN] = "succeeded",
	[ACQ_CANCELED] = "canceled",      [ACQ_REFUSED] = "requires_payment_method",
};

/* "rub" */
static const char *currency_of(const struct acquirer *a, char ret[4])
{
	for (size_t i = 0; i < 4; i++) {
		char c = a->currency[i];

		ret[i] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
	}
	ret[3] = '\0';
	return ret;
}

static json_t *refusal_json(const struct acq_payment *p)
{
	const struct switch_row *row = p->row;
	json_t *o;

	if (p->state != ACQ_REFUSED || row == NULL)
		return json_null();
	o = json_pack("{s:s, s:s}", "type", "card_error", "code", row->code);
	if (row->word != NULL)
		(void)json_object_set_new(o, "decline_code", json_string(row->word));
	return o;
}

static json_t *action_json(const struct acq_payment *p)
{
	if (p->state != ACQ_ACTION)
		return json_null();
	if (p->sdk)
		return json_pack("{s:s, s:{}}", "type", "use_stripe_sdk",
		                 "use_stripe_sdk");
	return json_pack("{s:s, s:{s:s, s:s}}", "type", "redirect_to_url",
	                 "redirect_to_url", "url", p->page, "return_url", p->return_url);
}

static json_t *charge_json(const struct acq_payment *p)
{
	bool was = p->stood || p->state == ACQ_TAKEN;

	if (!was && p->state != ACQ_REFUSED)
		return json_null();
	return json_pack("{s:s+, s:s, s:s, s:I, s:I, s:I, s:b, s:{s:{s:I}}}", "id", "ch_",
	                 p->key, "object", "charge", "status",
	                 was ? "succeeded" : "failed", "amount",
	                 (json_int_t)p->amount * MINOR, "amount_captured",
	                 (json_int_t)p->taken * MINOR, "amount_refunded",
	                 (json_int_t)p->refunded * MINOR, "captured",
	                 p->state == ACQ_TAKEN, "payment_method_details", "card",
	                 "capture_before", SECONDS(p->expires_at));
}

static json_t *metadata_json(const struct acq_payment *p)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "op", p->key, "kind",
	                      p->hold ? "hold" : "charge", "rental", p->rental, "user",
	                      p->user);

	if (p->capture_key[0] != '\0')
		(void)json_object_set_new(o, "capture_op", json_string(p->capture_key));
	return o;
}

json_t *stripe_payment(const struct acquirer *a, const struct acq_payment *p)
{
	char currency[4];
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s++, s:I, s:b}", "id", p->id,
		"object", "payment_intent", "status", state_names[p->state], "amount",
		(json_int_t)p->amount * MINOR, "amount_capturable",
		(json_int_t)p->held * MINOR, "amount_received",
		(json_int_t)p->taken * MINOR, "currency", currency_of(a, currency),
		"capture_method", p->hold ? "manual" : "automatic", "client_secret",
		p->id, "_secret_", "of-the-stubs", "created", SECONDS(p->created_at),
		"livemode", 0);

	(void)json_object_set_new(o, "metadata", metadata_json(p));
	(void)json_object_set_new(o, "last_payment_error", refusal_json(p));
	(void)json_object_set_new(o, "next_action", action_json(p));
	(void)json_object_set_new(o, "latest_charge", charge_json(p));
	(void)json_object_set_new(
		o, "cancellation_reason",
		p->state != ACQ_CANCELED
			? json_null()
			: json_string(p->by_itself ? "automatic" : "abandoned"));
	if (p->customer[0] != '\0')
		(void)json_object_set_new(o, "customer", json_string(p->customer));
	if (p->method[0] != '\0')
		(void)json_object_set_new(o, "payment_method", json_string(p->method));
	if (p->saves)
		(void)json_object_set_new(o, "setup_future_usage",
		                          json_string("off_session"));
	return o;
}

json_t *stripe_refund(const struct acquirer *a, const struct acq_refund *r)
{
	static const char *const names[] = { "pending", "succeeded", "failed" };
	char currency[4];
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "id", r->id,
	                      "object", "refund", "status", names[r->state], "amount",
	                      (json_int_t)r->amount * MINOR, "currency",
	                      currency_of(a, currency), "payment_intent", r->of->id,
	                      "created", SECONDS(r->created_at));

	(void)json_object_set_new(
		o, "metadata",
		strncmp(r->key, "hand-", 5) == 0
			? json_object()
			: json_pack("{s:s, s:s}", "op", r->key, "rental", r->of->rental));
	return o;
}

json_t *stripe_error(const struct acquirer *a, const struct acq_error *e)
{
	json_t *error = json_pack("{s:s, s:s}", "type",
	                          e->type == NULL ? "invalid_request_error" : e->type,
	                          "message", "as the stubs were told");

	if (e->code != NULL)
		(void)json_object_set_new(error, "code", json_string(e->code));
	if (e->word != NULL)
		(void)json_object_set_new(error, "decline_code", json_string(e->word));
	if (e->param != NULL)
		(void)json_object_set_new(error, "param", json_string(e->param));
	if (e->payment != NULL)
		(void)json_object_set_new(error, "payment_intent",
		                          stripe_payment(a, e->payment));
	return json_pack("{s:o}", "error", error);
}

json_t *stripe_page(const struct acquirer *a, json_t *items, bool more, const char *last)
{
	(void)a;
	(void)last;
	return json_pack("{s:s, s:o, s:b}", "object", "list", "data", items, "has_more",
	                 more);
}

static const char *const event_names[] = {
	[ACQ_NEEDS_ACTION] = "payment_intent.requires_action",
	[ACQ_IS_PROCESSING] = "payment_intent.processing",
	[ACQ_IS_HELD] = "payment_intent.amount_capturable_updated",
	[ACQ_IS_TAKEN] = "payment_intent.succeeded",
	[ACQ_IS_REFUSED] = "payment_intent.payment_failed",
	[ACQ_IS_CANCELED] = "payment_intent.canceled",
	[ACQ_HOLD_ENDED] = "charge.expired",
	[ACQ_REFUND_MADE] = "refund.created",
	[ACQ_REFUND_ENDED] = "refund.updated",
	[ACQ_REFUND_FELL] = "refund.failed",
	[ACQ_DISPUTED] = "charge.dispute.created",
	[ACQ_DISPUTE_WON] = "charge.dispute.closed",
};

static json_t *dispute_json(const struct acquirer *a, const struct acq_payment *p,
                            bool won)
{
	char currency[4];

	return json_pack("{s:s+, s:s, s:s, s:I, s:s, s:s, s:s}", "id", "dp_", p->key,
	                 "object", "dispute", "payment_intent", p->id, "amount",
	                 (json_int_t)p->taken * MINOR, "currency",
	                 currency_of(a, currency), "reason", "fraudulent", "status",
	                 won ? "won" : "needs_response");
}

static json_t *object_of(const struct acquirer *a, enum acq_event event,
                         const struct acq_payment *p, const struct acq_refund *r)
{
	json_t *o;

	if (event == ACQ_DISPUTED || event == ACQ_DISPUTE_WON)
		return dispute_json(a, p, event == ACQ_DISPUTE_WON);
	if (r != NULL)
		return stripe_refund(a, r);
	if (event != ACQ_HOLD_ENDED)
		return stripe_payment(a, p);
	o = charge_json(p);
	(void)json_object_set_new(o, "payment_intent", json_string(p->id));
	(void)json_object_set_new(o, "metadata", metadata_json(p));
	return o;
}

json_t *stripe_event(struct acquirer *a, enum acq_event event,
                     const struct acq_payment *p, const struct acq_refund *r,
                     const char *cause, int64_t now)
{
	char id[64];

	(void)snprintf(id, sizeof(id), "evt_%" PRId64 "_%" PRId64, now, ++a->number);
	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:s, s:{s:n, s:o}, s:{s:o}}", "id",
	                 id, "object", "event", "type", event_names[event], "created",
	                 SECONDS(now), "livemode", 0, "api_version", API_VERSION,
	                 "request", "id", "idempotency_key",
	                 cause[0] == '\0' ? json_null() : json_string(cause), "data",
	                 "object", object_of(a, event, p, r));
}

void stripe_lie(json_t *o, enum switch_does does)
{
	static const char *const amounts[] = { "amount", "amount_capturable",
		                               "amount_received" };

	if (does == DOES_CURRENCY)
		(void)json_object_set_new(o, "currency", json_string("xts"));
	if (does == DOES_OTHER)
		(void)json_object_set_new(o, "id", json_string("pi_of_somebody_else"));
	for (size_t i = 0; does == DOES_MORE && i < 3; i++) {
		json_int_t is = json_integer_value(json_object_get(o, amounts[i]));

		if (is > 0)
			(void)json_object_set_new(o, amounts[i], json_integer(is * 2));
	}
}
