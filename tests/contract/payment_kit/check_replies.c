/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_replies.c - replies that prove nothing, whatever the
 * dialect: none of them may become a success.
 */
#include "kit.h"

static void try_op(struct kit *k, const struct rent_payment_op *op,
                   const struct kit_hostile *h)
{
	for (size_t i = 0; i < KIT_HOSTILE_REPLIES; i++) {
		struct rent_upstream_reply reply = kit_hostile_reply(h, i);
		struct rent_payment_result ret = kit_parse(k, op, &reply, h->name);

		if (ret.outcome == RENT_SUCCEEDED)
			kit_fault(k, "%s, status %d, %s: SUCCEEDED",
			          kit_kind_name(op->kind), (int)reply.status, h->name);
		if (reply.status >= 500 && reply.status <= 599 &&
		    ret.outcome == RENT_DECLINED)
			kit_fault(k, "%s, status %d, %s: a server's error is no refusal",
			          kit_kind_name(op->kind), (int)reply.status, h->name);
	}
}

static void try_body(struct kit *k, const struct kit_hostile *h)
{
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		struct rent_payment_op op = kit_op((enum rent_payment_kind)kind);

		if (kind != RENT_PAY_LOOKUP && kit_declares(k, op.kind))
			try_op(k, &op, h);
		op = kit_lookup((enum rent_payment_kind)kind);
		if (kind <= RENT_PAY_REFUND && kit_declares(k, RENT_PAY_LOOKUP) &&
		    kit_declares(k, (enum rent_payment_kind)kind))
			try_op(k, &op, h);
	}
}

void kit_check_hostile_replies(struct kit *k)
{
	kit_begin(k, "replies that say nothing are never a success, 5xx never a refusal");
	kit_hostile_bodies(k, try_body);
	kit_end(k);
}
