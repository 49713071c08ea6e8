/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/parse.c - an answer of Stripe's into an outcome: a refusal, an object, or
 * a page of a list.
 */
#include "stripe.h"

/* A page of a list, searched for our id. */
static void judge_page(const struct stripe *s, const struct rent_payment_op *op,
                       const struct rent_json *page, struct rent_payment_result *ret)
{
	size_t n = s->json->count(page, "data");
	const char *last = "";
	bool more;

	if (s->json->type(page, "data") != RENT_JSON_ARRAY ||
	    !s->json->boolean(page, "has_more", &more))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct rent_json *o = s->json->at(page, "data", i, NULL);

		last = s->json->text(o, "id");
		if (!payment_says(s->json, o, "metadata.op", op->id))
			continue;
		if (op->lookup_of == RENT_PAY_REFUND)
			stripe_judge_refund(s, op, o, ret);
		else
			stripe_judge_intent(s, op, op->lookup_of, o, ret);
		return;
	}
	if (!more)
		ret->not_found = true;
	else if (stripe_id_valid(last))
		(void)rent_copy(ret->cursor, sizeof(ret->cursor), last);
}

void stripe_parse(void *self, const struct rent_payment_op *op,
                  const struct rent_upstream_reply *reply,
                  struct rent_payment_result *ret)
{
	const struct stripe *s = self;
	const struct rent_json *body =
		s->json->parse(reply->arena, reply->body, reply->body_size);
	enum rent_payment_kind kind =
		op->kind == RENT_PAY_LOOKUP ? op->lookup_of : op->kind;

	if (reply->status != 200)
		stripe_judge_error(s, op, reply, s->json->get(body, "error"), ret);
	else if (op->kind == RENT_PAY_LOOKUP &&
	         payment_says(s->json, body, "object", "list"))
		judge_page(s, op, body, ret);
	else if (kind == RENT_PAY_REFUND)
		stripe_judge_refund(s, op, body, ret);
	else
		stripe_judge_intent(s, op, kind, body, ret);
}
