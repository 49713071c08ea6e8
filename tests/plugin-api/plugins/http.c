/* SPDX-License-Identifier: MIT
 *
 * http.c - a serial plugin of kind "http" with a route that fails when two calls, or a call
 * and its timer, are ever in it at once; one that takes as long as the option hold says; and
 * one that publishes an event.
 */
#include <rent/plugin.h>
#include <stdlib.h>
#include <time.h>

struct self {
	const struct rent_host *host;
	_Atomic int inside, clashes, ticks;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("greeting", "hello", .flags = RENT_OPT_RELOADABLE, .min = "1",
	                   .max = "64", .help = "what it says"),
	RENT_DURATION_OPTION("hold", "1ms", .min = "0s", .max = "1m",
	                     .help = "time a call takes"),
	RENT_DURATION_OPTION("tick", "1h", .min = "1ms", .max = "1h",
	                     .help = "interval of its timer"),
	RENT_OPTIONS_END,
};

static void visit(struct self *self)
{
	int64_t until =
		self->host->mono_us(self->host) + self->host->opt_int(self->host, "hold");

	if (self->inside++ > 0)
		self->clashes++;
	while (self->host->task->park(until))
		;
	self->inside--;
}

static void tick(void *arg)
{
	struct self *self = arg;

	visit(self);
	self->ticks++;
}

static int hello(void *arg, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct self *self = arg;

	(void)err;
	visit(self);
	reply->status = 200;
	reply->body = rent_printf(
		req->arena, "{\"say\":\"%s\",\"clashes\":%d,\"ticks\":%d}",
		self->host->opt_str(self->host, "greeting"), self->clashes, self->ticks);
	reply->body_size = reply->body == NULL ? 0 : strlen(reply->body);
	return 0;
}

static int say(void *arg, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct self *self = arg;

	(void)req;
	(void)err;
	self->host->event(self->host, "said", "{\"word\":\"hello\"}");
	self->host->event(self->host, "not a type", "{}");
	reply->status = 204;
	return 0;
}

static const struct rent_http_route routes[] = {
	{ "GET", "/hello", 0, hello },
	{ "GET", "/say", 0, say },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_routes api = { .struct_size = sizeof(api),
	                                     .routes = routes };

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct self *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	self->host = host;
	*ret_self = self;
	return host->timer(host, "t-http-tick", host->opt_int(host, "tick"), tick, self,
	                   err);
}

static void reload(void *p)
{
	(void)p;
}

RENT_PLUGIN(http) = {
	RENT_PLUGIN_STAMP,       .kind = "http",     .name = "t_http", .version = "1.0",
	.summary = "says hello", .options = options, .api = &api,      .create = create,
	.destroy = free,         .reload = reload,
};
