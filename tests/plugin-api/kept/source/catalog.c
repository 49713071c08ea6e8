/* SPDX-License-Identifier: MIT
 *
 * catalog.c - a catalogue plugin whose binary is kept (script/keep-abi): asks the stubs itself, by exchange().
 */
#include <rent/catalog.h>
#include <rent/plugin.h>
#include <stdlib.h>

struct catalog {
	const struct rent_host *host;
	struct rent_upstream *upstream;
};

/* Counts the slots of a station, and those that have a powerbank. */
static bool read_slots(const struct rent_json_api *json, const struct rent_json *body,
                       struct rent_catalog_station *ret)
{
	bool empty;

	ret->slots = (int64_t)json->count(body, "slots");
	ret->available = 0;
	for (int64_t i = 0; i < ret->slots; i++) {
		if (!json->boolean(json->at(body, "slots", (size_t)i, NULL), "empty",
		                   &empty))
			return false;
		ret->available += !empty;
	}
	return ret->slots > 0;
}

static bool read_station(const struct rent_json_api *json, const struct rent_json *body,
                         const struct rent_upstream_reply *reply,
                         struct rent_arena *arena, struct rent_catalog_station *ret)
{
	ret->json = rent_strndup(arena, reply->body, reply->body_size);
	return rent_copy(ret->id, sizeof(ret->id), json->text(body, "id")) &&
	       rent_copy(ret->tariff_id, sizeof(ret->tariff_id),
	                 json->text(body, "tariff_id")) &&
	       ret->json != NULL && read_slots(json, body, ret);
}

static bool read_tariff(const struct rent_json_api *json, const struct rent_json *body,
                        struct rent_catalog_tariff *ret)
{
	return rent_copy(ret->id, sizeof(ret->id), json->text(body, "id")) &&
	       json->integer(body, "price_per_hour", 0, 1000000, &ret->price_per_hour) &&
	       json->integer(body, "free_period_min", 0, 1000, &ret->free_period_min) &&
	       json->integer(body, "default_deposit", 0, 1000000, &ret->deposit);
}

static bool read_user(const struct rent_json_api *json, const struct rent_json *body,
                      struct rent_catalog_user *ret)
{
	return rent_copy(ret->id, sizeof(ret->id), json->text(body, "id")) &&
	       json->boolean(body, "has_subscribtion", &ret->subscriber) &&
	       json->boolean(body, "trusted", &ret->trusted);
}

static void read_reply(const struct catalog *c, enum rent_catalog_what what,
                       const struct rent_upstream_reply *reply, struct rent_arena *arena,
                       struct rent_catalog_result *ret)
{
	const struct rent_json_api *json = c->host->json;
	const struct rent_json *body = json->parse(arena, reply->body, reply->body_size);
	bool ok = false;

	if (reply->status == 404) {
		ret->outcome = RENT_DECLINED;
		return;
	}
	if (what == RENT_CAT_STATION)
		ok = read_station(json, body, reply, arena, &ret->station);
	else if (what == RENT_CAT_TARIFF)
		ok = read_tariff(json, body, &ret->tariff);
	else if (what == RENT_CAT_USER)
		ok = read_user(json, body, &ret->user);
	if (ok)
		ret->outcome = RENT_SUCCEEDED;
	else
		(void)rent_copy(ret->note, sizeof(ret->note), "the answer is malformed");
}

static void read_item(void *self, enum rent_catalog_what what, const char *id,
                      int64_t deadline_us, struct rent_arena *arena,
                      struct rent_catalog_result *ret)
{
	static const char *const endpoints[] = {
		[RENT_CAT_STATION] = "station-data",
		[RENT_CAT_TARIFF] = "tariff",
		[RENT_CAT_USER] = "user-profile",
	};
	const struct catalog *c = self;
	const char *encoded = rent_url_encode(arena, id);
	struct rent_exchange x;

	(void)deadline_us;
	if (what == RENT_CAT_CONFIGS) { /* it has those itself */
		ret->configs.last_banks_increase_ppm = 1500000;
		ret->outcome = RENT_SUCCEEDED;
		return;
	}
	rent_exchange_init(&x, arena);
	x.request.upstream = c->upstream;
	x.request.flags = RENT_RESEND_SAFE;
	x.request.method = "GET";
	x.request.endpoint = endpoints[what];
	if (encoded != NULL)
		x.request.target =
			rent_printf(arena, "/%s?id=%s", endpoints[what], encoded);
	if (x.request.target == NULL)
		return;
	c->host->exchange(c->host, (struct rent_exchange *[]){ &x }, 1);
	if (x.transport == RENT_REPLIED)
		read_reply(c, what, &x.reply, arena, ret);
	else
		(void)rent_copy(ret->note, sizeof(ret->note), x.error);
}

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the service"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("things", "5", "30s"),
	RENT_OPTIONS_END,
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct catalog *c = calloc(1, sizeof(*c));
	int code;

	if (c == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	c->host = host;
	code = host->upstream_open(host, "things", host->opt_str(host, "url"),
	                           &c->upstream, err);
	if (code < 0) {
		free(c);
		return code;
	}
	*ret_self = c;
	return 0;
}

static const struct rent_catalog api = {
	.struct_size = sizeof(api),
	.read = read_item,
};

RENT_PLUGIN(kept_catalog) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_CATALOG, .name = "kept_catalog",
	.version = "1.0.0",        .summary = "a catalogue plugin of the first days",
	.options = options,        .api = &api,
	.create = create,          .destroy = free,
};
