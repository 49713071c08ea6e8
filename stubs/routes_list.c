/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_list.c - the payment service's own list of what it has done, for those who
 * compare books: pages in the order in which things happened. Never subject to faults.
 */
#include "stubs.h"

#include <rent/time.h>
#include <stdlib.h>

#define PAGE_DEFAULT 100
#define PAGE_MAX     1000

static bool is_money(const struct entry *e)
{
	return e->o.kind != KIND_EJECT && e->o.kind != KIND_RETURN;
}

static void render_operation(struct text *t, const struct entry *e)
{
	char ts[RENT_TIME_SIZE];

	rent_time_text(e->ts, 'T', ts);
	text_str(t, "{");
	text_member(t, "key", e->o.key);
	text_member(t, "kind", kind_names[e->o.kind]);
	text_member(t, "status", "success");
	text_member(t, "order_id", e->o.order_id);
	text_member(t, "user_id", e->o.user_id);
	text_member_int(t, "amount", e->amount);
	text_member(t, "at", ts);
	text_str(t, "}");
}

/* Lock held. Gives the number of the last entry looked at when there are more, else 0. */
static int64_t render_page(struct text *t, const struct book *b, int64_t since,
                           int64_t after, int64_t limit)
{
	int64_t n = 0;
	size_t i = (size_t)after;

	for (; i < b->n && n < limit; i++) {
		const struct entry *e = b->acted[i];

		if (!is_money(e) || e->ts < since)
			continue;
		text_str(t, n++ == 0 ? "" : ",");
		render_operation(t, e);
	}
	return i < b->n ? (int64_t)i : 0;
}

/* A number of the query; -1: it is none. */
static int64_t number(const struct rent_http_request *req, const char *name,
                      int64_t value)
{
	const char *text = query_get(req, name);
	char *end = NULL;
	long long n;

	if (text == NULL)
		return value;
	n = strtoll(text, &end, 10);
	return *end != '\0' || n < 0 ? -1 : n;
}

int get_operations(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	const char *since_text = query_get(req, "since");
	int64_t after = number(req, "after", 0), next, ticket, since = 0;
	int64_t limit = number(req, "limit", PAGE_DEFAULT);
	struct text t = { 0 };
	int ret;

	if (after < 0 || limit < 1 || limit > PAGE_MAX ||
	    (since_text != NULL && !rent_time_parse(since_text, &since)))
		return reply_error(req, reply, 400,
		                   "'since' must be a time, 'after' a number that was "
		                   "given as 'next', 'limit' 1 to 1000");
	text_str(&t, "{\"operations\":[");
	(void)pthread_mutex_lock(&s->lock);
	next = render_page(&t, &s->book, since, after, limit);
	ticket = book_ticket(&s->book);
	(void)pthread_mutex_unlock(&s->lock);
	text_str(&t, "],\"next\":");
	if (next > 0)
		text_int(&t, next);
	else
		text_str(&t, "null");
	text_str(&t, "}");
	/* Listed entries are durable. */
	ret = book_commit(&s->book, ticket);
	if (ret < 0) {
		text_done(&t);
		return rent_fail(err, ret, "the book cannot be written");
	}
	return reply_text(req, reply, 200, &t);
}
