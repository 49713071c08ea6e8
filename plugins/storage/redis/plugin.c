/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_redis: the descriptor, the options, and the storage it uses.
 */
#include "store.h"

static const struct rent_option options[] = {
	{ "url", RENT_OPT_STRING, RENT_OPT_SECRET, NULL, NULL, NULL, NULL, NULL,
	  "redis://[[user]:password@]host[:port][/database], or unix:///path[?db=database]; "
	  "with sentinels its host may be missing" },
	{ "sentinels", RENT_OPT_LIST, 0, NULL, NULL, "16", NULL, NULL,
	  "host:port of each sentinel; they are asked where the master is" },
	{ "master", RENT_OPT_STRING, 0, NULL, NULL, NULL, NULL, NULL,
	  "what the sentinels call the master" },
	{ "sentinel_password", RENT_OPT_STRING, RENT_OPT_SECRET, NULL, NULL, NULL, NULL,
	  NULL, "the sentinels' own" },
	{ "prefix", RENT_OPT_STRING, 0, "rentald:", NULL, "64", NULL, NULL,
	  "begins every key; one for each deployment on a shared server" },
	{ "timeout", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "50ms", "1ms", "10s", NULL,
	  NULL, "longest that a request waits for redis; then the database does it" },
	{ "connect_timeout", RENT_OPT_DURATION, 0, "500ms", "10ms", "1m", NULL, NULL,
	  "of each step of connecting, and for the answer to a ping; no request waits for it" },
	{ "breaker_failures", RENT_OPT_INT, RENT_OPT_RELOADABLE, "5", "1", "1000000",
	  NULL, NULL, "failures in a row after which redis is left alone" },
	{ "breaker_reset", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "5s", "10ms", "1d",
	  NULL, NULL, "for how long; then one try is made in the background" },
	{ "quotes", RENT_OPT_ENUM, 0, "database", NULL, NULL, "database|redis", NULL,
	  "redis: unused offers stand there alone and may be lost with it; who makes use of "
	  "one, once and in time, is the database's to say either way" },
	{ "quote_grace", RENT_OPT_DURATION, 0, "10m", "0s", "7d", NULL, NULL,
	  "how long an expired offer is still known, so that it is answered as expired" },
	{ "quotes_kept", RENT_OPT_INT, 0, "16384", "1", "10000000", NULL, "offers",
	  "made by this host last and remembered here, whatever becomes of redis" },
	{ "secret", RENT_OPT_STRING, RENT_OPT_SECRET, NULL, NULL, NULL, NULL, NULL,
	  "the same on all hosts, 16 characters or more; signs what is written, so that nobody "
	  "else's is believed; needed with quotes = \"redis\"; empty: there is none" },
	{ "secret_previous", RENT_OPT_STRING, RENT_OPT_SECRET, NULL, NULL, NULL, NULL,
	  NULL, "believed too, while the hosts' secret is being changed" },
	{ "unsigned", RENT_OPT_BOOL, 0, "false", NULL, NULL, NULL, NULL,
	  "without a secret: cache all the same, and believe whoever writes there; false: "
	  "without a secret nothing is cached" },
	{ .type = RENT_OPT_END },
};

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "where everything is kept" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(storage_redis) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_redis",
	.version = RENT_VERSION,
	.summary = "a storage over another one: a cache that hosts share, in Redis",
	.options = options,
	.needs = needs,
	.api = &storage_over_slots,
	.create = store_create,
	.start = store_start,
	.stop = store_stop,
	.destroy = store_destroy,
	.reload = store_reload,
	.health = store_health,
	.check = store_check,
};
