/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_pay.c - requests that move money, in the dialect of the acquirer: read, remembered
 * by their key, done as far as the switches let them, answered. Questions are in routes_ask.c.
 */
#include "deal.h"

#include <stdlib.h>

/* ---- errors */

static void refuse_by_row(struct deal *d, const struct acq_payment *p)
{
	deal_refuse_row(d, d->row, d->row->embeds ? p : NULL);
}

/* end: of an operation on the payment, above 0. */
static void refuse_by_end(struct deal *d, int end, const struct acq_payment *p)
{
	const struct acq_dialect *dialect = d->a->dialect;
	struct acq_error e = dialect->wrong_state;

	if (end == ACQ_FULL) {
		e = (struct acq_error){ .status = 503 };
	} else if (end == ACQ_NO_SUCH) {
		e = dialect->no_such;
	} else if (end == ACQ_TOO_MUCH) {
		e = dialect->too_much;
	}
	e.payment = p;
	deal_refuse(d, &e);
}

static void show_payment(struct deal *d, const struct acq_payment *p)
{
	const struct switch_row *row = p->row;

	if (p->state == ACQ_REFUSED && row != NULL && row->status >= 400) {
		deal_refuse_row(d, row, p);
		return;
	}
	d->status = 200;
	d->body = d->a->dialect->payment(d->a, p);
}

/* ---- the operations */

static int64_t half(int64_t amount)
{
	return amount < 2 ? 1 : amount / 2;
}

/* What others do just before; false: the row is the answer. */
static bool let_others(struct deal *d, struct acq_payment *p)
{
	enum switch_does does = deal_does(d);

	if (does == DOES_END && d->r.kind != KIND_HOLD)
		(void)acquirer_end(d->a, p, d->now);
	else if (does == DOES_HAND_CAPTURE)
		(void)acquirer_by_hand(d->a, p, "capture", half(p->held), d->now);
	else if (does == DOES_HAND_CANCEL)
		(void)acquirer_by_hand(d->a, p, "cancel", 0, d->now);
	return d->row == NULL || d->row->status == 0 || does == DOES_ACT ||
	       does == DOES_REFUSE;
}

static int create(struct deal *d)
{
	struct acq_payment *p = acquirer_find(d->a, d->made);
	int end = ACQ_DONE;

	if (p == NULL)
		end = acquirer_pay(d->a, &d->r, d->row, d->now, &p);
	if (end == 0 && deal_does(d) == DOES_END)
		end = acquirer_end(d->a, p, d->now);
	if (end != 0)
		return end;
	if (deal_does(d) == DOES_ACT)
		refuse_by_row(d, p);
	else
		show_payment(d, p);
	return 0;
}

static int change(struct deal *d, struct acq_payment *p)
{
	int end = 0;

	if (deal_does(d) != DOES_IGNORE)
		end = d->r.kind == KIND_CAPTURE
		              ? acquirer_capture(d->a, p, d->r.key, d->r.amount, d->now)
		              : acquirer_cancel(d->a, p, d->r.key, d->now);
	if (end != 0)
		return end;
	if (deal_does(d) == DOES_ACT)
		refuse_by_row(d, p);
	else
		show_payment(d, p);
	return 0;
}

static int refund(struct deal *d, struct acq_payment *p)
{
	struct acq_refund *r = acquirer_find_refund(d->a, d->made);
	int end = ACQ_DONE;

	if (r == NULL)
		end = acquirer_refund(d->a, p, d->r.key, d->r.amount, d->row, d->now, &r);
	if (end != 0)
		return end;
	d->status = 200;
	d->body = d->a->dialect->refund(d->a, r);
	if (deal_does(d) == DOES_ACT) {
		json_decref(d->body);
		refuse_by_row(d, p);
	}
	return 0;
}

/* Negative: the book cannot take it. */
static int act(struct deal *d)
{
	bool creates = d->r.kind == KIND_HOLD || d->r.kind == KIND_CHARGE;
	struct acq_payment *p = creates ? NULL : acquirer_find(d->a, d->r.id);
	int end;

	if (deal_does(d) == DOES_ANSWER && d->row != NULL) {
		refuse_by_row(d, p);
		return 0;
	}
	if (!creates && p == NULL) {
		end = ACQ_NO_SUCH;
	} else if (!creates && !let_others(d, p)) {
		refuse_by_row(d, p);
		end = 0;
	} else {
		end = creates                    ? create(d)
		      : d->r.kind == KIND_REFUND ? refund(d, p)
		                                 : change(d, p);
	}
	if (end > 0)
		refuse_by_end(d, end, p);
	return end < 0 ? end : 0;
}

/* ---- keys */

/* Whether the key's first answer, or what is the matter with it, is the answer. */
static bool is_answered(struct deal *d)
{
	const struct acq_dialect *dialect = d->a->dialect;
	struct acq_key *k = acquirer_key(d->a, d->r.key);

	if (k == NULL) {
		d->k = acquirer_key_new(d->a, d->r.key, d->hash);
		d->status = d->k == NULL ? 503 : 0;
		return d->k == NULL;
	}
	if (k->request != d->hash) {
		deal_refuse(d, &dialect->reused);
	} else if (k->busy) {
		deal_refuse(d, &dialect->busy);
	} else if (k->status != 0) {
		d->status = k->status;
		d->kept = rent_strdup(d->req->arena, k->body);
	} else {
		k->busy = true;
		d->k = k;
		return false;
	}
	return true;
}

static void keep(struct deal *d)
{
	bool keeps =
		d->a->dialect->keeps_answers && (d->status == 200 || d->status == 402 ||
	                                         (d->row != NULL && d->row->kept));

	if (d->k != NULL)
		d->k->busy = false;
	if (d->k == NULL || !keeps || d->body == NULL)
		return;
	free(d->k->body);
	d->k->body = json_dumps(d->body, JSON_COMPACT);
	d->k->status = d->k->body == NULL ? 0 : d->status;
}

/* ---- a request from its lock to its answer */

static const char *user_of(const struct deal *d)
{
	const struct acq_payment *p = acquirer_find(d->a, d->r.id);

	if (d->r.kind == KIND_HOLD || d->r.kind == KIND_CHARGE)
		return d->r.user;
	return p == NULL ? "" : p->user;
}

static int work(struct deal *d)
{
	int ret = 0;

	d->row = switches_draw(&d->a->switches, (uint32_t)d->r.kind, user_of(d));
	if (deal_does(d) == DOES_LATE) {
		deal_wait(d);
		/* gone, where everything was forgotten meanwhile */
		d->k = acquirer_key(d->a, d->r.key);
	}
	if (deal_does(d) != DOES_LOSE_REQUEST)
		ret = act(d);
	keep(d);
	return ret;
}

/* Fills d->r from the request; false: it is refused. */
static bool take_request(struct deal *d, enum kind kind)
{
	const struct rent_http_request *req = d->req;
	const struct acq_dialect *dialect = d->a->dialect;
	const char *key = req->header(req, dialect->key_header), *wrong;
	const char *host = req->header(req, "Host");

	d->r = (struct acq_request){
		.kind = kind,
		.key = key == NULL ? "" : key,
		.id = req->params[0] == NULL ? "" : req->params[0],
		.base = rent_printf(req->arena, "http://%.200s",
		                    host == NULL ? "" : host),
	};
	wrong = rent_id_valid(d->r.key) && d->r.base != NULL
	                ? dialect->read(d->a, req, &d->r)
	                : dialect->key_header;
	if (wrong != NULL) {
		struct acq_error e = dialect->malformed;

		e.param = wrong;
		deal_refuse(d, &e);
		return false;
	}
	d->made = rent_printf(req->arena, "%s%s",
	                      kind == KIND_REFUND ? dialect->refund_prefix
	                                          : dialect->payment_prefix,
	                      d->r.key);
	key = rent_printf(req->arena, "%s\n%s", req->path, req->body);
	d->hash = key == NULL ? 0 : map_hash(key);
	return d->made != NULL && key != NULL;
}

static int serve(void *self, const struct acq_dialect *dialect, enum kind kind,
                 const struct rent_http_request *req, struct rent_http_reply *reply,
                 struct rent_error *err)
{
	struct deal d = { .s = self, .req = req, .reply = reply };
	int ret;

	if (!deal_begin(&d, dialect) || !take_request(&d, kind))
		return deal_answer(&d);
	ret = deal_lock(&d);
	if (ret == 0 && !is_answered(&d))
		ret = work(&d);
	return deal_finish(&d, ret, "the operation cannot be put into the book", err);
}

/* clang-format off */
#define ROUTE(name, dialect, kind)                                                       \
	int name(void *self, const struct rent_http_request *req,                        \
	         struct rent_http_reply *reply, struct rent_error *err)                  \
	{                                                                                \
		return serve(self, &(dialect), kind, req, reply, err);                   \
	}
/* clang-format on */

ROUTE(post_stripe_payment, stripe_dialect, KIND_HOLD)
ROUTE(post_stripe_capture, stripe_dialect, KIND_CAPTURE)
ROUTE(post_stripe_cancel, stripe_dialect, KIND_RELEASE)
ROUTE(post_stripe_refund, stripe_dialect, KIND_REFUND)
ROUTE(post_yookassa_payment, yookassa_dialect, KIND_HOLD)
ROUTE(post_yookassa_capture, yookassa_dialect, KIND_CAPTURE)
ROUTE(post_yookassa_cancel, yookassa_dialect, KIND_RELEASE)
ROUTE(post_yookassa_refund, yookassa_dialect, KIND_REFUND)
