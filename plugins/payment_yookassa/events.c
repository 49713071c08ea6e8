/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/events.c - notifications. Nothing documented proves them: they are
 * looked at when they come from YooKassa's addresses, and only make us ask.
 */
#include "yookassa.h"

static const struct {
	const char *event;
	bool refund;
} known[] = {
	{ "payment.waiting_for_capture", false },
	{ "payment.succeeded", false },
	{ "payment.canceled", false },
	{ "refund.succeeded", true },
};

static void read_payment(const struct yookassa *y, const struct rent_json *o,
                         struct rent_event *event)
{
	bool hold = strcmp(y->json->text(o, "metadata.kind"), "hold") == 0;
	const char *status = y->json->text(o, "status");

	event->operation_id = y->json->text(o, "metadata.op");
	if (hold && strcmp(status, "canceled") == 0 &&
	    strcmp(y->json->text(o, "cancellation_details.reason"),
	           "expired_on_capture") == 0)
		event->kind = RENT_EVENT_HOLD_ENDED;
	/* which capture it was, the lookup by the reference tells */
	if (hold && strcmp(status, "succeeded") == 0)
		event->operation_id = "";
}

static void read_refund(const struct yookassa *y, const struct rent_json *o,
                        struct rent_event *event)
{
	const char *description = y->json->text(o, "description");

	if (yookassa_is_ours(description))
		event->operation_id = description;
	event->kind = RENT_EVENT_REFUNDED_OUTSIDE;
	event->note = event->ref;
	event->ref = y->json->text(o, "payment_id");
	(void)yookassa_units(y, y->json->text(o, "amount.value"), INT64_MAX,
	                     &event->amount);
}

int yookassa_parse_event(void *self, const struct rent_event_message *message,
                         rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                         struct rent_error *err)
{
	const struct yookassa *y = self;
	struct rent_event event = { .struct_size = sizeof(event),
		                    .kind = RENT_EVENT_OPERATION };
	const struct rent_json *body, *o;
	const char *what;

	if (!networks_have(&y->peers, message->peer))
		return rent_fail(err, RENT_EPERM, "\"%.45s\" is no address of YooKassa's",
		                 message->peer);
	body = y->json->parse(message->arena, message->body, message->body_size);
	what = y->json->text(body, "event");
	o = y->json->get(body, "object");
	event.ref = y->json->text(o, "id");
	if (strcmp(y->json->text(body, "type"), "notification") != 0 ||
	    !yookassa_id_valid(event.ref))
		return rent_fail(err, RENT_EINVAL, "this is no notification");
	ret->status = 200;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i].event, what) != 0)
			continue;
		event.event_id = rent_printf(message->arena, "%s:%.90s", what, event.ref);
		if (event.event_id == NULL)
			return rent_fail(err, RENT_ENOMEM, "no room for the event");
		if (known[i].refund)
			read_refund(y, o, &event);
		else
			read_payment(y, o, &event);
		return fn(arg, &event);
	}
	return 0;
}
