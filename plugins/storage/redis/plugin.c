/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_redis: the descriptor, the options, and the storage it uses.
 */
#include "store.h"

static const struct rent_option options[] = {
	RENT_STRING_OPTION(
		"url", NULL, .flags = RENT_OPT_SECRET,
		.help = "redis://[[user]:password@]host[:port][/database], or "
			"unix:///path[?db=database]; with sentinels its host may be "
			"missing"),
	RENT_LIST_OPTION(
		"sentinels", NULL, .max = "16",
		.help = "host:port of each sentinel; they are asked where the master is"),
	RENT_STRING_OPTION("master", NULL, .help = "what the sentinels call the master"),
	RENT_STRING_OPTION("sentinel_password", NULL, .flags = RENT_OPT_SECRET,
	                   .help = "the sentinels' own"),
	RENT_STRING_OPTION(
		"prefix", "rentald:", .max = "64",
		.help = "begins every key; one for each deployment on a shared server"),
	RENT_DURATION_OPTION(
		"timeout", "50ms", .flags = RENT_OPT_RELOADABLE, .min = "1ms",
		.max = "10s",
		.help = "longest that a request waits for redis; then the database "
			"does it"),
	RENT_DURATION_OPTION(
		"connect_timeout", "500ms", .min = "10ms", .max = "1m",
		.help = "of each step of connecting, and for the answer to a ping; "
			"no request waits for it"),
	RENT_INT_OPTION("breaker_failures", "5", .flags = RENT_OPT_RELOADABLE, .min = "1",
	                .max = "1000000",
	                .help = "failures in a row after which redis is left alone"),
	RENT_DURATION_OPTION(
		"breaker_reset", "5s", .flags = RENT_OPT_RELOADABLE, .min = "10ms",
		.max = "1d",
		.help = "for how long; then one try is made in the background"),
	RENT_ENUM_OPTION(
		"quotes", "database", .choices = "database|redis",
		.help = "redis: unused quotes stand there alone and may be lost with it; "
			"who makes use of one, once and in time, is the database's to say "
			"either way"),
	RENT_DURATION_OPTION(
		"quote_grace", "10m", .min = "0s", .max = "7d",
		.help = "how long an expired quote is still known, so that it is "
			"answered as expired"),
	RENT_INT_OPTION(
		"quotes_kept", "16384", .min = "1", .max = "10000000", .unit = "quotes",
		.help = "made by this host last and remembered here, whatever becomes of "
			"redis"),
	RENT_STRING_OPTION(
		"secret", NULL, .flags = RENT_OPT_SECRET,
		.help = "the same on all hosts, 16 characters or more; signs what is "
			"written, so that nobody else's is believed; needed with quotes "
			"= \"redis\"; empty: there is none"),
	RENT_STRING_OPTION(
		"secret_previous", NULL, .flags = RENT_OPT_SECRET,
		.help = "believed too, while the hosts' secret is being changed"),
	RENT_BOOL_OPTION(
		"unsigned", "false",
		.help = "without a secret: cache all the same, and believe whoever writes "
			"there; false: without a secret nothing is cached"),
	RENT_OPTIONS_END,
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
