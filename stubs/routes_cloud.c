/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_cloud.c - the dialect of the ChargeNow cloud over the same cabinets, its reports,
 * and the switches for what goes wrong with it. Parameters are in the query; refusals are 200
 * with a code.
 */
#include "stubs.h"

#include <rent/time.h>
#include <stdlib.h>

#define CHINA (8 * RENT_HOUR)

/* Locks, and does what is due. */
static struct stubs *cloud_enter(void *self)
{
	struct stubs *s = self;

	(void)pthread_mutex_lock(&s->lock);
	cloud_advance(&s->cloud, &s->stock, &s->book, s->host->wall_us(s->host));
	return s;
}

static int cloud_leave(struct stubs *s)
{
	int64_t ticket = book_ticket(&s->book);

	(void)pthread_mutex_unlock(&s->lock);
	return book_commit(&s->book, ticket);
}

static void text_time(struct text *t, const char *name, int64_t at)
{
	char text[RENT_TIME_SIZE];

	rent_time_text(at + CHINA, ' ', text);
	text[sizeof("yyyy-MM-dd HH:mm:ss") - 1] = '\0';
	text_member(t, name, at == 0 ? "" : text);
}

static void write_refusal(struct text *t, int code, const char *why)
{
	text_str(t, "{");
	text_member_int(t, "code", code);
	text_member(t, "msg", why);
	text_str(t, "}");
}

static int answer(const struct rent_http_request *req, struct rent_http_reply *reply,
                  struct stubs *s, struct text *t, struct rent_error *err)
{
	int code = cloud_leave(s);

	if (code == 0)
		return reply_text(req, reply, 200, t);
	text_done(t);
	return rent_fail(err, code, "the book cannot be written");
}

/* The path of a callback's address; the stub calls one host only (hooks_url). */
static const char *path_of(const char *url)
{
	const char *host = url == NULL ? NULL : strstr(url, "://");
	const char *path = host == NULL ? NULL : strchr(host + 3, '/');

	return path == NULL ? "" : path;
}

int post_cloud_create(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = cloud_enter(self);
	const char *device = query_get(req, "deviceId");
	const struct cloud_switches *sw = &s->cloud.switches;
	struct cloud_order *o = NULL;
	struct text t = { 0 };
	bool lost = sw->lose_answer != 0 || sw->lose_request != 0;

	if (device == NULL || stock_find(&s->stock, device) == NULL) {
		write_refusal(&t, 2002, "QR code unbound device");
	} else if (sw->offline != 0) {
		write_refusal(&t, 2004, "Device not online");
	} else if (sw->lose_request == 0) {
		o = cloud_order_new(&s->cloud, device,
		                    path_of(query_get(req, "callbackURL")),
		                    s->host->wall_us(s->host));
		if (o == NULL) {
			write_refusal(&t, 800, "no room");
		} else {
			text_str(&t, "{\"code\":0,\"msg\":\"success\",\"data\":{");
			text_member(&t, "tradeNo", o->trade);
			text_str(&t, "}}");
		}
	}
	if (!lost)
		return answer(req, reply, s, &t, err);
	text_done(&t);
	reply->status = RENT_HTTP_NO_ANSWER;
	return cloud_leave(s);
}

static void render_order(struct text *t, const struct cloud_order *o)
{
	text_str(t, "{\"code\":0,\"msg\":\"success\",\"data\":{");
	text_member(t, "orderId", o->trade);
	text_member(t, "cabinetId", o->station);
	text_member_int(t, "borrowStatus", o->state);
	text_member(t, "batteryId", o->powerbank);
	text_time(t, "borrowTime", o->created_at);
	text_time(t, "returnTime", o->returned_at);
	text_member(t, "returnShop", o->returned_to);
	text_str(t, "}}");
}

int get_cloud_detail(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = cloud_enter(self);
	const char *trade = query_get(req, "tradeNo");
	const struct cloud_order *o =
		trade == NULL ? NULL : cloud_order_find(&s->cloud, trade);
	struct text t = { 0 };

	if (o == NULL)
		write_refusal(&t, 800, "no such order");
	else
		render_order(&t, o);
	return answer(req, reply, s, &t, err);
}

static void render_snapshot(struct text *t, const struct cabinet *c, bool online)
{
	int64_t busy = 0;

	for (int64_t i = 0; i < c->info->slots; i++)
		busy += c->slots[i].powerbank[0] != '\0';
	text_str(t, "{\"code\":0,\"msg\":\"success\",\"data\":{\"cabinet\":{");
	text_member(t, "id", c->id);
	text_str(t, online ? ",\"online\":true" : ",\"online\":false");
	text_member_int(t, "slots", c->info->slots);
	text_member_int(t, "emptySlots", c->info->slots - busy);
	text_member_int(t, "busySlots", busy);
	text_str(t, "},\"batteries\":[");
	for (int64_t i = 0, n = 0; i < c->info->slots; i++) {
		if (c->slots[i].powerbank[0] == '\0')
			continue;
		text_str(t, n++ == 0 ? "{" : ",{");
		text_member_int(t, "slotNum", i + 1);
		text_member(t, "batteryId", c->slots[i].powerbank);
		text_member_int(t, "vol", c->slots[i].charge);
		text_str(t, "}");
	}
	text_str(t, "]}}");
}

int get_cloud_cabinet(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = cloud_enter(self);
	const char *device = query_get(req, "deviceId");
	const struct cabinet *c = device == NULL ? NULL : stock_find(&s->stock, device);
	struct text t = { 0 };

	if (c == NULL)
		write_refusal(&t, 2002, "QR code unbound device");
	else
		render_snapshot(&t, c, s->cloud.switches.offline == 0);
	return answer(req, reply, s, &t, err);
}

/* The newest first, as the cloud's own console shows them. */
int get_cloud_orders(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = cloud_enter(self);
	const char *page = query_get(req, "page"), *limit = query_get(req, "limit");
	int64_t current = page == NULL ? 1 : strtoll(page, NULL, 10);
	int64_t size = limit == NULL ? 10 : strtoll(limit, NULL, 10), first;
	struct text t = { 0 };

	current = current < 1 ? 1 : current;
	size = size < 1 || size > 100 ? 10 : size;
	first = (current - 1) * size;
	text_str(&t, "{\"code\":0,\"msg\":\"success\",\"page\":{\"records\":[");
	for (int64_t i = first; i < first + size && i < (int64_t)s->cloud.n; i++) {
		const struct cloud_order *o =
			s->cloud.orders[(int64_t)s->cloud.n - 1 - i];

		text_str(&t, i == first ? "{" : ",{");
		text_member(&t, "pOrderid", o->trade);
		text_member(&t, "pCabinetid", o->station);
		text_member(&t, "pBatteryid", o->powerbank);
		text_time(&t, "pBorrowtime", o->created_at);
		text_time(&t, "pGhtime", o->returned_at);
		text_str(&t, "}");
	}
	text_str(&t, "]");
	text_member_int(&t, "total", (int64_t)s->cloud.n);
	text_member_int(&t, "current", current);
	text_member_int(&t, "size", size);
	text_str(&t, "}}");
	return answer(req, reply, s, &t, err);
}

/* ---- switches */

/* clang-format off */
#define SWITCH(name) { #name, offsetof(struct cloud_switches, name) }
/* clang-format on */

static const struct cloud_switch {
	const char *name;
	size_t at;
} switches[] = {
	SWITCH(offline),        SWITCH(jam),
	SWITCH(two_banks),      SWITCH(wrong_bank),
	SWITCH(lose_answer),    SWITCH(lose_request),
	SWITCH(callbacks),      SWITCH(reversed),
	SWITCH(forged),         SWITCH(pushes),
	SWITCH(eject_delay_ms), SWITCH(callback_delay_ms),
};

static int64_t *switch_at(struct cloud_switches *all, size_t i)
{
	return (int64_t *)(void *)((char *)all + switches[i].at);
}

/* NULL: there is none. */
static int64_t *switch_find(struct cloud_switches *all, const char *name)
{
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (strcmp(switches[i].name, name) == 0)
			return switch_at(all, i);
	}
	return NULL;
}

/* NULL: done; else the member that cannot be. */
static const char *set_switches(struct cloud_switches *all, json_t *body)
{
	struct cloud_switches wanted = *all;
	const char *name;
	json_t *value;

	json_object_foreach(body, name, value)
	{
		int64_t *at = switch_find(&wanted, name);

		if (at == NULL || !json_is_integer(value) ||
		    json_integer_value(value) < 0 || json_integer_value(value) > 86400000)
			return name;
		*at = json_integer_value(value);
	}
	*all = wanted;
	return NULL;
}

int get_cloud_switches(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = cloud_enter(self);
	struct text t = { 0 };

	text_str(&t, "{");
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		text_member_int(&t, switches[i].name, *switch_at(&s->cloud.switches, i));
	text_str(&t, "}");
	return answer(req, reply, s, &t, err);
}

int post_cloud_switches(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *body = request_json(req, reply);
	char why[128] = "";
	const char *wrong;

	if (body == NULL)
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	wrong = set_switches(&s->cloud.switches, body);
	(void)pthread_mutex_unlock(&s->lock);
	if (wrong != NULL)
		(void)snprintf(why, sizeof(why),
		               "'%.40s' is no switch, or its value no number from 0 on",
		               wrong);
	json_decref(body);
	return wrong != NULL ? reply_error(req, reply, 400, why)
	                     : get_cloud_switches(self, req, reply, err);
}

/* ---- reports */

static void send_report(struct stubs *s, const struct cloud_report *r)
{
	struct rent_exchange x = { .struct_size = sizeof(x) };
	struct rent_exchange *list[] = { &x };

	x.arena = s->host->arena_new(s->host);
	if (x.arena == NULL)
		return;
	x.request = (struct rent_upstream_request){
		.struct_size = sizeof(x.request),
		.upstream = s->hooks,
		.method = "POST",
		.target = r->address,
		.endpoint = "hook",
		.body = r->body,
		.body_size = strlen(r->body),
		.headers = { { "Content-Type",
		               r->body[0] == '{'
		                       ? "application/json"
		                       : "application/x-www-form-urlencoded" } },
	};
	x.reply.struct_size = sizeof(x.reply);
	s->host->exchange(s->host, list, 1);
	s->host->arena_free(s->host, x.arena);
}

void cloud_tick(void *arg)
{
	struct stubs *s = arg;
	struct cloud_report r;
	bool due = true;

	while (due) {
		(void)cloud_enter(s);
		due = cloud_report_take(&s->cloud, s->host->wall_us(s->host), &r);
		(void)cloud_leave(s);
		if (due && s->hooks != NULL)
			send_report(s, &r);
	}
}
