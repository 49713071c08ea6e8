/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/kit.c - the operation of the kit, and what holds for every result.
 */
#include "kit.h"

#include <jansson.h>

static const char *const kind_names[] = {
	[RENT_PAY_HOLD] = "hold",       [RENT_PAY_CAPTURE] = "capture",
	[RENT_PAY_RELEASE] = "release", [RENT_PAY_CHARGE] = "charge",
	[RENT_PAY_REFUND] = "refund",   [RENT_PAY_LOOKUP] = "lookup",
	[RENT_PAY_EXTEND] = "extend",
};

const char *kit_kind_name(enum rent_payment_kind kind)
{
	return kind >= RENT_PAY_HOLD && kind <= KIT_LAST ? kind_names[kind] : "none";
}

enum rent_payment_kind kit_kind_value(const char *name)
{
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (name != NULL && strcmp(kind_names[kind], name) == 0)
			return (enum rent_payment_kind)kind;
	}
	return (enum rent_payment_kind)0;
}

bool kit_declares(const struct kit *k, enum rent_payment_kind kind)
{
	return (k->caps.payment.operations & RENT_PAY_BIT(kind)) != 0;
}

/* A reference as this provider makes them: where a sample of these kinds has one. */
static const char *reference_of(const char *member, bool lookups, const char *def)
{
	const json_t *json;

	for (size_t i = 0; (json = kit_samples_at(i)) != NULL; i++) {
		bool lookup = strcmp(kit_text(json, "kind", ""), "lookup") == 0;
		const char *ref = kit_text(json_object_get(json, "op"), member, "");

		if (lookup == lookups && ref[0] != '\0')
			return ref;
	}
	return def;
}

const char *kit_ref(void)
{
	return reference_of("ref", true, KIT_REF);
}

struct rent_payment_op kit_op(enum rent_payment_kind kind)
{
	bool refers = kind == RENT_PAY_CAPTURE || kind == RENT_PAY_RELEASE ||
	              kind == RENT_PAY_REFUND || kind == RENT_PAY_EXTEND;

	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = kind,
		.lookup_of = kind == RENT_PAY_LOOKUP ? RENT_PAY_CHARGE
		                                     : (enum rent_payment_kind)0,
		.final = kind == RENT_PAY_CAPTURE,
		.id = KIT_ID,
		.rental_id = KIT_RENTAL,
		.user_id = KIT_USER,
		.ref = "",
		.target_id = refers ? KIT_TARGET : "",
		.target_ref =
			refers ? reference_of("target_ref", false, KIT_TARGET_REF) : "",
		.amount = KIT_AMOUNT,
		.created_at = KIT_CREATED,
	};
}

struct rent_payment_op kit_lookup(enum rent_payment_kind of)
{
	struct rent_payment_op op = kit_op(of);

	op.kind = RENT_PAY_LOOKUP;
	op.lookup_of = of;
	return op;
}

static const char *action_fault(const struct rent_payment_result *r)
{
	if ((int)r->action < RENT_ACTION_NONE ||
	    (int)r->action > RENT_ACTION_CONFIRM_ELSEWHERE)
		return "the action is outside the set";
	if (r->action != RENT_ACTION_NONE && r->outcome != RENT_PENDING)
		return "an action without PENDING";
	if (r->retry_after_us < 0 || r->action_until < 0)
		return "a negative time";
	return NULL;
}

static const char *texts_fault(const struct rent_payment_result *r)
{
	if (!kit_text_sound(r->ref, sizeof(r->ref)))
		return "ref is not terminated or not UTF-8";
	if (!kit_text_sound(r->note, sizeof(r->note)))
		return "note is not terminated or not UTF-8";
	if (!kit_text_sound(r->action_value, sizeof(r->action_value)) ||
	    !kit_text_sound(r->method_ref, sizeof(r->method_ref)) ||
	    !kit_text_sound(r->cursor, sizeof(r->cursor)))
		return "action_value, method_ref or cursor is not terminated or not UTF-8";
	return NULL;
}

static const char *result_fault(const struct rent_payment_op *op,
                                const struct rent_payment_result *r)
{
	const char *fault = kit_outcome_fault(r->outcome, r->reason, r->not_found,
	                                      op->kind == RENT_PAY_LOOKUP);

	if (r->struct_size != sizeof(*r))
		return "struct_size of the result was changed";
	if (fault != NULL)
		return fault;
	if (action_fault(r) != NULL)
		return action_fault(r);
	if (r->outcome == RENT_SUCCEEDED &&
	    (r->processed < 1 || r->processed > op->amount))
		return "success with a processed amount outside 1..asked";
	if (texts_fault(r) != NULL)
		return texts_fault(r);
	if (r->cursor[0] != '\0' && op->kind != RENT_PAY_LOOKUP)
		return "an operation that is no lookup wants a second call";
	return r->expires_at < 0 ? "the hold's expiry is negative" : NULL;
}

struct rent_payment_result kit_parse(struct kit *k, const struct rent_payment_op *op,
                                     const struct rent_upstream_reply *reply,
                                     const char *about)
{
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_reply given = *reply, before;
	const char *fault;

	given.arena = k->host->arena_new(k->host);
	before = given;
	kit_doing(k, "%s, status %d, %s, %zu bytes", kit_kind_name(op->kind),
	          (int)reply->status, about, reply->body_size);
	k->api.payment->parse(k->self, op, &given, &ret);
	fault = result_fault(op, &ret);
	if (fault == NULL && !kit_reply_same(&before, &given))
		fault = "the reply was changed";
	if (fault == NULL && (kit_has_secret(k, ret.note) || kit_has_secret(k, ret.ref)))
		fault = "a secret of the options in note or ref";
	if (fault == NULL && strlen(ret.action_value) > 8 &&
	    strstr(ret.note, ret.action_value) != NULL)
		fault = "the address or token of the action in note";
	if (fault != NULL)
		kit_fault(k, "%s, status %d, %s: %s (outcome %d, processed %" PRId64 ")",
		          kit_kind_name(op->kind), (int)reply->status, about, fault,
		          (int)ret.outcome, ret.processed);
	k->host->arena_free(k->host, given.arena);
	return ret;
}
