/* SPDX-License-Identifier: MIT
 *
 * reading.h - statements on reading connections. A connection is borrowed for one statement and
 * given back before its rows are shown, so that a callback may read, too.
 */
#ifndef STORAGE_POSTGRES_READING_H
#define STORAGE_POSTGRES_READING_H

#include "conn.h"
#include "core/readers.h"

struct reading_options {
	struct conn_options *conn;
	int64_t max;
	const char *option;  /* says max; for messages */
	int64_t patience_us; /* how long a caller waits for a free one */
	/* Is it worth trying to connect? */
	bool (*up)(void *arg);
	void (*on_count)(void *arg, int64_t open); /* connections, when it changes */
	void *arg;
};

struct reading {
	struct reading_options options;
	struct readers *readers; /* NULL: not begun */
};

int reading_begin(struct reading *reading, const struct reading_options *options,
                  struct rent_error *err);
void reading_end(struct reading *reading);

/* Runs one statement, whose parameters write() writes. A connection that is lost on the way, or
 * meets an error that nobody foresaw, is replaced once: reading twice does no harm. */
int reading_query(struct reading *reading, enum sql_id id,
                  void (*write)(struct bind *a, void *arg), void *arg, PGresult **ret,
                  struct rent_error *err);

/* write() for one text; arg: a const char **. */
void reading_bind_id(struct bind *a, void *arg);
/* write() for no parameters. */
void reading_bind_nothing(struct bind *a, void *arg);

#endif
