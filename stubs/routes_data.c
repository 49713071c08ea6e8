/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_data.c - stations, tariffs, users, configs and the ejecting of powerbanks.
 */
#include "stubs.h"

#include "common/failpoint.h"

static int missing(const struct stub_request *r, const char *name)
{
	char reason[64];

	(void)snprintf(reason, sizeof(reason), "parameter '%s' is missing", name);
	(void)reply_error(r->req, r->reply, 400, reason);
	return request_end(r);
}

static int unknown(const struct stub_request *r, const char *what)
{
	char reason[64];

	(void)snprintf(reason, sizeof(reason), "there is no such %s", what);
	(void)reply_error(r->req, r->reply, 404, reason);
	return request_end(r);
}

static void render_slots(struct text *t, const struct cabinet *cabinet)
{
	text_str(t, "\"slots\":[");
	for (int64_t i = 0; i < cabinet->info->slots; i++) {
		const struct slot *slot = &cabinet->slots[i];
		bool empty = slot->powerbank[0] == '\0';

		text_str(t, i == 0 ? "{" : ",{");
		text_member_int(t, "index", i);
		text_str(t, empty ? ",\"empty\":true" : ",\"empty\":false");
		text_member_int(t, "charge", empty ? 0 : slot->charge);
		text_str(t, "}");
	}
	text_str(t, "]");
}

int get_station_data(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	const char *id = query_get(req, "id");
	struct text t = { 0 };
	struct cabinet *cabinet;
	struct stub_request r;
	int ret;

	(void)err;
	if (!request_begin(&r, self, EP_STATION_DATA, req, reply))
		return 0;
	request_wait(&r);
	if (id == NULL)
		return missing(&r, "id");
	(void)pthread_mutex_lock(&r.stubs->lock);
	cabinet = stock_find(&r.stubs->stock, id);
	if (cabinet != NULL) {
		stock_refresh(&r.stubs->stock, cabinet,
		              r.stubs->host->wall_us(r.stubs->host));
		text_str(&t, "{");
		text_member(&t, "id", cabinet->id);
		text_member(&t, "tariff_id", cabinet->info->tariff_id);
		text_str(&t, ",");
		text_str(&t, cabinet->info->head);
		text_str(&t, ",");
		render_slots(&t, cabinet);
		text_str(&t, "}");
	}
	(void)pthread_mutex_unlock(&r.stubs->lock);
	if (cabinet == NULL)
		return unknown(&r, "station");
	ret = reply_text(req, reply, 200, &t);
	return ret < 0 ? ret : request_end(&r);
}

int get_tariff(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	const char *id = query_get(req, "id");
	const struct city_tariff *tariff;
	struct text t = { 0 };
	struct stub_request r;
	int ret;

	(void)err;
	if (!request_begin(&r, self, EP_TARIFF, req, reply))
		return 0;
	request_wait(&r);
	if (id == NULL)
		return missing(&r, "id");
	tariff = map_get(&r.stubs->city.tariff_map, id);
	if (tariff == NULL && r.stubs->any_tariff)
		tariff = &r.stubs->city.any_tariff;
	if (tariff == NULL)
		return unknown(&r, "tariff");
	text_str(&t, "{");
	text_member(&t, "id", id);
	text_member_int(&t, "price_per_hour", tariff->price_per_hour);
	text_member_int(&t, "free_period_min", tariff->free_period_min);
	text_member_int(&t, "default_deposit", tariff->deposit);
	text_str(&t, "}");
	ret = reply_text(req, reply, 200, &t);
	return ret < 0 ? ret : request_end(&r);
}

int get_user_profile(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	const char *id = query_get(req, "id");
	const struct city_user *user;
	struct text t = { 0 };
	struct stub_request r;
	int ret;

	(void)err;
	if (!request_begin(&r, self, EP_USER_PROFILE, req, reply))
		return 0;
	request_wait(&r);
	if (id == NULL)
		return missing(&r, "id");
	user = map_get(&r.stubs->city.user_map, id);
	if (user == NULL && r.stubs->any_user)
		user = &r.stubs->city.any_user;
	if (user == NULL)
		return unknown(&r, "user");
	text_str(&t, "{");
	text_member(&t, "id", id);
	text_str(&t, user->subscriber ? ",\"has_subscribtion\":true"
	                              : ",\"has_subscribtion\":false");
	text_str(&t, user->trusted ? ",\"trusted\":true}" : ",\"trusted\":false}");
	ret = reply_text(req, reply, 200, &t);
	return ret < 0 ? ret : request_end(&r);
}

int get_configs(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct stub_request r;

	(void)err;
	if (!request_begin(&r, self, EP_CONFIGS, req, reply))
		return 0;
	request_wait(&r);
	reply_literal(reply, 200, r.stubs->city.configs);
	return request_end(&r);
}

/* The entry of this order id, made now when there is none. *ret NULL: no such station. */
static int eject_once(struct stubs *s, const struct order *order, struct entry **ret)
{
	struct cabinet *cabinet;

	*ret = book_find(&s->book, KIND_EJECT, order->key);
	if (*ret != NULL)
		return 0;
	cabinet = stock_find(&s->stock, order->station_id);
	return cabinet == NULL ? 0
	                       : stock_eject(&s->stock, &s->book, cabinet, order,
	                                     s->host->wall_us(s->host), ret);
}

static void render_eject(struct text *t, const struct entry *e)
{
	bool out = e != NULL && e->seq > 0;

	text_str(t, out ? "{\"success\":true" : "{\"success\":false");
	text_member(t, "powerbank_id", out ? e->o.powerbank_id : "");
	if (e == NULL)
		text_member(t, "reason", "no such station");
	else if (!out)
		text_member(t, "reason", e->reason);
	text_str(t, "}");
}

int get_eject(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err)
{
	const char *station = query_get(req, "station_id"),
		   *id = query_get(req, "order_id");
	struct text t = { 0 };
	struct order order;
	struct entry *e = NULL;
	struct stub_request r;
	int ret, status;
	int64_t ticket;

	if (!request_begin(&r, self, EP_EJECT, req, reply))
		return 0;
	request_wait(&r);
	if (station == NULL)
		return missing(&r, "station_id");
	id = id == NULL ? "" : id;
	RENT_FAILPOINT("station.eject.came");
	order = (struct order){ KIND_EJECT, 0, id, id, "", "", station, "" };
	(void)pthread_mutex_lock(&r.stubs->lock);
	ret = eject_once(r.stubs, &order, &e);
	status = e == NULL ? 404 : book_same(e, &order) ? 200 : 422;
	render_eject(&t, e);
	ticket = book_ticket(&r.stubs->book);
	(void)pthread_mutex_unlock(&r.stubs->lock);
	if (ret == 0)
		ret = book_commit(&r.stubs->book, ticket);
	RENT_FAILPOINT("station.eject.acted");
	if (ret < 0) {
		text_done(&t);
		return rent_fail(err, ret, "the eject cannot be put into the book");
	}
	if (status == 422) {
		text_done(&t);
		(void)reply_error(req, reply, 422,
		                  "this order id was used for another station");
		return request_end(&r);
	}
	ret = reply_text(req, reply, status, &t);
	return ret < 0 ? ret : request_end(&r);
}
