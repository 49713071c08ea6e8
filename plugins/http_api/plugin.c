/* SPDX-License-Identifier: MIT
 *
 * plugin.c - the plugin http_api: its descriptor, its route table and the binding to the
 * "rental" instance it speaks for. The file of its subject has the code of a route.
 */
#include "api.h"
#include "input.h"

#include <stdlib.h>

static int api_bind(struct http_api *api, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };
	const struct rent_rental_api *r = &api->rental;

	if (!api->host->lookup(api->host, "rental", &bound))
		return rent_fail(err, RENT_EINVAL,
		                 "http_api: need \"rental\" is not bound; add "
		                 "uses = { rental = \"INSTANCE\"; }");
	rent_adopt_table(&api->rental, sizeof(api->rental), &bound);
	if (r->quote == NULL || r->start == NULL || r->status == NULL ||
	    r->stop == NULL || r->list == NULL || r->trail == NULL || r->station == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"http_api: instance \"%s\" lacks a use case that the API "
			"offers; bind one built for this version",
			bound.instance);
	api->core = bound.self;
	return 0;
}

/* What is compared with addresses must be no more than an origin: nothing would ever be of another one. */
static int check_origins(const struct rent_host *host, struct rent_error *err)
{
	const char *origin;

	for (size_t i = 0; (origin = host->opt_list(host, "return_origins", i)) != NULL;
	     i++)
		if (!input_is_origin(origin))
			return rent_fail(
				err, RENT_EINVAL,
				"return_origins: '%s' is no origin; allowed: like "
				"\"https://rent.example\", without a path or a slash at its "
				"end",
				origin);
	return 0;
}

static int api_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	struct http_api *api = calloc(1, sizeof(*api));
	int r;

	if (api == NULL)
		return rent_fail(err, RENT_ENOMEM, "http_api: out of memory");
	api->host = host;
	api->currency = host->opt_str(host, "currency");
	r = check_origins(host, err);
	if (r == 0)
		r = api_bind(api, err);
	if (r < 0) {
		free(api);
		return r;
	}
	*ret_self = api;
	return 0;
}

static const struct rent_option options[] = {
	RENT_STRING_OPTION(
		"currency", NULL, .min = "3", .max = "3",
		.help = "ISO 4217 code of all amounts, as replies say it; not set: they do not say"),
	RENT_LIST_OPTION(
		"return_origins", "", .max = "32",
		.help = "origins that a customer may be sent back to after paying (return_url of start and pay), such as "
			"\"https://rent.example\"; others get 422. Not set: any"),
	RENT_OPTIONS_END,
};

static const struct rent_http_route routes[] = {
	{ "POST", "/api/v1/rentals/quote", RENT_HTTP_JSON, quotes_post },
	{ "POST", "/api/v1/rentals/start", RENT_HTTP_JSON, rentals_start },
	{ "GET", "/api/v1/rentals/{order_id}/status", 0, rentals_status },
	{ "POST", "/api/v1/rentals/{order_id}/stop", RENT_HTTP_JSON, rentals_stop },
	{ "POST", "/api/v1/rentals/{order_id}/pay", RENT_HTTP_JSON, rentals_pay },
	{ "GET", "/api/v1/rentals/{order_id}/payments", 0, listing_payments },
	{ "GET", "/api/v1/rentals", 0, listing_rentals },
	{ "GET", "/api/v1/users/{user_id}/balance", 0, users_balance },
	{ "GET", "/api/v1/stations/{id}", 0, stations_get },
	{ "GET", "/api/v1/me", 0, me_get },
	{ "GET", "/openapi.json", RENT_HTTP_INLINE, docs_openapi },
	{ "GET", "/docs", RENT_HTTP_INLINE, docs_page },
	{ "GET", "/docs/docs.css", RENT_HTTP_INLINE, docs_style },
	{ "GET", "/docs/docs.js", RENT_HTTP_INLINE, docs_script },
	{ NULL, NULL, 0, NULL },
};

/* The callers that each route admits on a listener with `auth`; a route without a row is closed. */
static const struct rent_http_access rows[] = {
	{ "POST", "/api/v1/rentals/quote", RENT_MAY_OWN | RENT_MAY_ACT, "rentals:write" },
	{ "POST", "/api/v1/rentals/start", RENT_MAY_OWN | RENT_MAY_ACT, "rentals:write" },
	{ "GET", "/api/v1/rentals/{order_id}/status", RENT_MAY_OWN | RENT_MAY_READ,
	  "rentals:read" },
	{ "POST", "/api/v1/rentals/{order_id}/stop", RENT_MAY_OWN | RENT_MAY_ACT,
	  "rentals:write" },
	{ "POST", "/api/v1/rentals/{order_id}/pay", RENT_MAY_OWN | RENT_MAY_ACT,
	  "rentals:write" },
	{ "GET", "/api/v1/rentals/{order_id}/payments", RENT_MAY_OWN | RENT_MAY_READ,
	  "rentals:read" },
	{ "GET", "/api/v1/rentals", RENT_MAY_OWN | RENT_MAY_READ, "rentals:read" },
	{ "GET", "/api/v1/users/{user_id}/balance", RENT_MAY_OWN | RENT_MAY_READ,
	  "rentals:read" },
	{ "GET", "/api/v1/stations/{id}", RENT_MAY_CUSTOMER | RENT_MAY_READ,
	  "stations:read" },
	{ "GET", "/api/v1/me", RENT_MAY_CUSTOMER | RENT_MAY_READ, NULL },
	{ "GET", "/openapi.json", RENT_MAY_ANYBODY, NULL },
	{ "GET", "/docs", RENT_MAY_ANYBODY, NULL },
	{ "GET", "/docs/docs.css", RENT_MAY_ANYBODY, NULL },
	{ "GET", "/docs/docs.js", RENT_MAY_ANYBODY, NULL },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_routes api_routes = {
	.struct_size = sizeof(api_routes),
	.routes = routes,
	.access = rows,
};

static const struct rent_need needs[] = {
	{ "rental", RENT_KIND_RENTAL, false, "the use cases that are offered" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(http_api) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP,
	.name = "http_api",
	.version = RENT_VERSION,
	.summary = "the REST API of the rental service, with its description and /docs",
	.options = options,
	.needs = needs,
	.api = &api_routes,
	.create = api_create,
	.destroy = free,
};
