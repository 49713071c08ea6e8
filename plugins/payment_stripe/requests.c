/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/requests.c - operations into Stripe's requests.
 */
#include "stripe.h"

bool stripe_id_valid(const char *id)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-";

	return payment_ref_is_of(id, plain);
}

static void set_headers(const struct stripe *s, struct rent_upstream_request *ret)
{
	ret->upstream = s->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->headers[0] = (struct rent_header){ "Authorization", s->authorization };
	ret->headers[1] = (struct rent_header){ "Stripe-Version", s->version };
}

int stripe_get(const struct stripe *s, const char *target, const char *endpoint,
               struct rent_upstream_request *ret, struct rent_error *err)
{
	if (target == NULL)
		return payment_no_room(err);
	set_headers(s, ret);
	ret->method = "GET";
	ret->target = target;
	ret->endpoint = endpoint;
	return 0;
}

static int post(const struct stripe *s, const struct rent_payment_op *op,
                const char *target, const struct rent_form *form,
                struct rent_upstream_request *ret, struct rent_error *err)
{
	const char *key = rent_strdup(form->arena, op->id);
	const char *body = rent_form_body(form);

	if (target == NULL || key == NULL || body == NULL)
		return payment_no_room(err);
	set_headers(s, ret);
	ret->method = "POST";
	ret->target = target;
	ret->body = body;
	ret->body_size = strlen(body);
	ret->headers[2] = (struct rent_header){ "Content-Type",
		                                "application/x-www-form-urlencoded" };
	ret->headers[3] = (struct rent_header){ s->caps.key_header, key };
	return 0;
}

/* ---- who pays, and with what: from the operation, or out of a user id like "cus_1:pm_1" */

const char *stripe_payer(const struct stripe *s, const struct rent_payment_op *op,
                         struct rent_arena *arena)
{
	if (rent_text(op->payer_ref)[0] != '\0')
		return op->payer_ref;
	if (!s->user_is_payer)
		return "";
	return rent_strndup(arena, op->user_id, strcspn(op->user_id, ":"));
}

static const char *method_of(const struct stripe *s, const struct rent_payment_op *op)
{
	const char *colon = strchr(op->user_id, ':');

	if (rent_text(op->method_ref)[0] != '\0')
		return op->method_ref;
	if (s->user_is_payer && colon != NULL && colon[1] != '\0')
		return colon + 1;
	return s->payment_method;
}

static void add_unless_empty(struct rent_form *form, const char *name, const char *value)
{
	if (value == NULL)
		form->full = true;
	else if (value[0] != '\0')
		rent_form_add(form, name, value);
}

static void add_session(const struct stripe *s, const struct rent_payment_op *op,
                        struct rent_form *form)
{
	const char *return_url = rent_text(op->return_url);

	if (!op->on_session) {
		rent_form_add(form, "off_session", "true");
		return;
	}
	add_unless_empty(form, "return_url",
	                 return_url[0] != '\0' ? return_url : s->return_url);
	if (s->save_methods)
		rent_form_add(form, "setup_future_usage", "off_session");
}

/* An intent that is confirmed at once. */
static int build_intent(const struct stripe *s, const struct rent_payment_op *op,
                        int64_t minor, struct rent_arena *arena,
                        struct rent_upstream_request *ret, struct rent_error *err)
{
	struct rent_form form = { .arena = arena };
	bool hold = op->kind == RENT_PAY_HOLD;
	const char *contact = rent_text(op->contact);

	if (method_of(s, op)[0] == '\0')
		return rent_fail(err, RENT_EINVAL,
		                 "no payment method of the user is known");
	rent_form_add_int(&form, "amount", minor);
	rent_form_add(&form, "currency", s->currency);
	add_unless_empty(&form, "customer", stripe_payer(s, op, arena));
	rent_form_add(&form, "payment_method", method_of(s, op));
	rent_form_add(&form, "payment_method_types[]", "card");
	rent_form_add(&form, "capture_method", hold ? "manual" : "automatic");
	rent_form_add(&form, "confirm", "true");
	add_session(s, op, &form);
	add_unless_empty(&form, "description", rent_text(op->description));
	if (strchr(contact, '@') != NULL)
		rent_form_add(&form, "receipt_email", contact);
	rent_form_add(&form, "metadata[op]", op->id);
	rent_form_add(&form, "metadata[kind]", hold ? "hold" : "charge");
	rent_form_add(&form, "metadata[rental]", op->rental_id);
	rent_form_add(&form, "metadata[user]", op->user_id);
	rent_form_add(&form, "expand[]", "latest_charge");
	ret->endpoint = hold ? "hold" : "charge";
	return post(s, op, "/v1/payment_intents", &form, ret, err);
}

static int build_capture(const struct stripe *s, const struct rent_payment_op *op,
                         int64_t minor, struct rent_arena *arena,
                         struct rent_upstream_request *ret, struct rent_error *err)
{
	struct rent_form form = { .arena = arena };

	if (!op->final)
		return rent_fail(err, RENT_EINVAL,
		                 "a hold is captured once: the capture must be final");
	rent_form_add_int(&form, "amount_to_capture", minor);
	rent_form_add(&form, "metadata[capture_op]", op->id);
	rent_form_add(&form, "expand[]", "latest_charge");
	ret->endpoint = "capture";
	return post(s, op,
	            rent_printf(arena, "/v1/payment_intents/%s/capture", op->target_ref),
	            &form, ret, err);
}

static int build_release(const struct stripe *s, const struct rent_payment_op *op,
                         struct rent_arena *arena, struct rent_upstream_request *ret,
                         struct rent_error *err)
{
	struct rent_form form = { .arena = arena };

	rent_form_add(&form, "cancellation_reason", "abandoned");
	ret->endpoint = "release";
	return post(s, op,
	            rent_printf(arena, "/v1/payment_intents/%s/cancel", op->target_ref),
	            &form, ret, err);
}

static int build_refund(const struct stripe *s, const struct rent_payment_op *op,
                        int64_t minor, struct rent_arena *arena,
                        struct rent_upstream_request *ret, struct rent_error *err)
{
	struct rent_form form = { .arena = arena };

	rent_form_add(&form, "payment_intent", op->target_ref);
	rent_form_add_int(&form, "amount", minor);
	rent_form_add(&form, "metadata[op]", op->id);
	rent_form_add(&form, "metadata[rental]", op->rental_id);
	ret->endpoint = "refund";
	return post(s, op, "/v1/refunds", &form, ret, err);
}

/* ---- lookups: by Stripe's id where there is one, else in a list around the time of the
 * intent. Never by /search, which may be an hour late and proves nothing. */

static int search_intents(const struct stripe *s, const struct rent_payment_op *op,
                          struct rent_arena *arena, struct rent_upstream_request *ret,
                          struct rent_error *err)
{
	struct rent_form form = { .arena = arena };

	add_unless_empty(&form, "customer", stripe_payer(s, op, arena));
	if (op->created_at > PAYMENT_MADE_BEFORE) {
		rent_form_add_int(&form, "created[gte]",
		                  (op->created_at - PAYMENT_MADE_BEFORE) / RENT_SECOND);
		rent_form_add_int(&form, "created[lte]",
		                  (op->created_at + PAYMENT_MADE_AFTER) / RENT_SECOND);
	}
	add_unless_empty(&form, "starting_after", rent_text(op->cursor));
	rent_form_add(&form, "limit", "100");
	rent_form_add(&form, "expand[]", "data.latest_charge");
	return stripe_get(
		s,
		rent_form_body(&form) == NULL
			? NULL
			: rent_printf(arena, "/v1/payment_intents?%s", form.body),
		"search", ret, err);
}

static int search_refunds(const struct stripe *s, const struct rent_payment_op *op,
                          struct rent_arena *arena, struct rent_upstream_request *ret,
                          struct rent_error *err)
{
	struct rent_form form = { .arena = arena };

	rent_form_add(&form, "payment_intent", op->target_ref);
	add_unless_empty(&form, "starting_after", rent_text(op->cursor));
	rent_form_add(&form, "limit", "100");
	return stripe_get(s,
	                  rent_form_body(&form) == NULL
	                          ? NULL
	                          : rent_printf(arena, "/v1/refunds?%s", form.body),
	                  "search", ret, err);
}

static int build_lookup(const struct stripe *s, const struct rent_payment_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	bool refund = op->lookup_of == RENT_PAY_REFUND;
	bool on_hold =
		op->lookup_of == RENT_PAY_CAPTURE || op->lookup_of == RENT_PAY_RELEASE;
	const char *id = on_hold ? op->target_ref : op->ref;

	if (id[0] != '\0' && !stripe_id_valid(id))
		return rent_fail(err, RENT_EINVAL, "the reference is none of Stripe's");
	if (on_hold && id[0] == '\0')
		return rent_fail(err, RENT_EINVAL, "the hold has no reference");
	if (id[0] != '\0' && refund)
		return stripe_get(s, rent_printf(arena, "/v1/refunds/%s", id), "lookup",
		                  ret, err);
	if (id[0] != '\0')
		return stripe_get(s,
		                  rent_printf(arena,
		                              "/v1/payment_intents/%s?expand%%5B%%5D="
		                              "latest_charge",
		                              id),
		                  "lookup", ret, err);
	if (!refund)
		return search_intents(s, op, arena, ret, err);
	if (!stripe_id_valid(op->target_ref))
		return rent_fail(err, RENT_EINVAL, "the payment has no reference");
	return search_refunds(s, op, arena, ret, err);
}

int stripe_build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                 struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct stripe *s = self;
	int64_t minor;
	int code = payment_check_op(op, err);

	if (code != 0)
		return code;
	if (op->kind == RENT_PAY_LOOKUP)
		return build_lookup(s, op, arena, ret, err);
	if (!stripe_minor(s, op->amount, &minor))
		return rent_fail(err, RENT_EINVAL,
		                 "Stripe takes no amount of %" PRId64 " in %s",
		                 op->amount, s->caps.currency);
	if (op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE)
		return build_intent(s, op, minor, arena, ret, err);
	if (!stripe_id_valid(op->target_ref))
		return rent_fail(err, RENT_EINVAL,
		                 "the payment that it refers to has no reference");
	if (op->kind == RENT_PAY_CAPTURE)
		return build_capture(s, op, minor, arena, ret, err);
	if (op->kind == RENT_PAY_RELEASE)
		return build_release(s, op, arena, ret, err);
	return build_refund(s, op, minor, arena, ret, err);
}
