/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_admin.c - the control side for demos and tests: faults, declines, the book,
 * the stock. Never subject to faults itself.
 */
#include "stubs.h"

#include <stdlib.h>

/* A list stops before it outgrows the request's memory, and says so ("more"). */
#define LIST_MAX ((size_t)640 * 1024)

int post_disable(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = request_json(req, reply);
	struct rent_error why;
	struct text t = { 0 };
	int ret;

	(void)err;
	if (body == NULL)
		return 0;
	if (faults_disable(&s->faults, body, &why) < 0) {
		ret = reply_error(req, reply, 400, why.text);
	} else {
		faults_render_status(&s->faults, &t);
		ret = reply_text(req, reply, 200, &t);
	}
	json_decref(body);
	return ret;
}

int get_status(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	struct text t = { 0 };

	(void)err;
	faults_render_status(&s->faults, &t);
	return reply_text(req, reply, 200, &t);
}

static void render_settings(struct stubs *s, struct text *t)
{
	bool first = true;

	text_str(t, "{\"endpoints\":");
	faults_render_settings(&s->faults, t);
	text_str(t, ",\"declined_users\":[");
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->bank.n && t->n < LIST_MAX; i++) {
		if (!s->bank.accounts[i]->declined)
			continue;
		text_str(t, first ? "" : ",");
		text_json(t, s->bank.accounts[i]->id);
		first = false;
	}
	(void)pthread_mutex_unlock(&s->lock);
	text_str(t, "]}");
}

int get_settings(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct text t = { 0 };

	(void)err;
	render_settings(self, &t);
	return reply_text(req, reply, 200, &t);
}

int post_settings(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = request_json(req, reply);
	struct rent_error why;
	int ret;

	if (body == NULL)
		return 0;
	if (faults_set(&s->faults, body, &why) < 0)
		ret = reply_error(req, reply, 400, why.text);
	else
		ret = get_settings(self, req, reply, err);
	json_decref(body);
	return ret;
}

int post_decline(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = request_json(req, reply);
	const char *user = json_string_value(json_object_get(body, "user_id"));
	const json_t *declined = json_object_get(body, "declined");
	int ret;

	if (body == NULL)
		return 0;
	if (user == NULL || user[0] == '\0' || !json_is_boolean(declined)) {
		ret = reply_error(req, reply, 400,
		                  "'user_id' must be a text, 'declined' true or false");
	} else {
		(void)pthread_mutex_lock(&s->lock);
		ret = bank_decline(&s->bank, &s->city, user, json_is_true(declined));
		(void)pthread_mutex_unlock(&s->lock);
		if (ret == 0)
			ret = get_settings(self, req, reply, err);
	}
	json_decref(body);
	return ret;
}

/* The book knows which powerbanks are out, so both are reset together. Lock held, and the book. */
static int reset_book(struct stubs *s)
{
	map_done(&s->stock.out);
	bank_reset(&s->bank);
	acquirer_forget(&s->acquirer);
	return book_erase(&s->book);
}

int post_reset(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = NULL;
	int ret = 0;

	if (req->body_size > 0) {
		body = request_json(req, reply);
		if (body == NULL)
			return 0;
	}
	faults_reset(&s->faults);
	book_hold(&s->book);
	(void)pthread_mutex_lock(&s->lock);
	bank_decline_nobody(&s->bank);
	acquirer_switch_off(&s->acquirer);
	if (json_is_true(json_object_get(body, "book")))
		ret = reset_book(s);
	stock_refill(&s->stock);
	(void)pthread_mutex_unlock(&s->lock);
	book_let_go(&s->book);
	json_decref(body);
	if (ret < 0)
		return rent_fail(err, ret, "the book cannot be erased");
	reply_literal(reply, 200, "{\"status\":\"success\"}");
	return 0;
}

/* A number of the query, within its bounds; def when it is not there. */
static int64_t query_int(const struct rent_http_request *req, const char *name,
                         int64_t def, int64_t max)
{
	const char *text = query_get(req, name);
	char *end;
	int64_t v;

	if (text == NULL)
		return def;
	v = strtoll(text, &end, 10);
	return *end != '\0' || v < 0 ? def : v > max ? max : v;
}

/* From the entry after `after` on; returns are no operations of a client and are left out
 * unless all are asked for. Whether there is more. Lock held. */
static bool render_book(const struct book *book, struct text *t, size_t after,
                        int64_t limit, bool all)
{
	bool first = true;

	for (size_t i = after; i < book->n; i++) {
		const struct entry *e = book->acted[i];

		if (e->o.kind == KIND_RETURN && !all)
			continue;
		if (limit-- == 0 || t->n >= LIST_MAX)
			return true;
		text_str(t, first ? "" : ",");
		book_render(t, e);
		first = false;
	}
	return false;
}

int get_book(void *self, const struct rent_http_request *req,
             struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	int64_t after = query_int(req, "after", 0, INT64_MAX - 1);
	int64_t limit = query_int(req, "limit", INT64_MAX, INT64_MAX), ticket;
	struct text t = { 0 };
	bool more;
	int ret;

	text_str(&t, "{\"operations\":[");
	(void)pthread_mutex_lock(&s->lock);
	more = render_book(&s->book, &t, (size_t)after, limit,
	                   query_get(req, "all") != NULL);
	text_str(&t, more ? "],\"more\":true}" : "],\"more\":false}");
	ticket = book_ticket(&s->book);
	(void)pthread_mutex_unlock(&s->lock);
	ret = book_commit(&s->book, ticket);
	if (ret < 0) {
		text_done(&t);
		return rent_fail(err, ret, "the book cannot be written");
	}
	return reply_text(req, reply, 200, &t);
}

int post_return(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = request_json(req, reply);
	const char *powerbank = json_string_value(json_object_get(body, "powerbank_id"));
	const char *station = json_string_value(json_object_get(body, "station_id"));
	struct cabinet *cabinet;
	int64_t ticket = 0;
	int ret = 0;

	if (body == NULL)
		return 0;
	if (powerbank == NULL || station == NULL) {
		json_decref(body);
		return reply_error(req, reply, 400,
		                   "'powerbank_id' and 'station_id' must be texts");
	}
	(void)pthread_mutex_lock(&s->lock);
	cabinet = stock_find(&s->stock, station);
	if (cabinet != NULL)
		ret = stock_return(&s->stock, &s->book, cabinet, powerbank,
		                   s->host->wall_us(s->host));
	if (cabinet != NULL && ret == 0)
		cloud_returned(&s->cloud, station, powerbank, s->host->wall_us(s->host));
	ticket = book_ticket(&s->book);
	(void)pthread_mutex_unlock(&s->lock);
	json_decref(body);
	if (cabinet == NULL)
		return reply_error(req, reply, 404, "there is no such station");
	if (ret == RENT_EINVAL)
		return reply_error(req, reply, 409, "this powerbank is not out");
	if (ret == RENT_EFULL)
		return reply_error(req, reply, 409, "the station has no free slot");
	if (ret == 0)
		ret = book_commit(&s->book, ticket);
	if (ret < 0)
		return rent_fail(err, ret, "the return cannot be put into the book");
	reply_literal(reply, 200, "{\"status\":\"success\"}");
	return 0;
}

static void render_cabinet(struct text *t, const struct cabinet *c)
{
	int64_t available = 0;

	text_str(t, "{");
	text_member(t, "id", c->id);
	text_member(t, "tariff_id", c->info->tariff_id);
	text_str(t, ",");
	text_str(t, c->info->head);
	text_str(t, ",\"slots\":[");
	for (int64_t i = 0; i < c->info->slots; i++) {
		const struct slot *slot = &c->slots[i];
		bool empty = slot->powerbank[0] == '\0';

		available += !empty;
		text_str(t, i == 0 ? "{" : ",{");
		text_member_int(t, "index", i);
		text_str(t, empty ? ",\"empty\":true" : ",\"empty\":false");
		text_member_int(t, "charge", empty ? 0 : slot->charge);
		text_member(t, "powerbank_id", slot->powerbank);
		text_str(t, "}");
	}
	text_str(t, "]");
	text_member_int(t, "available", available);
	text_str(t, "}");
}

int get_stations(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	struct text t = { 0 };
	size_t i;

	(void)err;
	text_str(&t, "{\"stations\":[");
	(void)pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->stock.n && t.n < LIST_MAX; i++) {
		stock_refresh(&s->stock, s->stock.cabinets[i], s->host->wall_us(s->host));
		text_str(&t, i == 0 ? "" : ",");
		render_cabinet(&t, s->stock.cabinets[i]);
	}
	text_str(&t, i < s->stock.n ? "],\"more\":true}" : "],\"more\":false}");
	(void)pthread_mutex_unlock(&s->lock);
	return reply_text(req, reply, 200, &t);
}

static void render_account(struct text *t, const struct account *a)
{
	text_str(t, "{");
	text_member(t, "id", a->id);
	text_member(t, "name", a->info->name);
	if (a->info->names != NULL) {
		text_str(t, ",\"names\":");
		text_str(t, a->info->names);
	}
	text_str(t, a->info->trusted ? ",\"trusted\":true" : ",\"trusted\":false");
	text_str(t, a->info->subscriber ? ",\"has_subscribtion\":true"
	                                : ",\"has_subscribtion\":false");
	text_str(t, a->declined ? ",\"declined\":true" : ",\"declined\":false");
	if (a->info->limit >= 0)
		text_member_int(t, "limit", a->info->limit);
	if (a->info->balance >= 0) {
		text_member_int(t, "balance", a->info->balance - a->spent);
		text_member_int(t, "reserved", a->reserved);
	}
	text_str(t, "}");
}

int get_users(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	struct text t = { 0 };
	size_t i;

	(void)err;
	text_str(&t, "{\"users\":[");
	(void)pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->bank.n && t.n < LIST_MAX; i++) {
		text_str(&t, i == 0 ? "" : ",");
		render_account(&t, s->bank.accounts[i]);
	}
	text_str(&t, i < s->bank.n ? "],\"more\":true}" : "],\"more\":false}");
	(void)pthread_mutex_unlock(&s->lock);
	return reply_text(req, reply, 200, &t);
}
