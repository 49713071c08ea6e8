/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/sample.c - a sample as an operation, and an answer to it.
 * Members and their meaning: README.md.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

/* "op": members of the operation that are other than those of kit.h. */
static void change_op(struct rent_payment_op *op, const json_t *json)
{
	const struct {
		const char *name, **member;
	} texts[] = {
		{ "ref", &op->ref },
		{ "target_ref", &op->target_ref },
		{ "user_id", &op->user_id },
		{ "payer_ref", &op->payer_ref },
		{ "method_ref", &op->method_ref },
		{ "return_url", &op->return_url },
		{ "contact", &op->contact },
		{ "description", &op->description },
		{ "cursor", &op->cursor },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		*texts[i].member = kit_text(json, texts[i].name, *texts[i].member);
	op->on_session = json_is_true(json_object_get(json, "on_session"));
}

bool kit_sample_read(struct kit_sample *s, const json_t *json)
{
	enum rent_payment_kind kind = kit_kind_value(kit_text(json, "kind", ""));

	*s = (struct kit_sample){ .json = json,
		                  .name = kit_text(json, "name", "sample") };
	s->body = kit_sample_body(json, &s->object);
	if (s->body == NULL || kind == 0)
		return false;
	s->op = kind == RENT_PAY_LOOKUP ? kit_lookup(kit_kind_value(
						  kit_text(json, "lookup_of", "charge")))
	                                : kit_op(kind);
	/* A sample says itself what differs from the table. */
	if (s->op.target_ref[0] != '\0')
		s->op.target_ref = KIT_TARGET_REF;
	change_op(&s->op, json_object_get(json, "op"));
	s->reply = kit_sample_reply(json, s->body);
	return true;
}

void kit_sample_done(struct kit_sample *s)
{
	free(s->body);
	s->body = NULL;
}
