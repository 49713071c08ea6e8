/* SPDX-License-Identifier: MIT
 *
 * http.c - an http plugin whose binary is kept (script/keep-abi): says who asks, gives a problem
 * document, and has a quote and a view of the use cases.
 */
#include <rent/auth.h>
#include <rent/plugin.h>
#include <rent/rental.h>
#include <stdlib.h>

struct http {
	const struct rent_host *host;
	struct rent_rental_api rental;
	void *core;
	_Atomic int64_t ticks;
};

static int answer(const struct http *h, const struct rent_http_request *req,
                  const struct rent_value *body, struct rent_http_reply *reply,
                  struct rent_error *err)
{
	reply->body = h->host->json->build(req->arena, body);
	if (reply->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the answer");
	reply->status = 200;
	reply->body_size = strlen(reply->body);
	return 0;
}

static int quote(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http *h = self;
	struct rent_quote_reply q = { .struct_size = sizeof(q) };
	int code;

	q.quote.struct_size = sizeof(q.quote);
	code = h->rental.quote(h->core, req->params[0], req->principal->subject,
	                       req->arena, &q, err);
	if (code < 0)
		return code;
	return answer(h, req,
	              (const struct rent_value[]){
			      RENT_NUMBER("verdict", q.verdict),
			      RENT_TEXT("id", q.quote.id),
			      RENT_TEXT("user", q.quote.user_id),
			      RENT_NUMBER("price", q.quote.price_per_hour),
			      RENT_NUMBER("deposit", q.quote.deposit),
			      RENT_NUMBER("expires_in_us", q.expires_in_us),
			      RENT_NUMBER("tariff_price", q.tariff_price_per_hour),
			      RENT_TRUTH("profile_known", q.profile_known),
			      RENT_VALUES_END,
		      },
	              reply, err);
}

static int view(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http *h = self;
	struct rent_view v = { .struct_size = sizeof(v) };
	int code;

	v.rental.struct_size = sizeof(v.rental);
	code = h->rental.status(h->core, req->params[0], &v, err);
	if (code < 0)
		return code;
	return answer(h, req,
	              (const struct rent_value[]){
			      RENT_NUMBER("verdict", v.verdict),
			      RENT_TEXT("id", v.rental.id),
			      RENT_TEXT("powerbank", v.rental.powerbank_id),
			      RENT_TEXT("status", rent_name_of(rent_status_names,
	                                                       (int)v.rental.status)),
			      RENT_NUMBER("deposit", v.rental.deposit),
			      RENT_NUMBER("held", v.held),
			      RENT_NUMBER("buyout", v.buyout),
			      RENT_NUMBER("action", v.action),
			      RENT_TRUTH("payer_needed", v.payer_needed),
			      RENT_VALUES_END,
		      },
	              reply, err);
}

static int who(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct http *h = self;
	const struct rent_principal *p = req->principal;
	const struct rent_value body[] = {
		RENT_TEXT("name", req->params[0]),
		RENT_TEXT("subject", p == NULL ? "" : p->subject),
		RENT_TEXT("role",
		          p == NULL ? "" : rent_name_of(rent_role_names, (int)p->role)),
		RENT_TEXT("address", req->peer == NULL ? "" : req->peer->address),
		RENT_NUMBER("ticks", h->ticks),
		RENT_MOMENT("at", h->host->wall_us(h->host)),
		RENT_VALUES_END,
	};

	rent_http_log(reply, "kept", "yes");
	reply->headers[0] = (struct rent_header){ "X-Kept", "yes" };
	return answer(h, req, body, reply, err);
}

static int take(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http *h = self;
	const struct rent_json *body =
		h->host->json->parse(req->arena, req->body, req->body_size);
	int64_t n = 0;

	(void)err;
	if (!h->host->json->integer(body, "n", 1, 100, &n)) {
		h->host->problem(req, reply, 422, "not-a-number",
		                 "n is a number from 1 to 100", NULL);
		return 0;
	}
	reply->status = 204;
	return 0;
}

static const struct rent_http_route routes[] = {
	{ "GET", "/kept/{name}", 0, who },
	{ "POST", "/kept", RENT_HTTP_JSON, take },
	{ "GET", "/kept-quote/{station}", 0, quote },
	{ "GET", "/kept-view/{order}", 0, view },
	{ .method = NULL },
};

static const struct rent_http_access access_rows[] = {
	{ "GET", "/kept/{name}", RENT_MAY_CUSTOMER | RENT_MAY_READ, NULL },
	{ "POST", "/kept", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/kept-quote/{station}", RENT_MAY_CUSTOMER, NULL },
	{ "GET", "/kept-view/{order}", RENT_MAY_CUSTOMER, NULL },
	{ .method = NULL },
};

static const struct rent_http_routes api = {
	.struct_size = sizeof(api),
	.routes = routes,
	.access = access_rows,
};

static const struct rent_option options[] = {
	RENT_DURATION_OPTION("tick", "10ms", .min = "1ms", .max = "1h",
	                     .help = "interval of its timer"),
	RENT_OPTIONS_END,
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct http *h = calloc(1, sizeof(*h));
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (h == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (!host->lookup(host, "rental", &bound)) {
		free(h);
		return rent_fail(err, RENT_EINVAL, "uses.rental is missing");
	}
	h->host = host;
	rent_adopt_table(&h->rental, sizeof(h->rental), &bound);
	h->core = bound.self;
	*ret_self = h;
	return 0;
}

static void tick(void *arg)
{
	((struct http *)arg)->ticks++;
}

static int start(void *self, struct rent_error *err)
{
	struct http *h = self;

	return h->host->timer(h->host, "tick", h->host->opt_int(h->host, "tick"), tick, h,
	                      err);
}

static const struct rent_need needs[] = {
	{ "rental", RENT_KIND_RENTAL, false, "the use cases" },
	{ .name = NULL },
};

RENT_PLUGIN(kept_http) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP,
	.name = "kept_http",
	.version = "1.0.0",
	.summary = "an http plugin of the first days",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = create,
	.start = start,
	.destroy = free,
};
