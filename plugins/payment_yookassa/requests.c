/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/requests.c - operations into YooKassa's requests.
 */
#include "yookassa.h"

#include <rent/time.h>

bool yookassa_id_valid(const char *id)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-";

	return payment_ref_is_of(id, plain);
}

bool yookassa_is_ours(const char *description)
{
	static const char shape[] = "xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; shape[i] != '\0'; i++) {
		char c = description[i];

		if (shape[i] == 'x' ? c == '\0' || strchr("0123456789abcdef", c) == NULL
		                    : c != shape[i])
			return false;
	}
	return description[i] == '\0';
}

int yookassa_get(const struct yookassa *y, const char *target, const char *endpoint,
                 struct rent_upstream_request *ret, struct rent_error *err)
{
	if (target == NULL)
		return payment_no_room(err);
	ret->upstream = y->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->method = "GET";
	ret->target = target;
	ret->endpoint = endpoint;
	ret->headers[0] = (struct rent_header){ "Authorization", y->authorization };
	return 0;
}

static int post(const struct yookassa *y, const struct rent_payment_op *op,
                struct rent_arena *arena, const char *target, const char *body,
                struct rent_upstream_request *ret, struct rent_error *err)
{
	const char *key = rent_strdup(arena, op->id);

	if (key == NULL || body == NULL)
		return payment_no_room(err);
	if (yookassa_get(y, target, ret->endpoint, ret, err) != 0)
		return err->code;
	ret->method = "POST";
	ret->body = body;
	ret->body_size = strlen(body);
	ret->headers[1] = (struct rent_header){ "Content-Type", "application/json" };
	ret->headers[2] = (struct rent_header){ y->caps.key_header, key };
	return 0;
}

static const char *method_of(const struct yookassa *y, const struct rent_payment_op *op)
{
	const char *method = rent_text(op->method_ref);

	return method[0] == '\0' && y->user_is_method ? op->user_id : method;
}

/* His statement's line: at most 128 characters. Cut where a character begins. */
static const char *description_of(const struct rent_payment_op *op,
                                  struct rent_arena *arena)
{
	const char *text = rent_text(op->description);
	size_t n = strlen(text);

	if (n > 128) {
		n = 128;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	return rent_strndup(arena, text, n);
}

/* A payment by the saved method, or one that the customer confirms in his browser. */
static int build_payment(const struct yookassa *y, const struct rent_payment_op *op,
                         const char *value, struct rent_arena *arena,
                         struct rent_upstream_request *ret, struct rent_error *err)
{
	bool saved = method_of(y, op)[0] != '\0', hold = op->kind == RENT_PAY_HOLD;
	const char *payer = rent_text(op->payer_ref), *back = rent_text(op->return_url);
	const char *line = description_of(op, arena), *body;
	int r;

	if (line == NULL)
		return payment_no_room(err);
	if (back[0] == '\0')
		back = y->return_url;
	if (!saved && (!op->on_session || back[0] == '\0'))
		return rent_fail(err, RENT_EINVAL,
		                 op->on_session ? "no return_url for the confirmation"
		                                : "no saved method of the user is known");
	const struct rent_value of_saved[] = {
		RENT_TEXT("amount.value", value),
		RENT_TEXT("amount.currency", y->caps.currency),
		RENT_TRUTH("capture", !hold),
		RENT_TEXT("payment_method_id", method_of(y, op)),
		RENT_TEXT("metadata.op", op->id),
		RENT_TEXT("metadata.kind", hold ? "hold" : "charge"),
		RENT_TEXT("metadata.rental", op->rental_id),
		RENT_TEXT("metadata.user", op->user_id),
		/* the last, so that without a text the list ends before it */
		RENT_TEXT(line[0] == '\0' ? NULL : "description", line),
		RENT_VALUES_END,
	};
	const struct rent_value of_present[] = {
		RENT_TEXT("amount.value", value),
		RENT_TEXT("amount.currency", y->caps.currency),
		RENT_TRUTH("capture", !hold),
		RENT_TEXT("confirmation.type", "redirect"),
		RENT_TEXT("confirmation.return_url", back),
		RENT_TEXT("payment_method_data.type", "bank_card"),
		RENT_TRUTH("save_payment_method", y->save_methods),
		RENT_TEXT("merchant_customer_id", payer[0] == '\0' ? op->user_id : payer),
		RENT_TEXT("metadata.op", op->id),
		RENT_TEXT("metadata.kind", hold ? "hold" : "charge"),
		RENT_TEXT("metadata.rental", op->rental_id),
		RENT_TEXT("metadata.user", op->user_id),
		/* the last, so that without a text the list ends before it */
		RENT_TEXT(line[0] == '\0' ? NULL : "description", line),
		RENT_VALUES_END,
	};

	body = y->json->build(arena, saved ? of_saved : of_present);
	r = yookassa_add_receipt(y, op, arena, body, &body, err);
	if (r != 0)
		return r;
	ret->endpoint = hold ? "hold" : "charge";
	return post(y, op, arena, "/payments", body, ret, err);
}

static int build_capture(const struct yookassa *y, const struct rent_payment_op *op,
                         const char *value, struct rent_arena *arena,
                         struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct rent_value amount[] = {
		RENT_TEXT("amount.value", value),
		RENT_TEXT("amount.currency", y->caps.currency),
		RENT_VALUES_END,
	};
	const char *body = y->json->build(arena, amount);
	int r;

	if (!op->final)
		return rent_fail(err, RENT_EINVAL,
		                 "a hold is captured once: the capture must be final");
	r = yookassa_add_receipt(y, op, arena, body, &body, err);
	if (r != 0)
		return r;
	ret->endpoint = "capture";
	return post(y, op, arena,
	            rent_printf(arena, "/payments/%s/capture", op->target_ref), body, ret,
	            err);
}

static int build_refund(const struct yookassa *y, const struct rent_payment_op *op,
                        const char *value, struct rent_arena *arena,
                        struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct rent_value refund[] = {
		RENT_TEXT("payment_id", op->target_ref),
		RENT_TEXT("amount.value", value),
		RENT_TEXT("amount.currency", y->caps.currency),
		RENT_TEXT("description", op->id),
		RENT_VALUES_END,
	};
	const char *body = y->json->build(arena, refund);
	int r = yookassa_add_receipt(y, op, arena, body, &body, err);

	if (r != 0)
		return r;
	ret->endpoint = "refund";
	return post(y, op, arena, "/refunds", body, ret, err);
}

/* ---- lookups: by YooKassa's id where there is one, else in a list around the time of the
 * intent. There is no search by metadata. */

static int search(const struct yookassa *y, const struct rent_payment_op *op,
                  struct rent_arena *arena, struct rent_upstream_request *ret,
                  struct rent_error *err)
{
	bool refunds = op->lookup_of == RENT_PAY_REFUND;
	struct rent_form form = { .arena = arena };
	char from[RENT_TIME_SIZE], to[RENT_TIME_SIZE];

	rent_time_text(op->created_at - PAYMENT_MADE_BEFORE, 'T', from);
	rent_time_text(op->created_at + PAYMENT_MADE_AFTER, 'T', to);
	if (refunds) {
		rent_form_add(&form, "payment_id", op->target_ref);
	} else if (op->created_at > PAYMENT_MADE_BEFORE) {
		rent_form_add(&form, "created_at.gte", from);
		rent_form_add(&form, "created_at.lte", to);
	}
	rent_form_add(&form, "limit", "100");
	if (rent_text(op->cursor)[0] != '\0')
		rent_form_add(&form, "cursor", op->cursor);
	return yookassa_get(y,
	                    rent_form_body(&form) == NULL
	                            ? NULL
	                            : rent_printf(arena, "/%s?%s",
	                                          refunds ? "refunds" : "payments",
	                                          form.body),
	                    "search", ret, err);
}

static int build_lookup(const struct yookassa *y, const struct rent_payment_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	bool refund = op->lookup_of == RENT_PAY_REFUND;
	bool on_hold =
		op->lookup_of == RENT_PAY_CAPTURE || op->lookup_of == RENT_PAY_RELEASE;
	const char *id = on_hold ? op->target_ref : op->ref;

	if (id[0] != '\0' && !yookassa_id_valid(id))
		return rent_fail(err, RENT_EINVAL, "the reference is none of YooKassa's");
	if (on_hold && id[0] == '\0')
		return rent_fail(err, RENT_EINVAL, "the hold has no reference");
	if (id[0] != '\0')
		return yookassa_get(
			y,
			rent_printf(arena, "/%s/%s", refund ? "refunds" : "payments", id),
			"lookup", ret, err);
	if (refund && !yookassa_id_valid(op->target_ref))
		return rent_fail(err, RENT_EINVAL, "the payment has no reference");
	return search(y, op, arena, ret, err);
}

/* The question after a refund that nobody of ours made. */
static bool is_of_nobody(const struct rent_payment_op *op)
{
	return op->id[0] == '\0' && op->kind == RENT_PAY_LOOKUP &&
	       op->lookup_of == RENT_PAY_REFUND && op->ref[0] != '\0';
}

int yookassa_build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                   struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct yookassa *y = self;
	char *value = rent_alloc(arena, RENT_DECIMAL_SIZE);
	int code = is_of_nobody(op) ? 0 : payment_check_op(op, err);

	if (code != 0)
		return code;
	if (value == NULL)
		return payment_no_room(err);
	if (op->kind == RENT_PAY_LOOKUP)
		return build_lookup(y, op, arena, ret, err);
	if (!yookassa_value(y, op->amount, value))
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	if (op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE)
		return build_payment(y, op, value, arena, ret, err);
	if (!yookassa_id_valid(op->target_ref))
		return rent_fail(err, RENT_EINVAL,
		                 "the payment that it refers to has no reference");
	if (op->kind == RENT_PAY_CAPTURE)
		return build_capture(y, op, value, arena, ret, err);
	if (op->kind == RENT_PAY_REFUND)
		return build_refund(y, op, value, arena, ret, err);
	ret->endpoint = "release";
	return post(y, op, arena,
	            rent_printf(arena, "/payments/%s/cancel", op->target_ref), "{}", ret,
	            err);
}
