/* SPDX-License-Identifier: MIT
 *
 * station.c - a station plugin whose binary is kept (script/keep-abi): ejects at the stubs.
 */
#include <rent/plugin.h>
#include <rent/station.h>
#include <stdlib.h>

struct station {
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
};

static void promise(void *self, struct rent_station_caps *ret)
{
	(void)self;
	ret->resend_us = 24 * RENT_HOUR;
}

static int build(void *self, const struct rent_station_op *op, struct rent_arena *arena,
                 struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct station *s = self;
	const char *station = rent_url_encode(arena, op->station_id);
	const char *order = rent_url_encode(arena, op->id);

	ret->upstream = s->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->method = "GET";
	ret->endpoint = "eject";
	if (station != NULL && order != NULL)
		ret->target =
			rent_printf(arena, "/eject-powerbank?station_id=%s&order_id=%s",
		                    station, order);
	return ret->target != NULL
	               ? 0
	               : rent_fail(err, RENT_ENOMEM, "no room for the request");
}

static void parse(void *self, const struct rent_station_op *op,
                  const struct rent_upstream_reply *reply,
                  struct rent_station_result *ret)
{
	const struct station *s = self;
	const struct rent_json *body =
		s->json->parse(reply->arena, reply->body, reply->body_size);
	const char *powerbank = s->json->text(body, "powerbank_id");
	bool success;

	(void)op;
	if (reply->status != 200 || !s->json->boolean(body, "success", &success))
		return;
	if (success && rent_id_valid(powerbank)) {
		ret->outcome = RENT_SUCCEEDED;
		(void)rent_copy(ret->powerbank_id, sizeof(ret->powerbank_id), powerbank);
	} else if (!success) {
		ret->outcome = RENT_DECLINED;
		ret->reason = RENT_DECLINE_EMPTY;
	}
}

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the service"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("cabinets", "5", "30s"),
	RENT_OPTIONS_END,
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct station *s = calloc(1, sizeof(*s));
	int code;

	if (s == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	s->json = host->json;
	code = host->upstream_open(host, "cabinets", host->opt_str(host, "url"),
	                           &s->upstream, err);
	if (code < 0) {
		free(s);
		return code;
	}
	*ret_self = s;
	return 0;
}

static const struct rent_station api = {
	.struct_size = sizeof(api),
	.caps = promise,
	.build_eject = build,
	.parse_eject = parse,
};

RENT_PLUGIN(kept_station) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_STATION, .name = "kept_station",
	.version = "1.0.0",        .summary = "a station plugin of the first days",
	.options = options,        .api = &api,
	.create = create,          .destroy = free,
};
