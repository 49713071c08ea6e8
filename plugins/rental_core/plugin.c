/* SPDX-License-Identifier: MIT
 *
 * plugin.c - rental_core as a plugin: its options, its needs, and how an instance is put
 * together. No rule stands here.
 */
#include <stdlib.h>

#include "catalog.h"
#include "use_cases.h"

static const struct rent_option options[] = {
	/* name, type, flags, default, min, max, choices, unit, help */
	{ "quote_ttl", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "60s", "1s", "1d", NULL,
	  NULL, "how long an offer can be used" },
	{ "low_stock_threshold", RENT_OPT_INT, RENT_OPT_RELOADABLE, "2", "0", "1000000",
	  NULL, "powerbanks",
	  "at this many or fewer left, the price rises by last_banks_increase" },
	{ "subscriber_free_period", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "30m", "0s",
	  "30d", NULL, NULL, "subscribers have at least this much free time" },
	{ "trusted_deposit_percent", RENT_OPT_INT, RENT_OPT_RELOADABLE, "50", "0", "100",
	  NULL, "percent", "share of the deposit that is held from trusted users" },
	{ "r_buyout", RENT_OPT_MONEY, RENT_OPT_RELOADABLE, "5000", "1", "1000000000000",
	  NULL, "currency units",
	  "the most a rental can cost; reaching it sells the powerbank" },
	{ "charge_min_amount", RENT_OPT_MONEY, RENT_OPT_RELOADABLE, "1", "1",
	  "1000000000", NULL, "currency units",
	  "smaller accruals wait until they add up to this" },
	{ "debt_charge_step", RENT_OPT_MONEY, RENT_OPT_RELOADABLE, "100", "1",
	  "1000000000", NULL, "currency units", "debts are collected in steps of this" },
	{ "debt_retry_base", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "60s", "10ms", "7d",
	  NULL, NULL, "wait after a failed step; doubles with each further one" },
	{ "debt_retry_max", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "1h", "10ms", "30d",
	  NULL, NULL, "longest wait between steps" },
	{ "deposit_policy", RENT_OPT_ENUM, RENT_OPT_RELOADABLE, "debt", NULL, NULL,
	  "debt|refuse", NULL,
	  "a deposit that cannot be held becomes debt, or the start is refused" },
	{ "tariff_ttl", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "600s", "10ms", "7d",
	  NULL, NULL, "how long a tariff is used before it is read again" },
	{ "tariff_cache", RENT_OPT_INT, 0, "1024", "1", "1000000", NULL, "tariffs",
	  "tariffs kept in memory; the one not used for longest gives way" },
	{ "configs_refresh", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "60s", "10ms", "1d",
	  NULL, NULL, "how often the price configuration is read again" },
	{ "start_lease", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "30s", "100ms", "1h",
	  NULL, NULL,
	  "who works on a rental has it this long; then another may take over" },
	{ "resolve_base", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "5s", "10ms", "1h",
	  NULL, NULL,
	  "an unknown outcome is asked for after this; doubles with each try" },
	{ "resolve_max", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "10m", "10ms", "1d",
	  NULL, NULL, "longest wait between such questions" },
	{ "manual_after", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "1d", "0s", "90d", NULL,
	  NULL, "past the provider's window, look an outcome up this long, then MANUAL" },
	{ "key_retention", RENT_OPT_DURATION, 0, "7d", "1m", "365d", NULL, NULL,
	  "idempotency keys of ended rentals are deleted after this" },
	{ "quote_retention", RENT_OPT_DURATION, 0, "1d", "1s", "365d", NULL, NULL,
	  "expired offers are deleted after this" },
	{ NULL, RENT_OPT_END, 0, NULL, NULL, NULL, NULL, NULL, NULL },
};

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "where rentals and money are recorded" },
	{ "payment", RENT_KIND_PAYMENT, false, "who takes the money" },
	{ "payment_previous", RENT_KIND_PAYMENT, true,
	  "who took the money of rentals begun before payment was changed" },
	{ "station", RENT_KIND_STATION, true, "who ejects powerbanks; needed to start" },
	{ "catalog", RENT_KIND_CATALOG, true,
	  "stations, tariffs, users, configs; needed for offers" },
	{ NULL, NULL, false, NULL },
};

struct params core_params(struct core *core)
{
	struct params copy;

	pthread_mutex_lock(&core->params_lock);
	copy = core->params;
	pthread_mutex_unlock(&core->params_lock);
	return copy;
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
	pthread_mutex_unlock(&core->configs_lock);
	core->key_retention = h->opt_int(h, "key_retention");
	core->quote_retention = h->opt_int(h, "quote_retention");
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

static void core_destroy(void *self)
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

static int core_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
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
	*ret_self = core;
	return RENT_OK;
}

#define REFRESH_LOOK (RENT_SECOND / 2)

static int core_start(void *self, struct rent_error *err)
{
	struct core *core = self;

	core->payment.api->caps(core->payment.self, &core->payment.caps);
	if (core->payment_previous.api != NULL)
		core->payment_previous.api->caps(core->payment_previous.self,
		                                 &core->payment_previous.caps);
	if (core->catalog.api == NULL)
		return RENT_OK;
	return core->host->timer(core->host, "configs", REFRESH_LOOK, catalog_refresh,
	                         core, err);
}

static void core_health(void *self, struct rent_health *ret)
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

static void core_reload(void *self)
{
	read_options(self);
}

static const struct rent_rental_api api = {
	.struct_size = sizeof(struct rent_rental_api),
	.quote = use_quote,
	.start = use_start,
	.status = use_status,
	.stop = use_stop,
	.list = use_list,
	.trail = use_trail,
	.station = use_station,
	.plan_batch = use_plan_batch,
	.run_batch = use_run_batch,
	.housekeep = use_housekeep,
};

RENT_PLUGIN(plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_RENTAL,
	.name = "rental_core",
	.version = RENT_VERSION,
	.summary =
		"the rules: offers, starts, stops, accrual, debts, settlement, recovery",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = core_create,
	.start = core_start,
	.destroy = core_destroy,
	.health = core_health,
	.reload = core_reload,
	.audit = use_audit,
};
