/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/link.h - one connection to the database: read-only, with the queries
 * prepared and checked. One task at a time uses it.
 */
#ifndef CATALOG_SQL_LINK_H
#define CATALOG_SQL_LINK_H

#include <rent/plugin.h>

#include "columns.h"

struct link_options {
	const struct rent_host *host;
	const char *dsn;
	int64_t timeout_us;
	/* "": there is none, which only users may be. */
	const char *queries[QUERIES];
};

struct link {
	const struct link_options *options;
	/* NULL: not connected. */
	PGconn *pg;
};

/* Blocks: call it on a thread that may. RENT_EINVAL: a query is wrong, else RENT_EUNAVAIL. */
int link_open(struct link *link, struct rent_error *err);
void link_close(struct link *link);

/* Waits for the rows. NULL: err says why, and a connection that is of no use any more is closed.
 * The caller clears the result. */
PGresult *link_ask(struct link *link, enum query query, const char *id,
                   int64_t deadline_us, struct rent_error *err);

#endif
