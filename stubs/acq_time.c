/* SPDX-License-Identifier: MIT
 *
 * stubs/acq_time.c - the acquirer's beginning and end, what ends by itself, and what the book brings
 * back after a restart.
 */
#include "acq_internal.h"

#include <stdlib.h>

void acquirer_init(struct acquirer *a, const struct rent_host *host, struct bank *bank,
                   struct book *book)
{
	a->host = host;
	a->bank = bank;
	a->book = book;
	a->next_due = INT64_MAX;
	acquirer_switch_off(a);
}

void acquirer_switch_off(struct acquirer *a)
{
	if (a->dialect != NULL)
		switches_init(&a->switches, a->dialect->rows, *a->dialect->row_count);
}

void acquirer_forget(struct acquirer *a)
{
	while (a->n > 0)
		free(a->payments[--a->n]);
	while (a->refund_count > 0)
		free(a->refunds[--a->refund_count]);
	while (a->report_count > 0)
		free(a->reports[--a->report_count].body);
	map_done(&a->by_id);
	map_done(&a->refund_by_id);
	acquirer_keys_done(a);
	a->next_due = INT64_MAX;
}

void acquirer_done(struct acquirer *a)
{
	acquirer_forget(a);
	free(a->payments);
	free(a->refunds);
	a->payments = NULL;
	a->refunds = NULL;
}

/* ---- what ends by itself */

int acquirer_end(struct acquirer *a, struct acq_payment *p, int64_t now)
{
	bool waits = p->state == ACQ_ACTION;
	int ret;

	if (!waits && p->state != ACQ_HELD)
		return ACQ_WRONG_STATE;
	ret = acq_let_go(a, p, "",
	                 waits ? "expired_on_confirmation" : "expired_on_capture", now);
	if (ret < 0)
		return ret;
	p->by_itself = true;
	acquirer_tell(a, ACQ_IS_CANCELED, p, NULL, "", now);
	if (!waits)
		acquirer_tell(a, ACQ_HOLD_ENDED, p, NULL, "", now);
	return ACQ_DONE;
}

static int end_payment(struct acquirer *a, struct acq_payment *p, int64_t now)
{
	if (p->state == ACQ_PROCESSING && p->settle_at <= now) {
		if (p->row != NULL && p->row->does == DOES_FALL) {
			acq_refuse(a, p, a->dialect->blocked, now);
			return 0;
		}
		return acq_settle(a, p, NULL, now);
	}
	if ((p->state == ACQ_HELD || p->state == ACQ_ACTION) && p->expires_at > 0 &&
	    p->expires_at <= now)
		return acquirer_end(a, p, now);
	return 0;
}

static bool falls_after(const struct acq_refund *r)
{
	return r->state == ACQ_REFUND_DONE && r->row != NULL &&
	       r->row->does == DOES_FALL_AFTER;
}

/* It had succeeded, and the customer's bank sends the money back. */
static int fall(struct acquirer *a, struct acq_refund *r, int64_t now)
{
	struct entry *e;
	int ret = acq_bank(a, KIND_CHARGE, r->of, "", r->amount, now, &e);

	r->state = ACQ_REFUND_FAILED;
	r->of->refunded -= r->amount;
	acquirer_tell(a, ACQ_REFUND_FELL, r->of, r, "", now);
	return ret;
}

static int end_refund(struct acquirer *a, struct acq_refund *r, int64_t now)
{
	int ret = 0;

	if (r->settle_at > now)
		return 0;
	if (falls_after(r))
		return fall(a, r, now);
	if (r->state != ACQ_REFUND_PENDING)
		return 0;
	if (r->row != NULL && r->row->does == DOES_FALL) {
		r->state = ACQ_REFUND_FAILED;
		r->of->refunded -= r->amount;
	} else {
		ret = acq_give_back(a, r, now);
	}
	acquirer_tell(a, ACQ_REFUND_ENDED, r->of, r, "", now);
	return ret;
}

int acquirer_advance(struct acquirer *a, int64_t now)
{
	int ret = 0;

	if (a->dialect == NULL || now < a->next_due)
		return 0;
	a->next_due = INT64_MAX;
	for (size_t i = 0; i < a->n && ret >= 0; i++) {
		struct acq_payment *p = a->payments[i];

		ret = end_payment(a, p, now);
		if (p->state == ACQ_PROCESSING)
			acq_due(a, p->settle_at);
		if ((p->state == ACQ_HELD || p->state == ACQ_ACTION) && p->expires_at > 0)
			acq_due(a, p->expires_at);
	}
	for (size_t i = 0; i < a->refund_count && ret >= 0; i++) {
		ret = end_refund(a, a->refunds[i], now);
		if (a->refunds[i]->state == ACQ_REFUND_PENDING ||
		    falls_after(a->refunds[i]))
			acq_due(a, a->refunds[i]->settle_at);
	}
	return ret < 0 ? ret : 0;
}

/* ---- what the book knows */

static struct acq_payment *payment_of(const struct acquirer *a, const char *key)
{
	char id[RENT_REF_SIZE];

	(void)snprintf(id, sizeof(id), "%s%.64s", a->dialect->payment_prefix, key);
	return acquirer_find(a, id);
}

/* Of a refund: what it gives back was taken by a charge, or by the capture of a hold. */
static struct acq_payment *taken_by(const struct acquirer *a, const char *key)
{
	const struct entry *e = book_find(a->book, KIND_CAPTURE, key);

	return payment_of(a, e != NULL && e->o.kind == KIND_CAPTURE ? e->o.target : key);
}

static bool restore_payment(struct acquirer *a, const struct entry *e)
{
	/* what a bank sent back has no key */
	struct acq_payment *p = e->o.key[0] == '\0' ? NULL : acq_payment_new(a, e->o.key);

	if (p == NULL)
		return e->o.key[0] == '\0';
	p->hold = e->o.kind == KIND_HOLD;
	p->stood = p->hold;
	p->state = p->hold ? ACQ_HELD : ACQ_TAKEN;
	p->amount = e->o.asked;
	*(p->hold ? &p->held : &p->taken) = e->amount;
	p->created_at = p->captured_at = e->ts;
	p->expires_at = e->ts + a->switches.numbers[NUM_HOLD_MS] * ACQ_MS;
	if (p->hold)
		acq_due(a, p->expires_at);
	(void)rent_copy(p->rental, sizeof(p->rental), e->o.order_id);
	(void)rent_copy(p->user, sizeof(p->user), e->o.user_id);
	return true;
}

static bool restore_refund(struct acquirer *a, const struct entry *e)
{
	struct acq_payment *p = taken_by(a, e->o.target);
	struct acq_refund *r = p == NULL ? NULL : acq_refund_new(a, e->o.key);

	if (r == NULL)
		return p == NULL;
	r->of = p;
	r->amount = e->amount;
	r->created_at = e->ts;
	r->state = ACQ_REFUND_DONE;
	p->refunded += e->amount;
	return true;
}

static void restore_change(struct acq_payment *p, const struct entry *e)
{
	bool capture = e->o.kind == KIND_CAPTURE;

	p->held -= e->amount;
	if (capture) {
		p->state = ACQ_TAKEN;
		p->taken = e->amount;
		p->captured_at = e->ts;
		(void)rent_copy(p->capture_key, sizeof(p->capture_key), e->o.key);
	} else if (p->state == ACQ_HELD) {
		p->state = ACQ_CANCELED;
		p->by_itself = e->o.key[0] == '\0';
		p->word = p->by_itself ? "expired_on_capture" : ACQ_RELEASED;
		(void)rent_copy(p->release_key, sizeof(p->release_key), e->o.key);
	}
}

int acquirer_restore(struct acquirer *a)
{
	for (size_t i = 0; a->dialect != NULL && i < a->book->n; i++) {
		const struct entry *e = a->book->acted[i];
		struct acq_payment *p = NULL;
		bool good = true;

		if (e->o.kind == KIND_HOLD || e->o.kind == KIND_CHARGE)
			good = restore_payment(a, e);
		else if (e->o.kind == KIND_REFUND)
			good = restore_refund(a, e);
		else if (e->o.kind == KIND_CAPTURE || e->o.kind == KIND_RELEASE)
			p = payment_of(a, e->o.target);
		if (p != NULL)
			restore_change(p, e);
		if (!good)
			return RENT_EFULL;
	}
	return 0;
}
