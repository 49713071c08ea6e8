/* SPDX-License-Identifier: MIT
 *
 * plugin.c - rental_core as a plugin: its options, its needs and its interface. No rule
 * stands here; core.c puts an instance together.
 */
#include "commands.h"
#include "core.h"
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
	{ "configs_shared", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "1h", "0s", "7d",
	  NULL, NULL,
	  "a host that cannot read the price configuration may begin with the one that another "
	  "has shared, not older than this; 0s: never. Needs a storage with a cache" },
	{ "user_ttl", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "0s", "0s", "5m", NULL,
	  NULL,
	  "profiles are shared by hosts and used for this long; 0s: always asked for" },
	{ "station_ttl", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "0s", "0s", "1m", NULL,
	  NULL,
	  "stations, their stock included, are shared by hosts and used for this long; 0s: "
	  "always asked for" },
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
	{ "totals_interval", RENT_OPT_DURATION, 0, "60s", "0s", "1d", NULL, NULL,
	  "how often the sums of all rentals are read for the metrics, where no housekeeping does "
	  "it; 0s: never" },
	{ "events", RENT_OPT_BOOL, 0, "true", NULL, NULL, NULL, NULL,
	  "tell listeners of /api/v1/events what was recorded; off where nobody looks and "
	  "millions are charged" },
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
	.audit = use_audit,
	.reconcile = use_reconcile,
	.manual = use_manual,
	.resolve = use_resolve,
	.balance = use_balance,
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
	.commands = core_commands,
};
