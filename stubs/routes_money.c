/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_money.c - hold, clear, release, refund and the lookup of a key. A key acts
 * once: a second request gets the entry of the first.
 */
#include "stubs.h"

#include "common/failpoint.h"

/* Until the request has acted, a question about its key must not be answered "not found":
 * that answer is authoritative, and the request will still act. */
static void arrived_add(struct stubs *s, struct arrived *a)
{
	(void)pthread_mutex_lock(&s->lock);
	a->next = s->arrived;
	s->arrived = a;
	(void)pthread_mutex_unlock(&s->lock);
}

/* Lock held. */
static void arrived_del(struct stubs *s, const struct arrived *a)
{
	struct arrived **at = &s->arrived;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
}

/* Fills the order from the body; the strings are the body's. NULL or what is wrong. */
static const char *order_read(const json_t *body, enum kind kind, struct order *ret)
{
	const char *user = json_string_value(json_object_get(body, "user_id"));
	const char *order = json_string_value(json_object_get(body, "order_id"));
	const json_t *amount = json_object_get(body, "amount");
	const char *hold = json_string_value(json_object_get(body, "hold_key"));
	const char *charge = json_string_value(json_object_get(body, "charge_key"));

	if (user == NULL || user[0] == '\0' || strlen(user) > RENT_KEY_MAX)
		return "'user_id' must be a text of 1 to 128 characters";
	if (order == NULL || order[0] == '\0' || strlen(order) > RENT_KEY_MAX)
		return "'order_id' must be a text of 1 to 128 characters";
	if (!json_is_integer(amount) || json_integer_value(amount) <= 0)
		return "'amount' must be a whole number above 0";
	*ret = (struct order){ kind, json_integer_value(amount), "", order, user, "", "",
		               "" };
	if (kind == KIND_CHARGE && hold != NULL)
		ret->kind = KIND_CAPTURE;
	if (ret->kind == KIND_CAPTURE || kind == KIND_RELEASE)
		ret->target = hold;
	else if (kind == KIND_REFUND)
		ret->target = charge;
	if (ret->target == NULL)
		return kind == KIND_REFUND ? "'charge_key' is missing"
		                           : "'hold_key' is missing";
	return strlen(ret->target) > RENT_KEY_MAX ? "the key referred to is too long"
	                                          : NULL;
}

static const char *key_read(const struct rent_http_request *req, struct order *order)
{
	const char *key = req->header(req, "Idempotency-Key");

	if (key == NULL || key[0] == '\0')
		return NULL;
	order->key = key;
	return strlen(key) > RENT_KEY_MAX ? "the Idempotency-Key is too long" : NULL;
}

/* A success says its amount only where it is not the one asked for: {"status":"success"} is
 * what clients of the contract know. */
static int render_money(struct text *t, const struct entry *e)
{
	text_str(t, "{");
	if (e->seq > 0) {
		text_member(t, "status", "success");
		if (e->amount != e->o.asked)
			text_member_int(t, "amount", e->amount);
	} else {
		text_member(t, "status", "declined");
		text_member(t, "reason", e->reason);
	}
	text_str(t, "}");
	return e->seq > 0 ? 200 : 402;
}

/* Acts, or finds that it was done before; fills text and status. */
static int money_act(const struct stub_request *r, const struct order *order,
                     struct text *t, int *ret_status, int64_t *ret_ticket)
{
	struct stubs *s = r->stubs;
	struct entry *e = book_find(&s->book, order->kind, order->key);
	int ret = 0;

	if (e == NULL) {
		ret = bank_apply(&s->bank, &s->book, order, r->plan.processed_percent,
		                 s->host->wall_us(s->host), &e);
	} else if (!book_same(e, order)) {
		text_str(
			t,
			"{\"status\":\"error\",\"reason\":\"this Idempotency-Key was used "
			"with another body\"}");
		*ret_status = 422;
		e = NULL;
	}
	if (ret == 0 && e != NULL)
		*ret_status = render_money(t, e);
	*ret_ticket = book_ticket(&s->book);
	return ret;
}

struct places {
	const char *came, *acted;
};

static const struct places places[KINDS] = {
	[KIND_HOLD] = { FAILPOINT_MARK "provider.hold.came",
	                FAILPOINT_MARK "provider.hold.acted" },
	[KIND_CAPTURE] = { FAILPOINT_MARK "provider.capture.came",
	                   FAILPOINT_MARK "provider.capture.acted" },
	[KIND_CHARGE] = { FAILPOINT_MARK "provider.charge.came",
	                  FAILPOINT_MARK "provider.charge.acted" },
	[KIND_RELEASE] = { FAILPOINT_MARK "provider.release.came",
	                   FAILPOINT_MARK "provider.release.acted" },
	[KIND_REFUND] = { FAILPOINT_MARK "provider.refund.came",
	                  FAILPOINT_MARK "provider.refund.acted" },
};

static int money_do(const struct stub_request *r, const struct order *order,
                    struct rent_error *err)
{
	struct arrived arrived = { order->key, order->kind, order->asked, NULL };
	struct text t = { 0 };
	int status = 0, ret;
	int64_t ticket = 0;

	arrived_add(r->stubs, &arrived);
	request_wait(r);
	RENT_FAILPOINT_OF(places[order->kind].came);
	(void)pthread_mutex_lock(&r->stubs->lock);
	ret = money_act(r, order, &t, &status, &ticket);
	arrived_del(r->stubs, &arrived);
	(void)pthread_mutex_unlock(&r->stubs->lock);
	if (ret == RENT_EFULL) {
		text_done(&t);
		return reply_error(r->req, r->reply, 503, "the book is full");
	}
	if (ret == 0)
		ret = book_commit(&r->stubs->book, ticket);
	RENT_FAILPOINT_OF(places[order->kind].acted);
	if (ret == 0)
		return reply_text(r->req, r->reply, status, &t);
	text_done(&t);
	return rent_fail(err, ret, "the operation cannot be put into the book");
}

static int money(void *self, enum endpoint ep, enum kind kind,
                 const struct rent_http_request *req, struct rent_http_reply *reply,
                 struct rent_error *err)
{
	struct order order = { 0 };
	const char *wrong;
	struct stub_request r;
	json_t *body;
	int ret;

	if (!request_begin(&r, self, ep, req, reply))
		return 0;
	body = request_json(req, reply);
	if (body == NULL)
		return request_end(&r);
	wrong = order_read(body, kind, &order);
	if (wrong == NULL)
		wrong = key_read(req, &order);
	ret = wrong == NULL ? money_do(&r, &order, err)
	                    : reply_error(req, reply, 400, wrong);
	json_decref(body);
	return ret < 0 ? ret : request_end(&r);
}

int post_hold(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err)
{
	return money(self, EP_HOLD, KIND_HOLD, req, reply, err);
}

int post_clear(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	return money(self, EP_CLEAR, KIND_CHARGE, req, reply, err);
}

int post_release(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	return money(self, EP_RELEASE, KIND_RELEASE, req, reply, err);
}

int post_refund(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	return money(self, EP_REFUND, KIND_REFUND, req, reply, err);
}

static void render_lookup(struct text *t, const struct stubs *s, const char *key)
{
	const struct entry *e = book_find(&s->book, KIND_CHARGE, key);
	const struct arrived *a = s->arrived;

	while (a != NULL && strcmp(a->key, key) != 0)
		a = a->next;
	text_str(t, "{");
	text_member(t, "key", key);
	text_str(t, e == NULL && a == NULL ? ",\"found\":false" : ",\"found\":true");
	if (e != NULL) {
		text_member(t, "kind", kind_names[e->o.kind]);
		text_member(t, "status", e->seq > 0 ? "success" : "declined");
		text_member_int(t, "amount", e->amount);
		if (e->seq == 0)
			text_member(t, "reason", e->reason);
	} else if (a != NULL) {
		text_member(t, "kind", kind_names[a->kind]);
		text_member(t, "status", "processing");
		text_member_int(t, "amount", a->amount);
	}
	text_str(t, "}");
}

int get_payment_status(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err)
{
	const char *key = query_get(req, "key");
	struct text t = { 0 };
	struct stub_request r;
	int64_t ticket;
	int ret;

	if (!request_begin(&r, self, EP_STATUS, req, reply))
		return 0;
	request_wait(&r);
	if (key == NULL) {
		ret = reply_error(req, reply, 400, "parameter 'key' is missing");
		return ret < 0 ? ret : request_end(&r);
	}
	(void)pthread_mutex_lock(&r.stubs->lock);
	render_lookup(&t, r.stubs, key);
	ticket = book_ticket(&r.stubs->book);
	(void)pthread_mutex_unlock(&r.stubs->lock);
	ret = book_commit(&r.stubs->book, ticket);
	if (ret < 0) {
		text_done(&t);
		return rent_fail(err, ret, "the book cannot be written");
	}
	ret = reply_text(req, reply, 200, &t);
	return ret < 0 ? ret : request_end(&r);
}
