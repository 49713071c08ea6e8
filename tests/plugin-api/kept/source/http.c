/* SPDX-License-Identifier: MIT
 *
 * http.c - an http plugin whose binary is kept (script/keep-abi): says who asks, counts the asking, and gives
 * a problem document.
 */
#include <rent/auth.h>
#include <rent/plugin.h>
#include <stdlib.h>

struct http {
	const struct rent_host *host;
	_Atomic int64_t ticks;
};

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
	reply->body = h->host->json->build(req->arena, body);
	if (reply->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the answer");
	reply->status = 200;
	reply->body_size = strlen(reply->body);
	reply->headers[0] = (struct rent_header){ "X-Kept", "yes" };
	return 0;
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
	{ .method = NULL },
};

static const struct rent_http_access access_rows[] = {
	{ "GET", "/kept/{name}", RENT_MAY_CUSTOMER | RENT_MAY_READ, NULL },
	{ "POST", "/kept", RENT_MAY_OPERATOR, NULL },
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

	if (h == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	h->host = host;
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

RENT_PLUGIN(kept_http) = {
	RENT_PLUGIN_STAMP,      .flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP, .name = "kept_http",
	.version = "1.0.0",     .summary = "an http plugin of the first days",
	.options = options,     .api = &api,
	.create = create,       .start = start,
	.destroy = free,
};
