/* SPDX-License-Identifier: MIT
 *
 * plugins/demo/plugin.c - what the page needs of the stubs, on the page's own origin: the
 * control side for the degradation lab, stations and users for the map. For demos; it gives
 * everybody who reaches the listener the switches of the external services.
 */
#include "relay.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the stubs, \"https://host:port\""),
	RENT_STRING_OPTION(
		"currency", NULL, .min = "3", .max = "3",
		.help = "ISO 4217 code that the page shows amounts in; not set: plain numbers"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("stubs", "5", "5s"),
	RENT_OPTIONS_END,
};

static const struct rent_http_route routes[] = {
	{ "GET", "/api/v1/demo", 0, relay_overview },
	{ "POST", "/api/v1/demo/endpoint", RENT_HTTP_JSON, relay_call },
	{ "POST", "/api/v1/demo/settings", RENT_HTTP_JSON, relay_call },
	{ "POST", "/api/v1/demo/decline", RENT_HTTP_JSON, relay_call },
	{ "POST", "/api/v1/demo/reset", RENT_HTTP_JSON, relay_call },
	{ "POST", "/api/v1/demo/bill", RENT_HTTP_JSON, relay_bill },
	{ "POST", "/api/v1/demo/return-powerbank", RENT_HTTP_JSON, relay_call },
	{ "GET", "/api/v1/demo/cloud", 0, relay_call },
	{ "POST", "/api/v1/demo/cloud", RENT_HTTP_JSON, relay_call },
	{ "GET", "/api/v1/demo/payments", 0, relay_call },
	{ "POST", "/api/v1/demo/payments", RENT_HTTP_JSON, relay_call },
	{ "GET", "/api/v1/demo/stations", 0, relay_call },
	{ "GET", "/api/v1/demo/users", 0, relay_call },
	{ "GET", "/api/v1/demo/book", 0, relay_call },
	{ "GET", "/api/v1/demo/tariff", 0, relay_call },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_access rows[] = {
	{ "GET", "/api/v1/demo", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/endpoint", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/settings", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/decline", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/reset", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/bill", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/return-powerbank", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/cloud", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/cloud", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/payments", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/api/v1/demo/payments", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/stations", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/users", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/book", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/api/v1/demo/tariff", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_routes api = {
	.struct_size = sizeof(api),
	.routes = routes,
	.access = rows,
};

static int demo_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct demo *demo = calloc(1, sizeof(*demo));
	struct rent_bound bound = { .struct_size = sizeof(bound) };
	int ret;

	if (demo == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	demo->host = host;
	ret = host->upstream_open(host, "stubs", host->opt_str(host, "url"), &demo->stubs,
	                          err);
	if (ret < 0) {
		free(demo);
		return ret;
	}
	if (host->lookup(host, "billing", &bound)) {
		rent_adopt_table(&demo->billing, sizeof(demo->billing), &bound);
		demo->billing_self = bound.self;
	}
	*ret_self = demo;
	return 0;
}

static const struct rent_need needs[] = {
	{ "billing", RENT_KIND_SCHEDULER, true,
	  "whose next cycle the page shows, and has done at once" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(demo_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP,
	.name = "demo",
	.version = RENT_VERSION,
	.summary = "the stubs' control side on the page's own origin, for demos",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = demo_create,
	.destroy = free,
};
