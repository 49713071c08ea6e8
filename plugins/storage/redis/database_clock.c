/* SPDX-License-Identifier: MIT
 *
 * database_clock.c - see database_clock.h.
 */
#include "database_clock.h"

/* Two clocks part by this much at most: 200 µs a second, four times what a quartz may. */
static int64_t drift(int64_t us)
{
	return us / 5000;
}

void database_clock_init(struct database_clock *c)
{
	*c = (struct database_clock){ .known = false };
	(void)pthread_mutex_init(&c->lock, NULL);
}

void database_clock_done(struct database_clock *c)
{
	(void)pthread_mutex_destroy(&c->lock);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void database_clock_learn(struct database_clock *c, int64_t db_now, int64_t called,
                          int64_t returned)
{
	int64_t low = db_now - returned, high = db_now - called;

	(void)pthread_mutex_lock(&c->lock);
	if (c->known && returned >= c->at) {
		int64_t part = drift(returned - c->at);

		/* The bounds on which both agree. If they contradict each other, one of the
		 * clocks was set, or this is another database: then the new bounds are right. */
		if (low <= c->high + part && c->low - part <= high) {
			low = most(low, c->low - part);
			high = least(high, c->high + part);
		}
	}
	if (!c->known || returned >= c->at) {
		c->low = low;
		c->high = high;
		c->at = returned;
		c->known = true;
	}
	(void)pthread_mutex_unlock(&c->lock);
}

bool database_clock_now(struct database_clock *c, int64_t mono, int64_t *ret)
{
	int64_t part;
	bool good;

	(void)pthread_mutex_lock(&c->lock);
	part = drift(mono - c->at);
	good = c->known && mono >= c->at && mono - c->at <= CLOCK_AGE_MAX &&
	       c->high - c->low + 2 * part <= CLOCK_ERROR_MAX;
	if (good)
		*ret = mono + c->low - part;
	(void)pthread_mutex_unlock(&c->lock);
	return good;
}
