/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/list.c - Stripe's book: all PaymentIntents, then all Refunds, newest
 * first. The cursor is "i:" or "r:" and the last id of that list. A release has no object and
 * is not in it (capture_releases_rest, or a canceled hold).
 */
#include "stripe.h"

#define LIMIT_MAX 100

int stripe_build_list(void *self, const struct rent_payment_page *page,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	const struct stripe *s = self;
	struct rent_form form = { .arena = arena };
	const char *after = page->cursor[0] == '\0' ? "i:" : page->cursor;
	bool refunds = after[0] == 'r';
	uint32_t limit =
		page->limit == 0 || page->limit > LIMIT_MAX ? LIMIT_MAX : page->limit;

	if ((after[0] != 'i' && after[0] != 'r') || after[1] != ':' ||
	    (after[2] != '\0' && !stripe_id_valid(after + 2)))
		return rent_fail(err, RENT_EINVAL, "\"%s\" is no cursor of this list",
		                 page->cursor);
	rent_form_add_int(&form, "created[gte]",
	                  page->since < 0 ? 0 : page->since / RENT_SECOND);
	rent_form_add_int(&form, "limit", (int64_t)limit);
	if (after[2] != '\0')
		rent_form_add(&form, "starting_after", after + 2);
	if (!refunds)
		rent_form_add(&form, "expand[]", "data.latest_charge");
	return stripe_get(s,
	                  rent_form_body(&form) == NULL
	                          ? NULL
	                          : rent_printf(arena, "/v1/%s?%s",
	                                        refunds ? "refunds" : "payment_intents",
	                                        form.body),
	                  "list", ret, err);
}

/* An amount in another currency than ours is given as it is, with its currency. */
static void put_amount(const struct stripe *s, const struct rent_json *o, int64_t minor,
                       struct rent_payment_entry *entry, char currency[4])
{
	const char *theirs = s->json->text(o, "currency");

	for (size_t i = 0; i < 3 && theirs[i] != '\0'; i++)
		currency[i] = (char)(theirs[i] >= 'a' && theirs[i] <= 'z'
		                             ? theirs[i] - 'a' + 'A'
		                             : theirs[i]);
	currency[3] = '\0';
	entry->currency = currency;
	entry->amount = stripe_units_up(s, minor);
}

static const struct {
	const char *status;
	enum rent_outcome of_hold, of_charge;
} states[] = {
	{ "requires_capture", RENT_SUCCEEDED, RENT_PENDING },
	{ "succeeded", RENT_SUCCEEDED, RENT_SUCCEEDED },
	{ "processing", RENT_PENDING, RENT_PENDING },
	{ "requires_action", RENT_PENDING, RENT_PENDING },
	{ "requires_confirmation", RENT_PENDING, RENT_PENDING },
	{ "requires_payment_method", RENT_DECLINED, RENT_DECLINED },
	{ "canceled", RENT_DECLINED, RENT_DECLINED },
};

/* A canceled hold had stood if its charge was authorized. */
static enum rent_outcome intent_outcome(const struct stripe *s, const struct rent_json *o,
                                        bool hold)
{
	const char *status = s->json->text(o, "status");
	const char *charge = s->json->text(o, "latest_charge.status");

	if (hold && strcmp(status, "canceled") == 0 && strcmp(charge, "succeeded") == 0)
		return RENT_SUCCEEDED;
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].status, status) == 0)
			return hold ? states[i].of_hold : states[i].of_charge;
	}
	return RENT_UNKNOWN;
}

static int read_intent(const struct stripe *s, const struct rent_json *o,
                       rent_payment_entry_fn fn, void *arg)
{
	bool hold = strcmp(s->json->text(o, "capture_method"), "manual") == 0;
	char currency[4] = "";
	int64_t amount = 0, received = 0, created = 0;
	struct rent_payment_entry entry = {
		.struct_size = sizeof(entry),
		.kind = hold ? RENT_PAY_HOLD : RENT_PAY_CHARGE,
		.outcome = intent_outcome(s, o, hold),
		.id = s->json->text(o, "metadata.op"),
		.ref = s->json->text(o, "id"),
		.rental_id = s->json->text(o, "metadata.rental"),
		.user_id = s->json->text(o, "metadata.user"),
	};
	int ret;

	(void)s->json->integer(o, "amount_received", 0, INT64_MAX, &received);
	(void)s->json->integer(o, "created", 0, INT64_MAX / RENT_SECOND, &created);
	if (entry.outcome == RENT_UNKNOWN || !stripe_id_valid(entry.ref) ||
	    !s->json->integer(o, "amount", 0, INT64_MAX, &amount))
		return RENT_ECORRUPT;
	entry.at = created * RENT_SECOND;
	put_amount(s, o, hold || received == 0 ? amount : received, &entry, currency);
	ret = fn(arg, &entry);
	if (ret != 0 || !hold || received == 0)
		return ret;
	entry.kind = RENT_PAY_CAPTURE;
	entry.outcome = RENT_SUCCEEDED;
	entry.id = s->json->text(o, "metadata.capture_op");
	put_amount(s, o, received, &entry, currency);
	return fn(arg, &entry);
}

static int read_refund(const struct stripe *s, const struct rent_json *o,
                       rent_payment_entry_fn fn, void *arg)
{
	const char *status = s->json->text(o, "status");
	char currency[4] = "";
	int64_t amount = 0, created = 0;
	struct rent_payment_entry entry = {
		.struct_size = sizeof(entry),
		.kind = RENT_PAY_REFUND,
		.outcome = RENT_PENDING,
		.id = s->json->text(o, "metadata.op"),
		.ref = s->json->text(o, "id"),
		.rental_id = s->json->text(o, "metadata.rental"),
		.user_id = "",
		.target_ref = s->json->text(o, "payment_intent"),
	};

	(void)s->json->integer(o, "created", 0, INT64_MAX / RENT_SECOND, &created);
	if (status[0] == '\0' || !stripe_id_valid(entry.ref) ||
	    !s->json->integer(o, "amount", 0, INT64_MAX, &amount))
		return RENT_ECORRUPT;
	if (strcmp(status, "succeeded") == 0)
		entry.outcome = RENT_SUCCEEDED;
	else if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
		entry.outcome = RENT_DECLINED;
	entry.at = created * RENT_SECOND;
	put_amount(s, o, amount, &entry, currency);
	return fn(arg, &entry);
}

/* After the last intent the refunds begin. */
static int next_cursor(bool refunds, bool more, const char *last,
                       char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	const char *stream = refunds ? "r:" : "i:";

	if (more && !stripe_id_valid(last))
		return rent_fail(err, RENT_EFAIL, "Stripe's list goes on from nowhere");
	if (!more) {
		stream = refunds ? "" : "r:";
		last = "";
	}
	if (snprintf(ret_cursor, RENT_REF_SIZE, "%s%s", stream, last) >= RENT_REF_SIZE)
		return rent_fail(err, RENT_EFAIL, "an id of Stripe's list is too long");
	return 0;
}

int stripe_parse_list(void *self, const struct rent_payment_page *page,
                      const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
                      void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	const struct stripe *s = self;
	const struct rent_json *body =
		s->json->parse(reply->arena, reply->body, reply->body_size);
	bool refunds = page->cursor[0] == 'r', more = false;
	const char *last = "";
	size_t n = s->json->count(body, "data");

	if (reply->status != 200)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "Stripe answers status %d to its list",
		                 (int)reply->status);
	if (s->json->type(body, "data") != RENT_JSON_ARRAY ||
	    !s->json->boolean(body, "has_more", &more))
		return rent_fail(err, RENT_EFAIL, "this is no list of Stripe's");
	for (size_t i = 0; i < n; i++) {
		const struct rent_json *o = s->json->at(body, "data", i, NULL);
		int ret =
			refunds ? read_refund(s, o, fn, arg) : read_intent(s, o, fn, arg);

		if (ret == RENT_ECORRUPT)
			return rent_fail(err, RENT_EFAIL,
			                 "entry %zu of Stripe's list is not understood",
			                 i);
		if (ret != 0)
			return ret;
		last = s->json->text(o, "id");
	}
	return next_cursor(refunds, more, last, ret_cursor, err);
}
