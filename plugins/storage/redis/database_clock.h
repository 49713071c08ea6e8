/* SPDX-License-Identifier: MIT
 *
 * database_clock.h - what the database's clock says now, without asking it. Every reply that carries
 * the database's time says where that clock was at some moment between the call and its
 * return; so the difference to our monotonic clock is known up to the time that the call took,
 * and up to the drift of two clocks since.
 */
#ifndef STORAGE_REDIS_DATABASE_CLOCK_H
#define STORAGE_REDIS_DATABASE_CLOCK_H

#include <pthread.h>
#include <rent/base.h>

#define CLOCK_AGE_MAX   (10 * RENT_SECOND) /* a difference older than this is not used */
#define CLOCK_ERROR_MAX (RENT_SECOND / 4)  /* nor one that is known worse than this */

struct database_clock {
	pthread_mutex_t lock;
	bool known;
	int64_t low, high; /* database's clock - monotonic clock is between these … */
	int64_t at;        /* … as of then, monotonic */
};

void database_clock_init(struct database_clock *c);
void database_clock_done(struct database_clock *c);

/* The database said db_now in answer to a call made at `called` that returned at `returned`,
 * both monotonic. */
void database_clock_learn(struct database_clock *c, int64_t db_now, int64_t called,
                          int64_t returned);

/* Never later than the database's clock at mono, and at most CLOCK_ERROR_MAX before it. False:
 * not known well enough. */
bool database_clock_now(struct database_clock *c, int64_t mono, int64_t *ret);

#endif
