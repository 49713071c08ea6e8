/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/plugin.c - what services report by themselves: descriptor, options, routes,
 * metrics and the life of the instance.
 */
#include "webhooks.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_DURATION_OPTION(
		"retry", "5s", .min = "10ms", .max = "1h",
		.help = "how often events that could not be acted on are handed on again"),
	RENT_OPTIONS_END,
};

static const struct rent_metric_def messages_def = {
	.struct_size = sizeof(messages_def),
	.type = RENT_COUNTER,
	.name = "webhooks_messages_total",
	.help = "Messages of services, by how they were answered.",
	.labels = { "instance", "result" },
};

static const struct rent_metric_def events_def = {
	.struct_size = sizeof(events_def),
	.type = RENT_COUNTER,
	.name = "webhooks_events_total",
	.help = "Events in messages that were taken; known: they had come before.",
	.labels = { "instance", "kind", "result" },
};

static const struct rent_metric_def open_def = {
	.struct_size = sizeof(open_def),
	.type = RENT_GAUGE,
	.name = "webhooks_events_open",
	.help = "Events that nobody has acted on, when this host last looked.",
};

static int webhooks_create(const struct rent_host *host, void **ret_self,
                           struct rent_error *err)
{
	struct webhooks *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	w->host = host;
	lock_init(&w->handing);
	wait_init(&w->idle, host->task);
	lock_init(&w->hands);
	wait_init(&w->hands_done, host->task);
	w->messages = host->metric(host, &messages_def);
	w->events = host->metric(host, &events_def);
	w->open = host->metric(host, &open_def);
	*ret_self = w;
	return 0;
}

static int webhooks_start(void *self, struct rent_error *err)
{
	struct webhooks *w = self;
	int code = ports_bind(w, err);

	if (code != 0)
		return code;
	return w->host->timer(w->host, "inbound", w->host->opt_int(w->host, "retry"),
	                      handing_round, w, err);
}

static void webhooks_stop(void *self)
{
	handing_wait(self);
}

static void webhooks_destroy(void *self)
{
	struct webhooks *w = self;

	ports_done(w);
	lock_done(&w->handing);
	lock_done(&w->hands);
	free(w);
}

static const struct rent_http_route routes[] = {
	{ "POST", "/hooks/{instance}", 0, hooks_post },
	{ "POST", "/hooks/{instance}/{rest}", 0, hooks_post },
	{ NULL, NULL, 0, NULL },
};

/* The plugin of the service checks who sent it. */
static const struct rent_http_access rows[] = {
	{ "POST", "/hooks/{instance}", RENT_MAY_ANYBODY, NULL },
	{ "POST", "/hooks/{instance}/{rest}", RENT_MAY_ANYBODY, NULL },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_routes api = { .struct_size = sizeof(api),
	                                     .routes = routes,
	                                     .access = rows };

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "where events are recorded" },
	{ "rental", RENT_KIND_RENTAL, true, "acts on events; without it they wait" },
	{ "station", RENT_KIND_STATION, true, "whose service reports" },
	{ "station_2", RENT_KIND_STATION, true, "whose service reports" },
	{ "station_3", RENT_KIND_STATION, true, "whose service reports" },
	{ "station_4", RENT_KIND_STATION, true, "whose service reports" },
	{ "payment", RENT_KIND_PAYMENT, true, "whose service reports" },
	{ "payment_previous", RENT_KIND_PAYMENT, true, "whose service reports" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(webhooks_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP,
	.name = "webhooks",
	.version = RENT_VERSION,
	.summary =
		"takes what cabinets and payment services report, records it, hands it on",
	.options = options,
	.needs = needs,
	.commands = webhooks_commands,
	.api = &api,
	.create = webhooks_create,
	.start = webhooks_start,
	.stop = webhooks_stop,
	.destroy = webhooks_destroy,
};
