/* SPDX-License-Identifier: MIT
 *
 * payer.c - see payer.h.
 */
#include "payer.h"

bool payer_is_needed(const struct params *p, const struct rent_rental *r)
{
	return r->outside_at != 0 ||
	       (r->payer_needed_at != 0 && r->now - r->payer_needed_at < p->action_retry);
}

/* A refusal of what he has confirmed himself says nothing of charges without him. */
static void heed_refusal(struct rental_work *w, const struct work_op *op)
{
	if (op->wants_payer)
		w->next.payer_needed_at = w->next.now;
	else if (op->op.request_key[0] == '\0')
		w->next.payer_needed_at = 0;
}

void payer_heed(struct rental_work *w, const struct work_op *op)
{
	bool succeeded = op->op.state == RENT_OP_SUCCEEDED;

	if (op->op.kind != RENT_OP_HOLD && op->op.kind != RENT_OP_CHARGE)
		return;
	if (succeeded && op->saved_method[0] != '\0')
		rent_copy(w->next.payment_method, sizeof(w->next.payment_method),
		          op->saved_method);
	if (op->op.kind != RENT_OP_CHARGE)
		return;
	if (succeeded)
		w->next.payer_needed_at = 0;
	else if (op->op.state == RENT_OP_DECLINED)
		heed_refusal(w, op);
}
