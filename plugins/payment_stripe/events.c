/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/events.c - what Stripe reports: the signature over the bytes as they
 * came, then the event in them. An event that passes is proven.
 */
#include "stripe.h"

#include <stdlib.h>

#define TOLERANCE (300 * RENT_SECOND)

/* ---- Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>…][,v0=…] */

static bool read_time(const char *text, size_t size, int64_t *ret)
{
	int64_t t = 0;

	if (size == 0 || size > 12)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		t = t * 10 + (text[i] - '0');
	}
	*ret = t;
	return true;
}

static bool any_signature(const struct stripe *s, const char *header,
                          const char expected[2 * RENT_SHA256_SIZE + 1])
{
	bool found = false;

	for (const char *part = header; part != NULL;) {
		const char *comma = strchr(part, ',');
		size_t size = comma == NULL ? strlen(part) : (size_t)(comma - part);

		if (strncmp(part, "v1=", 3) == 0 && size == 3 + 2 * RENT_SHA256_SIZE)
			found |= s->crypto->equal(part + 3, expected,
			                          (size_t)2 * RENT_SHA256_SIZE);
		part = comma == NULL ? NULL : comma + 1;
	}
	return found;
}

static int check_signature(const struct stripe *s, const struct rent_event_message *m,
                           struct rent_error *err)
{
	const char *header = m->header(m->header_arg, "Stripe-Signature");
	const char *t = header == NULL ? NULL : strstr(header, "t=");
	size_t t_size = t == NULL ? 0 : strcspn(t + 2, ","), size;
	unsigned char mac[RENT_SHA256_SIZE];
	char expected[2 * RENT_SHA256_SIZE + 1];
	int64_t sent, off;
	char *signed_text;

	if (s->webhook_secret[0] == '\0')
		return rent_fail(
			err, RENT_EPERM,
			"options.webhook_secret is not set: no event is believed");
	if (header == NULL || t == NULL || (t != header && t[-1] != ',') ||
	    !read_time(t + 2, t_size, &sent) || strstr(header, "v1=") == NULL)
		return rent_fail(err, RENT_EINVAL, "no Stripe-Signature with t and v1");
	size = t_size + 1 + m->body_size;
	signed_text = rent_alloc(m->arena, size + 1);
	if (signed_text == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the event");
	(void)snprintf(signed_text, size + 1, "%.*s.", (int)t_size, t + 2);
	memcpy(signed_text + t_size + 1, m->body, m->body_size);
	s->crypto->hmac_sha256(s->webhook_secret, strlen(s->webhook_secret), signed_text,
	                       size, mac);
	rent_hex(mac, sizeof(mac), expected);
	if (!any_signature(s, header, expected))
		return rent_fail(err, RENT_EPERM, "the signature is not Stripe's");
	off = m->now - sent * RENT_SECOND;
	if (off >= TOLERANCE + RENT_SECOND || off <= -(TOLERANCE + RENT_SECOND))
		return rent_fail(err, RENT_EPERM,
		                 "signed %" PRId64 " s away from our clock",
		                 off / RENT_SECOND);
	return 0;
}

/* ---- events. The object of each is o. */

struct reading {
	const struct stripe *s;
	struct rent_arena *arena;
	const struct rent_json *o;
	/* The id of the operation by which we caused it; "". */
	const char *cause;
};

static void read_amount(const struct reading *r, const char *path,
                        struct rent_event *event)
{
	int64_t minor;

	if (!r->s->json->integer(r->o, path, 1, INT64_MAX, &minor))
		return;
	if (strcmp(r->s->json->text(r->o, "currency"), r->s->currency) != 0 ||
	    !stripe_units(r->s, minor, INT64_MAX, &event->amount))
		event->note =
			rent_printf(r->arena, "%" PRId64 " of the smallest unit of %.3s",
		                    minor, r->s->json->text(r->o, "currency"));
}

static void on_intent(const struct reading *r, struct rent_event *event)
{
	event->operation_id = r->s->json->text(r->o, "metadata.op");
	event->ref = r->s->json->text(r->o, "id");
}

static void on_held(const struct reading *r, struct rent_event *event)
{
	on_intent(r, event);
	read_amount(r, "amount_capturable", event);
	event->outcome = event->amount > 0 ? RENT_SUCCEEDED : RENT_UNKNOWN;
}

static void on_taken(const struct reading *r, struct rent_event *event)
{
	bool hold = strcmp(r->s->json->text(r->o, "capture_method"), "manual") == 0;

	on_intent(r, event);
	if (hold)
		event->operation_id = r->s->json->text(r->o, "metadata.capture_op");
	read_amount(r, "amount_received", event);
	event->outcome = event->amount > 0 ? RENT_SUCCEEDED : RENT_UNKNOWN;
}

static void on_refused(const struct reading *r, struct rent_event *event)
{
	struct rent_payment_result why = { .struct_size = sizeof(why) };
	const struct rent_json *error = r->s->json->get(r->o, "last_payment_error");

	on_intent(r, event);
	if (r->s->json->type(error, "") != RENT_JSON_OBJECT)
		return;
	stripe_decline(r->s, error, &why);
	event->outcome = why.outcome;
	event->reason = why.reason;
	event->note = rent_strdup(r->arena, why.note);
}

static void on_processing(const struct reading *r, struct rent_event *event)
{
	on_intent(r, event);
	event->outcome = RENT_PENDING;
}

/* It was cancelled by our release, by its age or by hand: the hold is over. */
static void on_canceled(const struct reading *r, struct rent_event *event)
{
	on_intent(r, event);
	if (r->cause[0] == '\0') {
		event->kind = RENT_EVENT_HOLD_ENDED;
		return;
	}
	event->operation_id = r->cause;
	event->outcome = RENT_SUCCEEDED;
}

static void on_charge(const struct reading *r, struct rent_event *event)
{
	event->operation_id = r->s->json->text(r->o, "metadata.op");
	event->ref = r->s->json->text(r->o, "payment_intent");
}

/* A refund without our id was made by hand. It is reported when it is made and when it changes:
 * its own id makes these one event. */
static void on_refund(const struct reading *r, struct rent_event *event)
{
	const char *status = r->s->json->text(r->o, "status");
	const char *id = r->s->json->text(r->o, "id");

	event->operation_id = r->s->json->text(r->o, "metadata.op");
	event->ref = r->s->json->text(r->o, "payment_intent");
	read_amount(r, "amount", event);
	if (strcmp(status, "succeeded") == 0)
		event->outcome = RENT_SUCCEEDED;
	else if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
		event->outcome = RENT_DECLINED;
	else
		event->outcome = RENT_PENDING;
	if (event->operation_id[0] != '\0') {
		event->ref = id;
		return;
	}
	event->kind = event->outcome == RENT_SUCCEEDED ? RENT_EVENT_REFUNDED_OUTSIDE
	                                               : RENT_EVENT_OTHER;
	if (event->kind == RENT_EVENT_REFUNDED_OUTSIDE && stripe_id_valid(id))
		event->event_id = rent_printf(r->arena, "%.100s.outside", id);
}

static void on_dispute(const struct reading *r, struct rent_event *event)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz_";
	const char *reason = r->s->json->text(r->o, "reason");

	event->ref = r->s->json->text(r->o, "payment_intent");
	read_amount(r, "amount", event);
	if (event->note == NULL && reason[strspn(reason, plain)] == '\0')
		event->note = reason;
}

static const struct {
	const char *type;
	enum rent_event_kind kind;
	void (*read)(const struct reading *r, struct rent_event *event);
} types[] = {
	{ "payment_intent.amount_capturable_updated", RENT_EVENT_OPERATION, on_held },
	{ "payment_intent.succeeded", RENT_EVENT_OPERATION, on_taken },
	{ "payment_intent.payment_failed", RENT_EVENT_OPERATION, on_refused },
	{ "payment_intent.requires_action", RENT_EVENT_ACTION_NEEDED, on_intent },
	{ "payment_intent.processing", RENT_EVENT_OPERATION, on_processing },
	{ "payment_intent.canceled", RENT_EVENT_OPERATION, on_canceled },
	{ "charge.expired", RENT_EVENT_HOLD_ENDED, on_charge },
	/* the sum of all refunds; each comes as a refund, too */
	{ "charge.refunded", RENT_EVENT_OTHER, on_charge },
	{ "refund.created", RENT_EVENT_OPERATION, on_refund },
	{ "refund.updated", RENT_EVENT_OPERATION, on_refund },
	{ "refund.failed", RENT_EVENT_OPERATION, on_refund },
	{ "charge.dispute.created", RENT_EVENT_DISPUTE_OPENED, on_dispute },
	{ "charge.dispute.updated", RENT_EVENT_OTHER, on_dispute },
	{ "charge.dispute.closed", RENT_EVENT_DISPUTE_CLOSED, on_dispute },
	{ "charge.dispute.funds_withdrawn", RENT_EVENT_DISPUTE_TOOK, on_dispute },
	{ "charge.dispute.funds_reinstated", RENT_EVENT_DISPUTE_RETURNED, on_dispute },
};

/* The index of an event's type; -1: nobody wants to know. */
static int type_index(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].type, type) == 0)
			return (int)i;
	}
	return -1;
}

int stripe_parse_event(void *self, const struct rent_event_message *message,
                       rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                       struct rent_error *err)
{
	const struct stripe *s = self;
	struct rent_event event = { .struct_size = sizeof(event), .proven = true };
	struct reading reading = { .s = s, .arena = message->arena };
	const struct rent_json *body;
	int64_t created = 0;
	bool live = false;
	int code = check_signature(s, message, err), i;

	if (code != 0)
		return code;
	body = s->json->parse(message->arena, message->body, message->body_size);
	event.event_id = s->json->text(body, "id");
	if (!rent_visible_ascii(event.event_id, RENT_EVENT_ID_SIZE - 1) ||
	    strcmp(s->json->text(body, "object"), "event") != 0)
		return rent_fail(err, RENT_EINVAL, "signed, and no event");
	if (s->live_known && s->json->boolean(body, "livemode", &live) && live != s->live)
		return rent_fail(
			err, RENT_EINVAL,
			"an event of %s mode, and options.secret_key is of the other",
			live ? "live" : "test");
	ret->status = 200;
	i = type_index(s->json->text(body, "type"));
	if (i < 0)
		return 0;
	reading.o = s->json->get(body, "data.object");
	reading.cause = s->json->text(body, "request.idempotency_key");
	if (s->json->integer(body, "created", 0, INT64_MAX / RENT_SECOND, &created))
		event.at = created * RENT_SECOND;
	event.kind = types[i].kind;
	types[i].read(&reading, &event);
	return fn(arg, &event);
}
