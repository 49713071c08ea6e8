/* SPDX-License-Identifier: MIT
 *
 * plugin.c - rental_core as a plugin: its options, its needs, its interface, and how an
 * instance is put together. Contains no rule.
 */
#include <stdlib.h>

#include "common/failpoint.h"

#include "audit.h"
#include "balance.h"
#include "bindings.h"
#include "catalog.h"
#include "commands.h"
#include "core.h"
#include "decide.h"
#include "inbound.h"
#include "inventory.h"
#include "messages.h"
#include "observers.h"
#include "pay.h"
#include "payment_alert.h"
#include "poll.h"
#include "quote.h"
#include "reconcile.h"
#include "recover.h"
#include "reissue.h"
#include "resolve.h"
#include "start.h"
#include "stop_request.h"
#include "tariffs.h"
#include "view.h"

/* clang-format off */
static const struct rent_option options[] = {
	RENT_DURATION_OPTION("quote_ttl", "60s", .flags = RENT_OPT_RELOADABLE, .min = "1s", .max = "1d",
		.help = "how long a quote can be used"),
	RENT_INT_OPTION("low_stock_threshold", "2", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "1000000", .unit = "powerbanks",
		.help = "at this many or fewer left, the price rises by last_banks_increase"),
	RENT_DURATION_OPTION("subscriber_free_period", "30m", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "30d",
		.help = "subscribers have at least this much free time"),
	RENT_INT_OPTION("trusted_deposit_percent", "50", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "100", .unit = "percent",
		.help = "share of the deposit that is held from trusted users"),
	RENT_MONEY_OPTION("r_buyout", "5000", .flags = RENT_OPT_RELOADABLE, .min = "1", .max = "1000000000000", .unit = "currency units",
		.help = "the most a rental can cost; reaching it sells the powerbank"),
	RENT_MONEY_OPTION("price_max", "1000000", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "1000000000000", .unit = "currency units",
		.help = "no quote for an hour that the catalogue says costs more (503, and an error in the log); 0: any price"),
	RENT_MONEY_OPTION("deposit_max", "1000000", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "1000000000000", .unit = "currency units",
		.help = "no quote with a deposit above this (503, and an error in the log); 0: any deposit"),
	RENT_MONEY_OPTION("charge_min_amount", "1", .flags = RENT_OPT_RELOADABLE, .min = "1", .max = "1000000000", .unit = "currency units",
		.help = "smaller accruals wait until they add up to this"),
	RENT_MONEY_OPTION("debt_charge_step", "100", .flags = RENT_OPT_RELOADABLE, .min = "1", .max = "1000000000", .unit = "currency units",
		.help = "debts are collected in steps of this"),
	RENT_DURATION_OPTION("debt_retry_base", "60s", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "7d",
		.help = "wait after a failed step; doubles with each further one"),
	RENT_DURATION_OPTION("debt_retry_max", "1h", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "30d",
		.help = "longest wait between steps"),
	RENT_ENUM_OPTION("deposit_policy", "debt", .flags = RENT_OPT_RELOADABLE, .choices = "debt|refuse",
		.help = "both of the next two, where they do not say themselves"),
	RENT_ENUM_OPTION("deposit_declined", "deposit_policy", .flags = RENT_OPT_RELOADABLE, .choices = "deposit_policy|debt|refuse",
		.help = "a deposit that the provider declines becomes debt, or the start is refused (402)"),
	RENT_ENUM_OPTION("deposit_unavailable", "deposit_policy", .flags = RENT_OPT_RELOADABLE, .choices = "deposit_policy|debt|refuse",
		.help = "while the provider says neither yes nor no a deposit becomes debt, or the "
			"start is refused (503)"),
	RENT_INT_OPTION("undeposited_max", "0", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "1000000", .unit = "rentals",
		.help = "at most so many rentals at once, on all hosts together, go on without a deposit "
			"because the provider says neither yes nor no; then starts are refused (503). "
			"0: any number"),
	RENT_ENUM_OPTION("charge", "running", .flags = RENT_OPT_RELOADABLE, .choices = "running|at_end",
		.help = "a running rental is charged with every tick, or only for what its held deposit does "
			"not cover, and the rest once when it ends"),
	RENT_MONEY_OPTION("charge_margin", "0", .flags = RENT_OPT_RELOADABLE, .min = "0", .max = "1000000000000", .unit = "currency units",
		.help = "with charge = \"at_end\": so much of the deposit is left uncovered"),
	RENT_DURATION_OPTION("hold_margin", "12h", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "30d",
		.help = "how long before its end a hold is extended, or replaced by a new one (at most half of its "
			"life); with charge = \"at_end\" it covers nothing from then on"),
	RENT_DURATION_OPTION("start_wait", "20s", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "5m",
		.help = "how long the request of a start waits for a cabinet that has taken the order and has "
			"not said yet what came out; then it is answered 503, and can be repeated"),
	RENT_DURATION_OPTION("action_timeout", "15m", .flags = RENT_OPT_RELOADABLE, .min = "10s", .max = "1d",
		.help = "how long a customer has to confirm his deposit (3-D Secure, a redirect); then the "
			"start fails, and the hold is cancelled, or released when it is confirmed later; likewise "
			"for what he pays himself"),
	RENT_DURATION_OPTION("action_retry", "1d", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "30d",
		.help = "a charge that the customer would have to confirm becomes debt, and for this long no "
			"charge is made without the customer, who can pay with POST .../pay"),
	RENT_DURATION_OPTION("tariff_ttl", "600s", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "7d",
		.help = "how long a tariff is used before it is read again"),
	RENT_INT_OPTION("tariff_cache", "1024", .min = "1", .max = "1000000", .unit = "tariffs",
		.help = "tariffs kept in memory; the one not used for longest gives way"),
	RENT_DURATION_OPTION("configs_refresh", "60s", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "1d",
		.help = "how often the price configuration is read again"),
	RENT_DURATION_OPTION("configs_shared", "1h", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "7d",
		.help = "a host that cannot read the price configuration may begin with the one that "
			"another has shared, not older than this; 0s: never. Needs a storage with a cache"),
	RENT_DURATION_OPTION("user_ttl", "0s", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "5m",
		.help = "profiles are shared by hosts and used for this long; 0s: always asked for"),
	RENT_DURATION_OPTION("station_ttl", "0s", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "1m",
		.help = "stations, their stock included, are shared by hosts and used for this long; 0s: "
			"always asked for"),
	RENT_DURATION_OPTION("start_lease", "30s", .flags = RENT_OPT_RELOADABLE, .min = "100ms", .max = "1h",
		.help = "a host holds a rental for this long; then another may take over"),
	RENT_DURATION_OPTION("resolve_base", "5s", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "1h",
		.help = "an unknown outcome is asked for after this; doubles with each try"),
	RENT_DURATION_OPTION("resolve_max", "10m", .flags = RENT_OPT_RELOADABLE, .min = "10ms", .max = "1d",
		.help = "longest wait between such questions"),
	RENT_DURATION_OPTION("manual_after", "1d", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "90d",
		.help = "past the provider's window, look an outcome up this long, then MANUAL"),
	RENT_DURATION_OPTION("return_backdate_max", "1d", .flags = RENT_OPT_RELOADABLE, .min = "1m", .max = "90d",
		.help = "a cabinet's report of a return ends a rental this long ago at most; an older one is "
			"for an operator"),
	RENT_ENUM_OPTION("stop", "auto", .choices = "auto|trusted|verified",
		.help = "a customer who says that the powerbank is back is believed, or the cabinet is asked "
			"first; auto: asked where the station plugin can look into cabinets"),
	RENT_DURATION_OPTION("return_settle", "1m", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "1h",
		.help = "a powerbank may lie in a slot so long before audits take it for a fault that its rental "
			"still runs"),
	RENT_DURATION_OPTION("poll_interval", "0s", .min = "0s", .max = "1d",
		.help = "how often it is asked for every running rental whether its powerbank is back, where reports "
			"of returns may be lost or the service sends none; 0s: never. Each host with this option asks: "
			"one is enough"),
	RENT_INT_OPTION("poll_rate", "10", .min = "1", .max = "100", .unit = "rentals a second",
		.help = "so many rentals are asked for at most, each with one to three requests"),
	RENT_DURATION_OPTION("buyout_return_window", "0s", .flags = RENT_OPT_RELOADABLE, .min = "0s", .max = "90d",
		.help = "a powerbank that comes back so long after its buyout ends the rental as a return, and what "
			"was paid above its cost is refunded; 0s: never"),
	RENT_ENUM_OPTION("reissue", "close_old", .flags = RENT_OPT_RELOADABLE, .choices = "close_old|manual",
		.help = "a powerbank that a cabinet gives out while a rental has it has come back: that rental "
			"ends as of then, or an operator decides"),
	RENT_DURATION_OPTION("key_retention", "7d", .min = "1m", .max = "365d",
		.help = "idempotency keys of ended rentals are deleted after this"),
	RENT_DURATION_OPTION("quote_retention", "1d", .min = "1s", .max = "365d",
		.help = "expired quotes are deleted after this"),
	RENT_DURATION_OPTION("seal_interval", "1m", .min = "0s", .max = "1d",
		.help = "how often housekeeping seals what is new in the books, so that the audit finds a line that "
			"somebody has changed; 0s: never"),
	RENT_DURATION_OPTION("outbox_retention", "30d", .min = "1m", .max = "3650d",
		.help = "messages of the outbox are deleted so long after they were delivered; others stay"),
	RENT_DURATION_OPTION("totals_interval", "60s", .min = "0s", .max = "1d",
		.help = "how often the sums of all rentals are read for the metrics, where no "
			"housekeeping does it; 0s: never"),
	RENT_BOOL_OPTION("events", "true",
		.help = "tell listeners of /api/v1/events what was recorded; off where nobody looks and "
			"millions are charged"),
	RENT_LIST_OPTION("outbox", "", .max = "4",
		.help = "instances of webhooks_out, of this or another process: what becomes of rentals is recorded "
			"for each of them together with the change, and they tell other systems"),
	RENT_OPTIONS_END,
};
/* clang-format on */

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "where rentals and money are recorded" },
	{ "payment", RENT_KIND_PAYMENT, false, "takes the money" },
	{ "payment_previous", RENT_KIND_PAYMENT, true,
	  "took the money of rentals that began before payment changed" },
	{ "station", RENT_KIND_STATION, true,
	  "ejects powerbanks; needed to start. A list where several services have cabinets: the "
	  "catalogue says whose a station is, the first one's where it says nothing" },
	{ "station_2", RENT_KIND_STATION, true, "the second of the list" },
	{ "station_3", RENT_KIND_STATION, true, "the third" },
	{ "station_4", RENT_KIND_STATION, true, "the fourth" },
	{ "catalog", RENT_KIND_CATALOG, true,
	  "stations, tariffs, users, configs; needed for quotes" },
	{ NULL, NULL, false, NULL },
};

static const struct rent_rental_api api = {
	.struct_size = sizeof(struct rent_rental_api),
	.quote = quote_make,
	.start = start_rental,
	.status = view_status,
	.stop = stop_rental,
	.list = view_list,
	.trail = view_trail,
	.station = view_station,
	.plan_batch = recover_plan_batch,
	.run_batch = recover_run_batch,
	.housekeep = recover_housekeep,
	.audit = audit_rentals,
	.reconcile = reconcile_books,
	.manual = resolve_list,
	.resolve = resolve_operation,
	.balance = balance_read,
	.event = inbound_event,
	.pay = pay_rental,
	.stop_as = stop_as,
};

/* ---- an instance */

enum deposit_choice {
	DEPOSIT_AS_POLICY = 0,
	DEPOSIT_DEBT,
	DEPOSIT_REFUSE
};

static bool refuses_deposit(const struct rent_host *h, const char *option)
{
	int choice = (int)h->opt_enum(h, option);

	if (choice == DEPOSIT_AS_POLICY)
		return h->opt_enum(h, "deposit_policy") == 1;
	return choice == DEPOSIT_REFUSE;
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
		.price_max = h->opt_int(h, "price_max"),
		.deposit_max = h->opt_int(h, "deposit_max"),
		.charge_min_amount = h->opt_int(h, "charge_min_amount"),
		.debt_charge_step = h->opt_int(h, "debt_charge_step"),
		.debt_retry_base = h->opt_int(h, "debt_retry_base"),
		.debt_retry_max = h->opt_int(h, "debt_retry_max"),
		.start_lease = h->opt_int(h, "start_lease"),
		.resolve_base = h->opt_int(h, "resolve_base"),
		.resolve_max = h->opt_int(h, "resolve_max"),
		.manual_after = h->opt_int(h, "manual_after"),
		.start_wait = h->opt_int(h, "start_wait"),
		.action_timeout = h->opt_int(h, "action_timeout"),
		.action_retry = h->opt_int(h, "action_retry"),
		.return_backdate_max = h->opt_int(h, "return_backdate_max"),
		.return_settle = h->opt_int(h, "return_settle"),
		.buyout_return_window = h->opt_int(h, "buyout_return_window"),
		.reissue_closes = h->opt_enum(h, "reissue") == 0,
		.stop = (enum stop_rule)h->opt_enum(h, "stop"),
		.refuse_declined = refuses_deposit(h, "deposit_declined"),
		.refuse_unavailable = refuses_deposit(h, "deposit_unavailable"),
		.undeposited_max = h->opt_int(h, "undeposited_max"),
		.charge_at_end = h->opt_enum(h, "charge") == 1,
		.charge_margin = h->opt_int(h, "charge_margin"),
		.hold_margin = h->opt_int(h, "hold_margin"),
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
	core->outbox_retention = h->opt_int(h, "outbox_retention");
	core->totals_interval = h->opt_int(h, "totals_interval");
	core->seal_interval = h->opt_int(h, "seal_interval");
	core->poll_interval = h->opt_int(h, "poll_interval");
	core->poll_rate = h->opt_int(h, "poll_rate");
}

/* A core with what it points to. */
struct instance {
	struct core core;
	struct observers observers;
};

static void core_destroy(void *self)
{
	struct instance *instance = self;
	struct core *core = &instance->core;

	tariffs_free(core->tariffs);
	bindings_done(core);
	pthread_mutex_destroy(&core->params_lock);
	pthread_mutex_destroy(&core->configs_lock);
	free(instance);
}

/* A stop that shall be verified needs somebody who can look. A process without cabinets takes no
 * stops. */
static int check_stop(struct core *core, struct rent_error *err)
{
	for (size_t i = 0; i < STATIONS_MAX; i++) {
		const struct station_port *port = core_station(core, i);

		if (core->params.stop == STOP_VERIFIED && port->api != NULL &&
		    !inventory_can_ask(port))
			return rent_fail(
				err, RENT_EINVAL,
				"stop = \"verified\", and the plugin of the station "
				"'%s' cannot look into cabinets; bind one that can, or "
				"set stop = \"trusted\"",
				port->instance);
	}
	return RENT_OK;
}

/* A quote's id names the service where there are several (quote.c). */
static int check_station_names(struct core *core, struct rent_error *err)
{
	const struct station_port *first = NULL;

	for (size_t i = 0; i < STATIONS_MAX; i++) {
		const struct station_port *port = core_station(core, i);

		if (port->api == NULL || port->instance == NULL)
			continue;
		if (first != NULL && (strlen(port->instance) > STATION_NAME_MAX ||
		                      strlen(first->instance) > STATION_NAME_MAX))
			return rent_fail(
				err, RENT_EINVAL,
				"station instances must have names of at most %d "
				"characters where several are bound; these are '%s' and "
				"'%s'",
				STATION_NAME_MAX, first->instance, port->instance);
		first = port;
	}
	return RENT_OK;
}

static bool has_event_service(const struct rent_host *host)
{
	struct rent_host copy;

	rent_adopt(&copy, sizeof(copy), host, host->struct_size);
	return copy.event_of != NULL && copy.event_heard != NULL;
}

static int core_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct instance *instance = calloc(1, sizeof(*instance));
	struct core *core;
	int code;

	if (instance == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for the rental core");
	core = &instance->core;
	core->observers = &instance->observers;
	core->tariffs = tariffs_new((size_t)host->opt_int(host, "tariff_cache"));
	if (core->tariffs == NULL) {
		free(instance);
		return rent_fail(err, RENT_ENOMEM, "no memory for the tariff cache");
	}
	core->host = host;
	RENT_FAILPOINT_TASKS(host);
	core->next_step = decide;
	core->close_old = reissue_close_old;
	pthread_mutex_init(&core->params_lock, NULL);
	pthread_mutex_init(&core->configs_lock, NULL);
	read_options(core);
	bindings_init(core);
	observers_init(core->observers, host);
	core->events = has_event_service(host) && host->opt_bool(host, "events");
	code = check_stop(core, err);
	if (code == 0)
		code = check_station_names(core, err);
	if (code == 0)
		code = messages_endpoints(core, err);
	if (code != 0) {
		core_destroy(instance);
		return code;
	}
	*ret_self = instance; /* the core is its first member */
	return RENT_OK;
}

#define REFRESH_LOOK (RENT_SECOND / 2)

static int core_start(void *self, struct rent_error *err)
{
	struct core *core = self;
	int code;

	bindings_read_caps(core);
	code = bindings_check(core, err);
	if (core->catalog.api != NULL && code == RENT_OK)
		code = core->host->timer(core->host, "configs", REFRESH_LOOK,
		                         catalog_refresh, core, err);
	if (core->poll_interval > 0 && code == RENT_OK)
		code = core->host->timer(core->host, "returns", POLL_LOOK, poll_look,
		                         core, err);
	if (core->totals_interval > 0 && code == RENT_OK)
		code = core->host->timer(core->host, "totals", core->totals_interval,
		                         recover_totals, core, err);
	return code;
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
	if (payment_alert_health(&core->payment, ret) ||
	    (core->payment_previous.api != NULL &&
	     payment_alert_health(&core->payment_previous, ret)))
		return;
	ret->state = RENT_HEALTHY;
	rent_copy(ret->why, sizeof(ret->why), "ready");
}

static void core_reload(void *self)
{
	read_options(self);
}

RENT_PLUGIN(plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_RENTAL,
	.name = "rental_core",
	.version = RENT_VERSION,
	.summary =
		"the rules: quotes, starts, stops, accrual, debts, settlement, recovery",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = core_create,
	.start = core_start,
	.destroy = core_destroy,
	.health = core_health,
	.reload = core_reload,
	.commands = core_commands,
};
