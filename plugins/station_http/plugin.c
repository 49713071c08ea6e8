/* SPDX-License-Identifier: MIT
 *
 * plugins/station_http/plugin.c - cabinets behind an HTTP service: one GET that ejects, at
 * most once per order id. Asking again under the same id is how an unknown end is resolved.
 */
#include <jansson.h>
#include <rent/plugin.h>
#include <rent/station.h>
#include <stdlib.h>

struct station {
	struct rent_upstream *upstream;
	int64_t resend_us;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the service, \"https://host:port\""),
	RENT_DURATION_OPTION(
		"resend_window", "1d", .min = "0s", .max = "365d",
		.help = "how long the service ejects once per order id; 0: it does not know order ids"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("eject", "5", "30s"),
	RENT_OPTIONS_END,
};

static int64_t station_resend_us(void *self)
{
	return ((struct station *)self)->resend_us;
}

static int station_build(void *self, const struct rent_station_op *op,
                         struct rent_arena *arena, struct rent_upstream_request *ret,
                         struct rent_error *err)
{
	const struct station *s = self;
	const char *cabinet = op->cabinet_id != NULL && op->cabinet_id[0] != '\0'
	                              ? op->cabinet_id
	                              : op->station_id;
	const char *station, *order;

	if (!rent_id_valid(op->id) || !rent_id_valid(cabinet))
		return rent_fail(err, RENT_EINVAL,
		                 "ids must be 1 to 64 visible ASCII characters");
	if (op->slot != 0 || (op->powerbank_id != NULL && op->powerbank_id[0] != '\0'))
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "the service chooses slot and powerbank itself");
	station = rent_url_encode(arena, cabinet);
	order = rent_url_encode(arena, op->id);
	if (station != NULL && order != NULL)
		ret->target =
			rent_printf(arena, "/eject-powerbank?station_id=%s&order_id=%s",
		                    station, order);
	if (ret->target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->upstream = s->upstream;
	ret->method = "GET";
	ret->endpoint = "eject-powerbank";
	ret->flags = s->resend_us > 0 ? RENT_RESEND_SAFE : 0;
	ret->headers[0] = (struct rent_header){ "Accept", "application/json" };
	return 0;
}

/* Only what the service itself says counts: a bare 404 may be a proxy's, and then a
 * powerbank may be out. */
static void station_read(const json_t *body, int32_t status,
                         struct rent_station_result *ret)
{
	const json_t *success = json_object_get(body, "success");
	const char *id = json_string_value(json_object_get(body, "powerbank_id"));

	if (json_is_false(success) && (status == 200 || status == 404 || status == 409)) {
		ret->outcome = RENT_DECLINED;
		ret->reason = status == 404 ? RENT_DECLINE_OTHER : RENT_DECLINE_EMPTY;
		(void)rent_copy(ret->note, sizeof(ret->note),
		                status == 404 ? "there is no such station"
		                              : "the station refuses to eject");
	} else if (json_is_true(success) && status == 200 && id != NULL &&
	           rent_id_valid(id)) {
		ret->outcome = RENT_SUCCEEDED;
		(void)rent_copy(ret->powerbank_id, sizeof(ret->powerbank_id), id);
	} else {
		(void)snprintf(ret->note, sizeof(ret->note),
		               "status %d with an answer that says nothing", (int)status);
	}
}

static void station_parse(void *self, const struct rent_station_op *op,
                          const struct rent_upstream_reply *reply,
                          struct rent_station_result *ret)
{
	json_t *body;

	(void)self;
	(void)op;
	if (reply->status == 503) {
		ret->outcome = RENT_NOT_EXECUTED;
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "the service is not available");
		return;
	}
	body = json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);
	station_read(body, reply->status, ret);
	json_decref(body);
}

static int station_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct station *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	s->resend_us = host->opt_int(host, "resend_window");
	ret = host->upstream_open(host, "eject", host->opt_str(host, "url"), &s->upstream,
	                          err);
	if (ret < 0) {
		free(s);
		return ret;
	}
	*ret_self = s;
	return 0;
}

static const struct rent_station api = {
	.struct_size = sizeof(api),
	.resend_us = station_resend_us,
	.build_eject = station_build,
	.parse_eject = station_parse,
};

RENT_PLUGIN(station_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STATION,
	.name = "station_http",
	.version = RENT_VERSION,
	.summary = "cabinets that eject powerbanks on an HTTP request",
	.options = options,
	.api = &api,
	.create = station_create,
	.destroy = free,
};
