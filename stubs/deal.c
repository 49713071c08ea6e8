/* SPDX-License-Identifier: MIT
 *
 * stubs/deal.c - what all requests to the acquirer have in common: who may ask, the lock, refusals,
 * and what is done to an answer on its way out.
 */
#include "deal.h"

#include <stdlib.h>

bool deal_begin(struct deal *d, const struct acq_dialect *dialect)
{
	d->a = &d->s->acquirer;
	if (d->a->dialect != dialect) {
		reply_literal(d->reply, 404,
		              "{\"status\":\"error\",\"reason\":\"option 'payments' says "
		              "that this is not spoken here\"}");
		return false;
	}
	if (dialect->knows(d->req))
		return true;
	deal_refuse(d, &dialect->unknown);
	return false;
}

int deal_lock(struct deal *d)
{
	(void)pthread_mutex_lock(&d->s->lock);
	d->now = d->s->host->wall_us(d->s->host);
	return acquirer_advance(d->a, d->now);
}

int deal_unlock(struct deal *d)
{
	int64_t ticket = book_ticket(&d->s->book);

	(void)pthread_mutex_unlock(&d->s->lock);
	return book_commit(&d->s->book, ticket);
}

void deal_wait(struct deal *d)
{
	int64_t us = d->a->switches.numbers[NUM_LATE_MS] * RENT_SECOND / 1000;

	(void)deal_unlock(d);
	d->s->host->sleep_us(d->s->host, us);
	(void)deal_lock(d);
}

void deal_refuse(struct deal *d, const struct acq_error *e)
{
	d->status = e->status;
	d->body = d->a->dialect->error(d->a, e);
}

void deal_refuse_row(struct deal *d, const struct switch_row *row,
                     const struct acq_payment *p)
{
	const struct acq_error e = { row->status, row->type,  row->code,
		                     row->word,   row->param, p };

	deal_refuse(d, &e);
}

static int answer_page(struct rent_http_reply *reply)
{
	reply_literal(reply, 200, "<!doctype html><title>Welcome</title>");
	reply->content_type = "text/html";
	return 0;
}

int deal_answer(struct deal *d)
{
	enum switch_does does = deal_does(d);
	struct text t = { 0 };
	char *body;

	if (d->status == 0 && does != DOES_LOSE_REQUEST)
		return d->reply->status == 0 ? RENT_ENOMEM : 0;
	if (does == DOES_LOSE_REQUEST || does == DOES_LOSE_REPLY || does == DOES_PAGE) {
		json_decref(d->body);
		d->reply->status = RENT_HTTP_NO_ANSWER;
		return does == DOES_PAGE ? answer_page(d->reply) : 0;
	}
	if (d->body != NULL && d->status == 200)
		d->a->dialect->lie(d->body, does);
	body = d->body == NULL ? NULL : json_dumps(d->body, JSON_COMPACT);
	text_str(&t, body != NULL ? body : d->kept != NULL ? d->kept : "");
	free(body);
	json_decref(d->body);
	if (does == DOES_CUT)
		t.n /= 2;
	if (d->kept != NULL)
		d->reply->headers[0] =
			(struct rent_header){ "Idempotent-Replayed", "true" };
	return reply_text(d->req, d->reply, d->status, &t);
}

int deal_finish(struct deal *d, int ret, const char *why, struct rent_error *err)
{
	int code = deal_unlock(d);

	ret = ret < 0 ? ret : code;
	if (ret == 0)
		return deal_answer(d);
	json_decref(d->body);
	return rent_fail(err, ret, "%s", why);
}
