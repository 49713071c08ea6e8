/* SPDX-License-Identifier: MIT
 *
 * readers.h - the pool of reading connections. A connection is taken for one statement and
 * given back before its rows are shown, so that a callback may read, too.
 */
#ifndef STORAGE_POSTGRES_READERS_H
#define STORAGE_POSTGRES_READERS_H

#include <rent/storage.h>

#include "conn.h"

struct readers;

struct reader {
	struct conn conn;
	struct reader *next;
};

struct readers_options {
	const struct conn_options *conn;
	int64_t max;
	/* Is it worth trying to connect? */
	bool (*up)(void *arg);
	void (*on_count)(void *arg, int64_t open); /* connections, when it changes */
	void *arg;
};

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err);
void readers_free(struct readers *r);

/* Waits for a free connection, at most conn_patience(), then RENT_EUNAVAIL; makes one while
 * there are fewer than max. Connections that died while idle are replaced. */
int readers_take(struct readers *r, struct reader **ret, struct rent_error *err);
void readers_give(struct readers *r, struct reader *reader);

/* Runs one statement, whose parameters fill() writes. A connection that is lost on the way
 * is replaced once: reading twice does no harm. */
int readers_query(struct readers *r, enum sql_id id,
                  void (*fill)(struct args *a, void *arg), void *arg, PGresult **ret,
                  struct rent_error *err);

/* A fill() of readers_query() for one text; arg: a const char **. */
void readers_fill_id(struct args *a, void *arg);

#endif
