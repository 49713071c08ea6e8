/* SPDX-License-Identifier: MIT
 *
 * plugin.c - storage_sqlite: the descriptor, the options and the interface table.
 */
#include "store.h"

static const struct rent_option options[] = {
	{ "path", RENT_OPT_PATH, RENT_OPT_REQUIRED, NULL, NULL, NULL, NULL, NULL,
	  "the database file; its folder is made if it is missing" },
	{ "durability", RENT_OPT_ENUM, 0, "full", NULL, NULL, "full|normal", NULL,
	  "full: a call that returned survives a power failure; normal: only a crash of the "
	  "process" },
	{ "queue_max", RENT_OPT_INT, 0, "4096", "1", "1000000", NULL, "calls",
	  "writes that may wait; further ones are refused at once" },
	{ "batch_max", RENT_OPT_INT, 0, "128", "1", "10000", NULL, "calls",
	  "writes that share one commit at most" },
	{ "read_connections", RENT_OPT_INT, 0, "4", "1", "64", NULL, "connections",
	  "reads that run at once; further ones wait" },
	{ "busy_timeout", RENT_OPT_DURATION, 0, "5s", "0s", "5m", NULL, NULL,
	  "how long to wait for a lock that another process holds" },
	{ "cache_size", RENT_OPT_SIZE, 0, "16MiB", "64KiB", "64GiB", NULL, NULL,
	  "page cache of each connection; grows as it is used" },
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
	.cache_get = NULL,
	.cache_put = NULL,
	.op_get = store_op_get,
	.op_scan = store_op_scan,
	.resolutions = store_resolutions,
};

RENT_PLUGIN(storage_sqlite) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "storage_sqlite",
	.version = RENT_VERSION,
	.summary = "the durable truth in one SQLite file, with group commit",
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
