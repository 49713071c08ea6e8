/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/pool.h - a few connections for many tasks. Each is opened when it is first
 * needed; while the database is away, one attempt a second is made, and nobody else waits for it.
 */
#ifndef CATALOG_SQL_POOL_H
#define CATALOG_SQL_POOL_H

#include "common/wait.h"
#include "link.h"

#define POOL_MAX 64

struct pool {
	struct link_options options;
	/* Guards what follows; never held while waiting. */
	struct lock lock;
	struct wait free_link;
	struct link links[POOL_MAX];
	bool busy[POOL_MAX];
	int size;
	/* No attempt to connect before; monotonic. */
	int64_t retry_at;
	/* "": the last attempt and the last query went well. */
	char trouble[RENT_NOTE_SIZE];
};

void pool_init(struct pool *pool);
void pool_done(struct pool *pool);
/* The rows of the query, which the caller clears. NULL: err says why. */
PGresult *pool_ask(struct pool *pool, enum query query, const char *id,
                   int64_t deadline_us, struct rent_error *err);
/* Connects once, to see that the queries are right. Blocks. */
int pool_try(struct pool *pool, struct rent_error *err);
void pool_trouble(struct pool *pool, char ret[RENT_NOTE_SIZE]);

#endif
