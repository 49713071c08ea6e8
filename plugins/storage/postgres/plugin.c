/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_postgres: the descriptor, the options and the interface table.
 */
#include "store.h"

static const struct rent_option options[] = {
	{ "dsn", RENT_OPT_STRING, RENT_OPT_REQUIRED | RENT_OPT_SECRET, NULL, "1", NULL,
	  NULL, NULL,
	  "libpq connection string or URI; several hosts are tried in turn until one "
	  "takes writes" },
	{ "application_name", RENT_OPT_STRING, 0, "", NULL, "63", NULL, NULL,
	  "how the server lists these sessions; the service's name when empty" },
	{ "writers", RENT_OPT_INT, 0, "2", "1", "16", NULL, "connections",
	  "connections that write; more than two are rarely faster" },
	{ "read_connections", RENT_OPT_INT, 0, "4", "1", "64", NULL, "connections",
	  "reads that run at once; further ones wait" },
	{ "batch_max", RENT_OPT_INT, 0, "64", "1", "1000", NULL, "calls",
	  "writes that share one commit at most" },
	{ "queue_max", RENT_OPT_INT, 0, "4096", "1", "1000000", NULL, "calls",
	  "writes that may wait; further ones are refused at once" },
	{ "connect_timeout", RENT_OPT_DURATION, 0, "5s", "2s", "5m", NULL, NULL,
	  "for each host of the dsn, in whole seconds" },
	{ "statement_timeout", RENT_OPT_DURATION, 0, "10s", "100ms", "10m", NULL, NULL,
	  "after which the server gives up a statement; the time that a commit waits for a "
	  "synchronous standby counts" },
	{ "prepared", RENT_OPT_ENUM, 0, "auto", NULL, NULL, "auto|on|off", NULL,
	  "keep statements prepared; auto: unless a pooler is in between" },
	{ "quotes_durable", RENT_OPT_BOOL, 0, "true", NULL, NULL, NULL, NULL,
	  "false: the last quotes may be lost when the server crashes; money never is" },
	{ .type = RENT_OPT_END },
};

static const struct rent_storage storage = {
	.struct_size = sizeof(struct rent_storage),
	.quote_put = store_quote_put,
	.start_begin = store_start_begin,
	.advance = store_advance,
	.rental_get = store_rental_get,
	.rental_list = store_rental_list,
	.rental_trail = store_rental_trail,
	.scan = store_scan,
	.claim = store_claim,
	.purge = store_purge,
	.totals = store_totals,
	.audit_scan = store_audit_scan,
	.op_get = store_op_get,
	.op_scan = store_op_scan,
	.resolutions = store_resolutions,
	.cache_get = NULL,
	.cache_put = NULL,
};

RENT_PLUGIN(storage_postgres) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_postgres",
	.version = RENT_VERSION,
	.summary = "the durable truth in PostgreSQL, with group commit",
	.options = options,
	.api = &storage,
	.create = store_create,
	.start = store_start,
	.stop = store_stop,
	.destroy = store_destroy,
	.health = store_health,
	.check = store_check,
	.migrate = store_migrate,
};
