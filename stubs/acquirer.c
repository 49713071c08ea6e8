/* SPDX-License-Identifier: MIT
 *
 * stubs/acquirer.c - what becomes of payments: begun, refused, confirmed, held, taken, given back.
 * What its time does is in acq_time.c, what the book remembers in acq_restore.c. See acquirer.h.
 */
#include "acq_internal.h"

#include <stdlib.h>

/* ---- making them */

/* The list with room for one more; NULL: there is none. */
static void *grown(void *list, size_t n, size_t *room)
{
	size_t bigger = *room == 0 ? 64 : *room * 2;
	void *more = list;

	if (n == ACQUIRER_MAX)
		return NULL;
	if (n == *room) {
		more = realloc(list, bigger * sizeof(void *));
		*room = more == NULL ? *room : bigger;
	}
	return more;
}

struct acq_payment *acq_payment_new(struct acquirer *a, const char *key)
{
	void *list = grown(a->payments, a->n, &a->room);
	struct acq_payment *p;

	if (list == NULL)
		return NULL;
	a->payments = list;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	(void)rent_copy(p->key, sizeof(p->key), key);
	(void)snprintf(p->id, sizeof(p->id), "%s%s", a->dialect->payment_prefix, p->key);
	if (map_put(&a->by_id, p->id, p) < 0) {
		free(p);
		return NULL;
	}
	a->payments[a->n++] = p;
	return p;
}

struct acq_refund *acq_refund_new(struct acquirer *a, const char *key)
{
	void *list = grown(a->refunds, a->refund_count, &a->refund_room);
	struct acq_refund *r;

	if (list == NULL)
		return NULL;
	a->refunds = list;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	(void)rent_copy(r->key, sizeof(r->key), key);
	(void)snprintf(r->id, sizeof(r->id), "%s%s", a->dialect->refund_prefix, r->key);
	if (map_put(&a->refund_by_id, r->id, r) < 0) {
		free(r);
		return NULL;
	}
	a->refunds[a->refund_count++] = r;
	return r;
}

struct acq_payment *acquirer_find(const struct acquirer *a, const char *id)
{
	return map_get(&a->by_id, id);
}

struct acq_refund *acquirer_find_refund(const struct acquirer *a, const char *id)
{
	return map_get(&a->refund_by_id, id);
}

/* ---- the bank */

/* What the operation takes from. */
static const char *target_of(enum kind kind, const struct acq_payment *p)
{
	if (kind == KIND_CHARGE || kind == KIND_HOLD)
		return "";
	return kind == KIND_REFUND && p->hold ? p->capture_key : p->key;
}

int acq_bank(struct acquirer *a, enum kind kind, const struct acq_payment *p,
             const char *key, int64_t amount, int64_t now, struct entry **ret)
{
	const struct order o = { kind,    amount, key, p->rental,
		                 p->user, "",     "",  target_of(kind, p) };

	return bank_apply(a->bank, a->book, &o, 100, now, ret);
}

void acq_refuse(struct acquirer *a, struct acq_payment *p, const struct switch_row *row,
                int64_t now)
{
	p->state = a->dialect->refusal_is_error ? ACQ_REFUSED : ACQ_CANCELED;
	p->row = row;
	p->word = row->word == NULL ? row->name : row->word;
	acquirer_tell(a, p->state == ACQ_REFUSED ? ACQ_IS_REFUSED : ACQ_IS_CANCELED, p,
	              NULL, p->key, now);
}

static const struct switch_row *row_of(const struct acquirer *a, const char *reason)
{
	if (strcmp(reason, "insufficient_funds") == 0)
		return a->dialect->no_money;
	return strcmp(reason, "limit_exceeded") == 0 ? a->dialect->limit
	                                             : a->dialect->blocked;
}

/* Asks the bank; row: how much of it, how long, and what else is odd. */
int acq_settle(struct acquirer *a, struct acq_payment *p, const struct switch_row *row,
               int64_t now)
{
	enum switch_does does = row == NULL ? DOES_ANSWER : row->does;
	bool hold = does == DOES_TAKE ? false : does == DOES_HOLD ? true : p->hold;
	const struct order o = {
		hold ? KIND_HOLD : KIND_CHARGE,
		p->amount,
		p->key,
		p->rental,
		p->user,
		"",
		"",
		"",
	};
	struct entry *e = NULL;
	int ret = bank_apply(a->bank, a->book, &o, does == DOES_PART ? 50 : 100, now, &e);

	p->settle_at = 0;
	if (ret < 0)
		return ret;
	if (e->seq == 0) {
		acq_refuse(a, p, row_of(a, e->reason), now);
		return 0;
	}
	p->row = NULL;
	p->state = hold ? ACQ_HELD : ACQ_TAKEN;
	*(hold ? &p->held : &p->taken) = e->amount;
	if (hold) {
		p->stood = true;
		p->expires_at =
			now + a->switches.numbers[does == DOES_SHORT ? NUM_SHORT_MS
		                                                     : NUM_HOLD_MS] *
				      ACQ_MS;
		acq_due(a, p->expires_at);
	} else {
		p->captured_at = now;
	}
	acquirer_tell(a, hold ? ACQ_IS_HELD : ACQ_IS_TAKEN, p, NULL, p->key, now);
	return 0;
}

/* ---- what is asked for */

static void fill(struct acq_payment *p, const struct acq_request *r, int64_t now)
{
	p->hold = r->kind == KIND_HOLD;
	p->amount = r->amount;
	p->saves = r->saves;
	p->created_at = now;
	(void)rent_copy(p->rental, sizeof(p->rental), r->rental);
	(void)rent_copy(p->user, sizeof(p->user), r->user);
	(void)rent_copy(p->customer, sizeof(p->customer), r->customer);
	(void)rent_copy(p->method, sizeof(p->method), r->method);
	(void)rent_copy(p->return_url, sizeof(p->return_url), r->return_url);
	(void)snprintf(p->page, sizeof(p->page), "%s/bank/%s", r->base, p->id);
}

static void await(struct acquirer *a, struct acq_payment *p, bool sdk, int64_t now)
{
	p->state = ACQ_ACTION;
	p->sdk = sdk;
	if (a->dialect->ends_waiting) {
		p->expires_at = now + a->switches.numbers[NUM_CONFIRM_MS] * ACQ_MS;
		acq_due(a, p->expires_at);
	}
	acquirer_tell(a, ACQ_NEEDS_ACTION, p, NULL, p->key, now);
}

static void put_off(struct acquirer *a, struct acq_payment *p,
                    const struct switch_row *row, int64_t now)
{
	p->state = ACQ_PROCESSING;
	p->row = row;
	p->settle_at = now + a->switches.numbers[NUM_SETTLE_MS] * ACQ_MS;
	acq_due(a, p->settle_at);
	acquirer_tell(a, ACQ_IS_PROCESSING, p, NULL, p->key, now);
}

static int begin(struct acquirer *a, struct acq_payment *p, const struct switch_row *row,
                 bool on_session, int64_t now)
{
	enum switch_does does = row == NULL ? DOES_ANSWER : row->does;
	bool action = does == DOES_ACTION || does == DOES_SDK;

	if (does == DOES_REFUSE)
		acq_refuse(a, p, row, now);
	else if (action && on_session)
		await(a, p, does == DOES_SDK, now);
	else if (action)
		acq_refuse(a, p, a->dialect->absent, now);
	else if (does == DOES_PENDING || does == DOES_FALL)
		put_off(a, p, row, now);
	else
		return acq_settle(a, p, row, now);
	return 0;
}

int acquirer_pay(struct acquirer *a, const struct acq_request *r,
                 const struct switch_row *row, int64_t now, struct acq_payment **ret)
{
	const char *card = row == NULL ? a->dialect->card(r) : NULL;
	struct acq_payment *p;

	if (card != NULL)
		row = switches_row(&a->switches, (uint32_t)r->kind, card);
	p = acq_payment_new(a, r->key);
	if (p == NULL)
		return ACQ_FULL;
	*ret = p;
	fill(p, r, now);
	return begin(a, p, row, r->on_session, now);
}

int acquirer_capture(struct acquirer *a, struct acq_payment *p, const char *key,
                     int64_t amount, int64_t now)
{
	struct entry *e = NULL;
	int64_t rest = p->held - amount;
	int ret;

	if (p->state != ACQ_HELD)
		return p->state == ACQ_TAKEN && strcmp(p->capture_key, key) == 0
		               ? ACQ_DONE
		               : ACQ_WRONG_STATE;
	if (rest < 0)
		return ACQ_TOO_MUCH;
	ret = acq_bank(a, KIND_CAPTURE, p, key, amount, now, &e);
	if (ret < 0)
		return ret;
	/* whose account is blocked: nothing of the hold can be had any more */
	if (e->seq == 0)
		return acq_let_go(a, p, "", a->dialect->blocked->name, now) < 0
		               ? RENT_EFULL
		               : ACQ_WRONG_STATE;
	if (rest > 0)
		ret = acq_bank(a, KIND_RELEASE, p, "", rest, now, &e);
	(void)rent_copy(p->capture_key, sizeof(p->capture_key), key);
	p->state = ACQ_TAKEN;
	p->held = 0;
	p->taken = amount;
	p->captured_at = now;
	acquirer_tell(a, ACQ_IS_TAKEN, p, NULL, key, now);
	return ret;
}

/* Gives back what is held, and ends the payment. */
int acq_let_go(struct acquirer *a, struct acq_payment *p, const char *key,
               const char *word, int64_t now)
{
	struct entry *e = NULL;
	int ret = p->held == 0 ? 0 : acq_bank(a, KIND_RELEASE, p, key, p->held, now, &e);

	if (ret < 0)
		return ret;
	p->state = ACQ_CANCELED;
	p->word = word;
	p->held = 0;
	return 0;
}

int acquirer_cancel(struct acquirer *a, struct acq_payment *p, const char *key,
                    int64_t now)
{
	bool may = p->state == ACQ_HELD ||
	           (!a->dialect->ends_waiting &&
	            (p->state == ACQ_ACTION || p->state == ACQ_REFUSED));
	int ret;

	if (!may)
		return p->state == ACQ_CANCELED && strcmp(p->release_key, key) == 0
		               ? ACQ_DONE
		               : ACQ_WRONG_STATE;
	ret = acq_let_go(a, p, key, ACQ_RELEASED, now);
	if (ret < 0)
		return ret;
	(void)rent_copy(p->release_key, sizeof(p->release_key), key);
	acquirer_tell(a, ACQ_IS_CANCELED, p, NULL, key, now);
	return ACQ_DONE;
}

int acq_give_back(struct acquirer *a, struct acq_refund *r, int64_t now)
{
	struct acq_payment *p = r->of;
	struct entry *e = NULL;
	int ret = acq_bank(a, KIND_REFUND, p, r->key, r->amount, now, &e);

	if (ret == 0 && e->seq > 0)
		r->state = ACQ_REFUND_DONE;
	return ret;
}

int acquirer_refund(struct acquirer *a, struct acq_payment *p, const char *key,
                    int64_t amount, const struct switch_row *row, int64_t now,
                    struct acq_refund **ret)
{
	enum switch_does does = row == NULL ? DOES_ANSWER : row->does;
	struct acq_refund *r;
	int code = 0;

	if (p->state != ACQ_TAKEN)
		return ACQ_WRONG_STATE;
	if (amount > p->taken - p->refunded)
		return p->taken == p->refunded ? ACQ_WRONG_STATE : ACQ_TOO_MUCH;
	r = acq_refund_new(a, key);
	if (r == NULL)
		return ACQ_FULL;
	r->of = p;
	r->amount = amount;
	r->created_at = now;
	r->row = row;
	*ret = r;
	if (does == DOES_REFUSE) {
		r->state = ACQ_REFUND_FAILED;
	} else if (does == DOES_PENDING || does == DOES_FALL) {
		r->settle_at = now + a->switches.numbers[NUM_SETTLE_MS] * ACQ_MS;
		acq_due(a, r->settle_at);
	} else {
		code = acq_give_back(a, r, now);
		r->settle_at = now + a->switches.numbers[NUM_SETTLE_MS] * ACQ_MS;
		if (does == DOES_FALL_AFTER)
			acq_due(a, r->settle_at);
	}
	if (r->state != ACQ_REFUND_FAILED)
		p->refunded += amount;
	acquirer_tell(a, ACQ_REFUND_MADE, p, r, key, now);
	return code;
}

int acquirer_answer(struct acquirer *a, struct acq_payment *p, bool confirms, int64_t now)
{
	if (p->state != ACQ_ACTION)
		return ACQ_WRONG_STATE;
	p->expires_at = 0;
	if (confirms)
		return acq_settle(a, p, NULL, now);
	acq_refuse(a, p, a->dialect->absent, now);
	return ACQ_DONE;
}
