/* SPDX-License-Identifier: MIT
 *
 * stubs/yookassa_objects.c - payments, refunds, errors, lists and notifications as YooKassa writes
 * them. Amounts are texts with two digits behind the point.
 */
#include "yookassa.h"

#include <rent/money.h>
#include <rent/time.h>

static json_t *amount_json(const struct acquirer *a, int64_t units)
{
	char value[RENT_DECIMAL_SIZE];

	if (!rent_decimal(units, 2, value))
		(void)snprintf(value, sizeof(value), "0.00");
	return json_pack("{s:s, s:s}", "value", value, "currency", a->currency);
}

static void set_time(json_t *o, const char *name, int64_t at)
{
	char text[RENT_TIME_SIZE];

	rent_time_text(at, 'T', text);
	(void)json_object_set_new(o, name, json_string(text));
}

static const char *const state_names[] = {
	[ACQ_ACTION] = "pending",           [ACQ_PROCESSING] = "pending",
	[ACQ_HELD] = "waiting_for_capture", [ACQ_TAKEN] = "succeeded",
	[ACQ_CANCELED] = "canceled",        [ACQ_REFUSED] = "canceled",
};

static int64_t amount_of(const struct acq_payment *p)
{
	if (p->state == ACQ_TAKEN)
		return p->taken;
	return p->state == ACQ_HELD ? p->held : p->amount;
}

static json_t *method_json(const struct acq_payment *p)
{
	bool saved = p->saves && (p->state == ACQ_HELD || p->state == ACQ_TAKEN);

	return p->method[0] != '\0' ? json_pack("{s:s, s:s, s:b}", "type", "bank_card",
	                                        "id", p->method, "saved", 1)
	                            : json_pack("{s:s, s:s+, s:b}", "type", "bank_card",
	                                        "id", "pm-", p->key, "saved", saved);
}

json_t *yookassa_payment(const struct acquirer *a, const struct acq_payment *p)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:o, s:b, s:o, s:{s:s, s:s, s:s, s:s}, s:o}", "id", p->id,
		"status", state_names[p->state], "amount", amount_json(a, amount_of(p)),
		"paid", p->state == ACQ_HELD || p->state == ACQ_TAKEN, "payment_method",
		method_json(p), "metadata", "op", p->key, "kind",
		p->hold ? "hold" : "charge", "rental", p->rental, "user", p->user,
		"refunded_amount", amount_json(a, p->refunded));

	set_time(o, "created_at", p->created_at);
	(void)json_object_set_new(o, "test", json_true());
	if (p->state == ACQ_TAKEN)
		set_time(o, "captured_at", p->captured_at);
	if (p->state == ACQ_HELD)
		set_time(o, "expires_at", p->expires_at);
	if (p->state == ACQ_ACTION)
		(void)json_object_set_new(o, "confirmation",
		                          json_pack("{s:s, s:s, s:s}", "type", "redirect",
		                                    "return_url", p->return_url,
		                                    "confirmation_url", p->page));
	if (p->state == ACQ_CANCELED)
		(void)json_object_set_new(
			o, "cancellation_details",
			json_pack("{s:s, s:s}", "party",
		                  p->stood ? "merchant" : "payment_network", "reason",
		                  p->word));
	return o;
}

json_t *yookassa_refund(const struct acquirer *a, const struct acq_refund *r)
{
	static const char *const names[] = { "pending", "succeeded", "canceled" };
	bool by_hand = strncmp(r->key, "hand-", 5) == 0;
	json_t *o = json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", r->id, "status",
	                      names[r->state], "amount", amount_json(a, r->amount),
	                      "payment_id", r->of->id, "description",
	                      by_hand ? "by hand" : r->key);

	set_time(o, "created_at", r->created_at);
	if (r->state == ACQ_REFUND_FAILED)
		(void)json_object_set_new(
			o, "cancellation_details",
			json_pack("{s:s, s:s}", "party", "yoo_money", "reason",
		                  r->row != NULL && r->row->does == DOES_REFUSE
		                          ? r->row->name
		                          : "general_decline"));
	return o;
}

json_t *yookassa_error(const struct acquirer *a, const struct acq_error *e)
{
	json_t *o;

	(void)a;
	if (e->type != NULL && strcmp(e->type, "processing") == 0)
		return json_pack("{s:s, s:i}", "type", "processing", "retry_after", 200);
	o = json_pack("{s:s, s:s, s:s, s:s}", "type", "error", "id", "of-the-stubs",
	              "code", e->code == NULL ? "invalid_request" : e->code,
	              "description", "as the stubs were told");
	if (e->param != NULL)
		(void)json_object_set_new(o, "parameter", json_string(e->param));
	if (e->status == 429)
		(void)json_object_set_new(o, "retry_after", json_integer(200));
	return o;
}

json_t *yookassa_page(const struct acquirer *a, json_t *items, bool more,
                      const char *last)
{
	json_t *o = json_pack("{s:s, s:o}", "type", "list", "items", items);

	(void)a;
	if (more)
		(void)json_object_set_new(o, "next_cursor", json_string(last));
	return o;
}

static const char *name_of(enum acq_event event, const struct acq_refund *r)
{
	if (r != NULL)
		return r->state == ACQ_REFUND_DONE ? "refund.succeeded" : NULL;
	if (event == ACQ_IS_HELD)
		return "payment.waiting_for_capture";
	if (event == ACQ_IS_TAKEN)
		return "payment.succeeded";
	return event == ACQ_IS_CANCELED ? "payment.canceled" : NULL;
}

json_t *yookassa_event(struct acquirer *a, enum acq_event event,
                       const struct acq_payment *p, const struct acq_refund *r,
                       const char *cause, int64_t now)
{
	const char *name = name_of(event, r);

	(void)cause;
	(void)now;
	if (name == NULL)
		return NULL;
	return json_pack("{s:s, s:s, s:o}", "type", "notification", "event", name,
	                 "object",
	                 r == NULL ? yookassa_payment(a, p) : yookassa_refund(a, r));
}

void yookassa_lie(json_t *o, enum switch_does does)
{
	json_t *amount = json_object_get(o, "amount");
	char value[RENT_DECIMAL_SIZE];
	int64_t units = 0;

	if (does == DOES_CURRENCY)
		(void)json_object_set_new(amount, "currency", json_string("XTS"));
	if (does == DOES_OTHER)
		(void)json_object_set_new(o, "id", json_string("of-somebody-else"));
	if (does == DOES_MORE &&
	    rent_decimal_units(json_string_value(json_object_get(amount, "value")), 2,
	                       &units) &&
	    rent_decimal(units * 2, 2, value))
		(void)json_object_set_new(amount, "value", json_string(value));
}
