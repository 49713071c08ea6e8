/* SPDX-License-Identifier: MIT
 *
 * readers.c - the pool of reading connections; see readers.h.
 */
#include "core/readers.h"

#include <stdlib.h>

#include "common/wait.h"

struct readers {
	struct readers_options options;
	struct lock lock; /* what follows */
	struct wait freed;
	struct list free; /* the one used last first: its cache is warm */
	int64_t open;
};

/* Connections that this thread holds. */
static _Thread_local int held;

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err)
{
	struct readers *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	r->options = *options;
	lock_init(&r->lock);
	wait_init(&r->freed);
	list_init(&r->free);
	*ret = r;
	return 0;
}

static void discard(struct readers *r, struct reader *reader)
{
	r->options.close(reader);
	free(reader);
}

void readers_free(struct readers *r)
{
	if (r == NULL)
		return;
	LIST_EACH_SAFE(struct reader, reader, &r->free, link)
	discard(r, reader);
	wait_done(&r->freed);
	lock_done(&r->lock);
	free(r);
}

/* Under the lock. */
static void count(struct readers *r, int by)
{
	r->open += by;
	if (r->options.on_count != NULL)
		r->options.on_count(r->options.arg, r->open);
}

/* Under the lock. False: the time is up. */
static bool wait_for_one(struct readers *r)
{
	int64_t until = wait_now_us() + r->options.patience_us;
	bool in_time = true;

	while (list_is_empty(&r->free) && r->open >= r->options.max &&
	       !(r->options.nests && held > 0) && in_time) {
		if (r->options.patience_us == 0)
			wait_forever(&r->freed, &r->lock);
		else
			in_time = wait_until(&r->freed, &r->lock, until) ||
			          wait_now_us() < until;
	}
	return in_time;
}

/* A free connection, or *ret NULL with room reserved for a new one. */
static int pick(struct readers *r, struct reader **ret, struct rent_error *err)
{
	int code = 0;

	*ret = NULL;
	lock_acquire(&r->lock);
	if (!wait_for_one(r)) {
		code = rent_fail(err, RENT_EUNAVAIL,
		                 "database: all %" PRId64
		                 " reading connections (read_connections) are busy",
		                 r->options.max);
	} else if (list_is_empty(&r->free)) {
		count(r, 1);
	} else {
		*ret = LIST_FIRST(&r->free, struct reader, link);
		list_remove(&(*ret)->link);
	}
	lock_release(&r->lock);
	return code;
}

static void give_up_room(struct readers *r)
{
	lock_acquire(&r->lock);
	count(r, -1);
	lock_release(&r->lock);
	wait_wake_one(&r->freed);
}

int readers_borrow(struct readers *r, struct reader **ret, struct rent_error *err)
{
	struct reader *reader;
	int code = pick(r, &reader, err);

	if (code != 0)
		return code;
	if (reader == NULL)
		reader = calloc(1, r->options.reader_size);
	if (reader == NULL)
		code = rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	else
		code = r->options.prepare(r->options.arg, reader, err);
	if (code != 0) {
		if (reader != NULL)
			discard(r, reader);
		give_up_room(r);
		return code;
	}
	held++;
	*ret = reader;
	return 0;
}

void readers_return(struct readers *r, struct reader *reader)
{
	bool surplus;

	if (r->options.finish != NULL)
		r->options.finish(r->options.arg, reader);
	held--;
	lock_acquire(&r->lock);
	surplus = reader->lost || r->open > r->options.max;
	if (surplus)
		count(r, -1);
	else
		list_prepend(&r->free, &reader->link);
	lock_release(&r->lock);
	wait_wake_one(&r->freed);
	if (surplus)
		discard(r, reader);
}
