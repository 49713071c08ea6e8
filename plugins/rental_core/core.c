/* SPDX-License-Identifier: MIT
 *
 * core.c - how an instance is put together: reads its options, looks its bindings up, keeps
 * the price configuration fresh. See core.h.
 */
#include "core.h"

#include <stdlib.h>

#include "catalog.h"
#include "use_cases.h"

struct params core_params(struct core *core)
{
	struct params copy;

	pthread_mutex_lock(&core->params_lock);
	copy = core->params;
	pthread_mutex_unlock(&core->params_lock);
	return copy;
}

void core_judged(struct core *core, struct rent_exchange *x, bool answered)
{
	if (core->host->judged != NULL)
		core->host->judged(core->host, x, answered);
}

struct payment_port *core_payment_of(struct core *core, const struct rent_rental *r)
{
	struct payment_port *previous = &core->payment_previous;

	if (r->provider[0] == '\0' || strcmp(r->provider, core->payment.instance) == 0)
		return &core->payment;
	if (previous->api != NULL && strcmp(r->provider, previous->instance) == 0)
		return previous;
	return NULL;
}

static void read_options(struct core *core)
{
	const struct rent_host *h = core->host;

	pthread_mutex_lock(&core->params_lock);
	core->params = (struct params){
		.quote_ttl = h->opt_int(h, "quote_ttl"),
		.low_stock_threshold = h->opt_int(h, "low_stock_threshold"),
		.subscriber_free_period = h->opt_int(h, "subscriber_free_period"),
		.trusted_deposit_percent = h->opt_int(h, "trusted_deposit_percent"),
		.r_buyout = h->opt_int(h, "r_buyout"),
		.charge_min_amount = h->opt_int(h, "charge_min_amount"),
		.debt_charge_step = h->opt_int(h, "debt_charge_step"),
		.debt_retry_base = h->opt_int(h, "debt_retry_base"),
		.debt_retry_max = h->opt_int(h, "debt_retry_max"),
		.start_lease = h->opt_int(h, "start_lease"),
		.resolve_base = h->opt_int(h, "resolve_base"),
		.resolve_max = h->opt_int(h, "resolve_max"),
		.manual_after = h->opt_int(h, "manual_after"),
		.refuse_undeposited = h->opt_enum(h, "deposit_policy") == 1,
	};
	pthread_mutex_unlock(&core->params_lock);
	pthread_mutex_lock(&core->configs_lock);
	core->configs_refresh = h->opt_int(h, "configs_refresh");
	core->tariff_ttl = h->opt_int(h, "tariff_ttl");
	core->configs_shared = h->opt_int(h, "configs_shared");
	core->station_ttl = h->opt_int(h, "station_ttl");
	core->user_ttl = h->opt_int(h, "user_ttl");
	pthread_mutex_unlock(&core->configs_lock);
	core->key_retention = h->opt_int(h, "key_retention");
	core->quote_retention = h->opt_int(h, "quote_retention");
	core->totals_interval = h->opt_int(h, "totals_interval");
}

static void bind_payment(struct core *core, const char *need, struct payment_port *port)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	pthread_mutex_init(&port->lock, NULL);
	port->caps.struct_size = sizeof(port->caps);
	if (!core->host->lookup(core->host, need, &bound))
		return;
	port->api = bound.api;
	port->self = bound.self;
	port->instance = bound.instance;
}

static void bind_all(struct core *core)
{
	const struct rent_host *h = core->host;
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	bind_payment(core, "payment", &core->payment);
	bind_payment(core, "payment_previous", &core->payment_previous);
	pthread_mutex_init(&core->station.lock, NULL);
	pthread_mutex_init(&core->catalog.lock, NULL);
	if (h->lookup(h, "storage", &bound)) {
		core->store = bound.api;
		core->store_self = bound.self;
	}
	if (h->lookup(h, "station", &bound)) {
		core->station.api = bound.api;
		core->station.self = bound.self;
	}
	if (h->lookup(h, "catalog", &bound)) {
		core->catalog.api = bound.api;
		core->catalog.self = bound.self;
	}
}

void core_destroy(void *self)
{
	struct core *core = self;

	tariffs_done(&core->tariffs);
	pthread_mutex_destroy(&core->params_lock);
	pthread_mutex_destroy(&core->configs_lock);
	pthread_mutex_destroy(&core->payment.lock);
	pthread_mutex_destroy(&core->payment_previous.lock);
	pthread_mutex_destroy(&core->station.lock);
	pthread_mutex_destroy(&core->catalog.lock);
	free(core);
}

/* Since 1.0, last: a table that ends before it comes from an older build. */
static bool has_event_service(const struct rent_host *host)
{
	return host->struct_size >=
	               offsetof(struct rent_host, event) + sizeof(host->event) &&
	       host->event != NULL;
}

int core_create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct core *core = calloc(1, sizeof(*core));

	if (core == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for the rental core");
	if (tariffs_init(&core->tariffs, (size_t)host->opt_int(host, "tariff_cache")) !=
	    0) {
		free(core);
		return rent_fail(err, RENT_ENOMEM, "no memory for the tariff cache");
	}
	core->host = host;
	pthread_mutex_init(&core->params_lock, NULL);
	pthread_mutex_init(&core->configs_lock, NULL);
	read_options(core);
	bind_all(core);
	counters_init(&core->counters, host);
	core->events = has_event_service(host) && host->opt_bool(host, "events");
	*ret_self = core;
	return RENT_OK;
}

#define REFRESH_LOOK (RENT_SECOND / 2)

int core_start(void *self, struct rent_error *err)
{
	struct core *core = self;
	int code = RENT_OK;

	core->payment.api->caps(core->payment.self, &core->payment.caps);
	if (core->payment_previous.api != NULL)
		core->payment_previous.api->caps(core->payment_previous.self,
		                                 &core->payment_previous.caps);
	if (core->catalog.api != NULL)
		code = core->host->timer(core->host, "configs", REFRESH_LOOK,
		                         catalog_refresh, core, err);
	if (core->totals_interval > 0 && code == RENT_OK)
		code = core->host->timer(core->host, "totals", core->totals_interval,
		                         totals_refresh, core, err);
	return code;
}

void core_health(void *self, struct rent_health *ret)
{
	struct core *core = self;
	struct rent_catalog_configs configs;

	if (core->catalog.api != NULL && !catalog_configs(core, &configs)) {
		ret->state = RENT_UNHEALTHY;
		rent_copy(ret->why, sizeof(ret->why),
		          "the price configuration has not been read yet");
		return;
	}
	ret->state = RENT_HEALTHY;
	rent_copy(ret->why, sizeof(ret->why), "ready");
}

void core_reload(void *self)
{
	read_options(self);
}
