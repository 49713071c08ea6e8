/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_http/plugin.c - stations, tariffs, users and configs from an HTTP service:
 * descriptor, options, requests. The replies are read in read.c.
 */
#include "read.h"

#include <rent/plugin.h>
#include <stdlib.h>

/* By enum rent_catalog_what. Each service has a separate breaker: a dead profile service
 * must not take the tariffs with it. */
static const struct service {
	const char *upstream, *endpoint;
} services[] = {
	[RENT_CAT_STATION] = { "station", "station-data" },
	[RENT_CAT_TARIFF] = { "tariff", "tariff" },
	[RENT_CAT_USER] = { "profile", "user-profile" },
	[RENT_CAT_CONFIGS] = { "configs", "configs" },
};

struct catalog {
	struct rent_upstream *upstreams[RENT_CAT_CONFIGS + 1];
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the services, \"https://host:port\""),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("station", "5", "30s"),
	RENT_UPSTREAM_OPTIONS("tariff", "5", "30s"),
	RENT_UPSTREAM_OPTIONS("profile", "10", "15s"),
	RENT_UPSTREAM_OPTIONS("configs", "5", "30s"),
	RENT_OPTIONS_END,
};

static int catalog_build(void *self, enum rent_catalog_what what, const char *id,
                         struct rent_arena *arena, struct rent_upstream_request *ret,
                         struct rent_error *err)
{
	const struct catalog *c = self;
	const char *encoded, *target;

	if (what < RENT_CAT_STATION || what > RENT_CAT_CONFIGS)
		return rent_fail(err, RENT_EUNSUPPORTED, "catalogue has no item %d",
		                 (int)what);
	if (what == RENT_CAT_CONFIGS) {
		target = "/configs";
	} else {
		if (!rent_id_valid(id))
			return rent_fail(err, RENT_EINVAL,
			                 "id must be 1 to 64 visible ASCII characters");
		encoded = rent_url_encode(arena, id);
		target = encoded == NULL ? NULL
		                         : rent_printf(arena, "/%s?id=%s",
		                                       services[what].endpoint, encoded);
	}
	if (target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->upstream = c->upstreams[what];
	ret->method = "GET";
	ret->target = target;
	ret->endpoint = services[what].endpoint;
	ret->flags = RENT_RESEND_SAFE;
	ret->headers[0] = (struct rent_header){ "Accept", "application/json" };
	return 0;
}

static void catalog_parse(void *self, enum rent_catalog_what what, const char *id,
                          const struct rent_upstream_reply *reply,
                          struct rent_arena *arena, struct rent_catalog_result *ret)
{
	(void)self;
	read_reply(what, id, reply, arena, ret);
}

static int catalog_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct catalog *c = calloc(1, sizeof(*c));
	int ret = 0;

	if (c == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	for (int what = RENT_CAT_STATION; what <= RENT_CAT_CONFIGS && ret == 0; what++)
		ret = host->upstream_open(host, services[what].upstream,
		                          host->opt_str(host, "url"), &c->upstreams[what],
		                          err);
	if (ret < 0) {
		free(c);
		return ret;
	}
	*ret_self = c;
	return 0;
}

static const struct rent_catalog api = {
	.struct_size = sizeof(api),
	.build = catalog_build,
	.parse = catalog_parse,
};

RENT_PLUGIN(catalog_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_CATALOG,
	.name = "catalog_http",
	.version = RENT_VERSION,
	.summary = "stations, tariffs, users and configs from an HTTP service",
	.options = options,
	.api = &api,
	.create = catalog_create,
	.destroy = free,
};
