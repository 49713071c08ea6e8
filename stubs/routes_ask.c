/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_ask.c - questions to the acquirer, by id and by page.
 */
#include "deal.h"

/* ---- by id */

static bool is_spoilt(struct deal *d, enum switch_op op, const char *user)
{
	const struct switch_row *row;

	d->row = row = switches_draw(&d->a->switches, op, user);
	if (deal_does(d) == DOES_LATE)
		deal_wait(d);
	if (row == NULL || row->does != DOES_ANSWER)
		return deal_does(d) == DOES_LOSE_REQUEST;
	deal_refuse_row(d, row, NULL);
	return true;
}

/* The payment, or the one that the refund is of; NULL: there is none. */
static struct acq_payment *find(const struct deal *d, bool refund,
                                struct acq_refund **ret_refund)
{
	const char *id = d->req->params[0];

	if (!refund)
		return acquirer_find(d->a, id);
	*ret_refund = acquirer_find_refund(d->a, id);
	return *ret_refund == NULL ? NULL : (*ret_refund)->of;
}

static int look_up(void *self, const struct acq_dialect *dialect, bool refund,
                   const struct rent_http_request *req, struct rent_http_reply *reply,
                   struct rent_error *err)
{
	struct deal d = { .s = self, .req = req, .reply = reply };
	struct acq_payment *p;
	struct acq_refund *r = NULL;
	int ret;

	if (!deal_begin(&d, dialect))
		return deal_answer(&d);
	ret = deal_lock(&d);
	p = find(&d, refund, &r);
	if (!is_spoilt(&d, SW_LOOKUP, p == NULL ? "" : p->user)) {
		/* gone, where everything was forgotten while it waited */
		p = find(&d, refund, &r);
		d.status = 200;
		if (p == NULL)
			deal_refuse(&d, &dialect->no_such);
		else
			d.body = refund ? dialect->refund(d.a, r)
			                : dialect->payment(d.a, p);
	}
	return deal_finish(&d, ret, "the book cannot be written", err);
}

/* ---- by page, newest first */

static bool is_within(const struct acq_page *page, int64_t created)
{
	return created >= page->from && created <= page->to;
}

static bool wants_payment(const struct acq_page *page, const struct acq_payment *p)
{
	return is_within(page, p->created_at) &&
	       (page->captured_from == 0 ||
	        (p->state == ACQ_TAKEN && p->captured_at >= page->captured_from)) &&
	       (page->customer[0] == '\0' || strcmp(page->customer, p->customer) == 0);
}

static bool wants_refund(const struct acq_page *page, const struct acq_refund *r)
{
	return is_within(page, r->created_at) &&
	       (page->payment[0] == '\0' || strcmp(page->payment, r->of->id) == 0);
}

struct listing {
	const struct acquirer *a;
	const struct acq_page *page;
	json_t *items;
	const char *last;
	bool begun, more;
};

/* Takes it unless the page begins later, or is full. */
static void list_one(struct listing *l, const char *id,
                     json_t *(*render)(struct listing *l, size_t i), size_t i)
{
	if (!l->begun) {
		l->begun = strcmp(id, l->page->after) == 0;
	} else if (json_array_size(l->items) == l->page->limit) {
		l->more = true;
	} else {
		(void)json_array_append_new(l->items, render(l, i));
		l->last = id;
	}
}

static json_t *render_payment(struct listing *l, size_t i)
{
	return l->a->dialect->payment(l->a, l->a->payments[i]);
}

static json_t *render_refund(struct listing *l, size_t i)
{
	return l->a->dialect->refund(l->a, l->a->refunds[i]);
}

static json_t *render_page(const struct acquirer *a, const struct acq_page *page)
{
	struct listing l = { a, page, json_array(), "", page->after[0] == '\0', false };

	for (size_t i = page->refunds ? 0 : a->n; i > 0 && !l.more; i--) {
		if (wants_payment(page, a->payments[i - 1]))
			list_one(&l, a->payments[i - 1]->id, render_payment, i - 1);
	}
	for (size_t i = page->refunds ? a->refund_count : 0; i > 0 && !l.more; i--) {
		if (wants_refund(page, a->refunds[i - 1]))
			list_one(&l, a->refunds[i - 1]->id, render_refund, i - 1);
	}
	return a->dialect->page(a, l.items, l.more, l.last);
}

/* Whose payments are asked for; "": everybody's. */
static const char *user_of(const struct acquirer *a, const struct acq_page *page)
{
	const struct acq_payment *p = acquirer_find(a, page->payment);

	return p == NULL ? page->customer : p->user;
}

static int list(void *self, const struct acq_dialect *dialect, bool refunds,
                const struct rent_http_request *req, struct rent_http_reply *reply,
                struct rent_error *err)
{
	struct deal d = { .s = self, .req = req, .reply = reply };
	struct acq_page page = { .refunds = refunds };
	struct acq_error e = dialect->malformed;
	int ret;

	if (!deal_begin(&d, dialect))
		return deal_answer(&d);
	e.param = dialect->read_page(req, &page);
	if (e.param != NULL) {
		deal_refuse(&d, &e);
		return deal_answer(&d);
	}
	ret = deal_lock(&d);
	if (!is_spoilt(&d, SW_LIST, user_of(d.a, &page))) {
		d.status = 200;
		d.body = render_page(d.a, &page);
	}
	return deal_finish(&d, ret, "the book cannot be written", err);
}

/* clang-format off */
#define ROUTE(name, what, dialect, refund)                                               \
	int name(void *self, const struct rent_http_request *req,                        \
	         struct rent_http_reply *reply, struct rent_error *err)                  \
	{                                                                                \
		return what(self, &(dialect), refund, req, reply, err);                  \
	}
/* clang-format on */

ROUTE(get_stripe_payment, look_up, stripe_dialect, false)
ROUTE(get_stripe_refund, look_up, stripe_dialect, true)
ROUTE(get_stripe_payments, list, stripe_dialect, false)
ROUTE(get_stripe_refunds, list, stripe_dialect, true)
ROUTE(get_yookassa_payment, look_up, yookassa_dialect, false)
ROUTE(get_yookassa_refund, look_up, yookassa_dialect, true)
ROUTE(get_yookassa_payments, list, yookassa_dialect, false)
ROUTE(get_yookassa_refunds, list, yookassa_dialect, true)
