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
	struct list lent;
	int64_t open, idle; /* all; those that are free */
	int64_t promised;   /* to those who were woken and have not come for it yet */
};

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err)
{
	struct readers *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	r->options = *options;
	lock_init(&r->lock);
	wait_init(&r->freed, options->task);
	list_init(&r->free);
	list_init(&r->lent);
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
	lock_done(&r->lock);
	free(r);
}

/* Under the lock. */
static void count_reader(struct readers *r, int by)
{
	r->open += by;
	if (r->options.on_count != NULL)
		r->options.on_count(r->options.arg, r->open);
}

/* Under the lock: whether there is one for somebody who has not waited. */
static bool has_one(const struct readers *r)
{
	return r->promised <
	       r->idle + (r->open < r->options.max ? r->options.max - r->open : 0);
}

/* Under the lock. */
static bool holds_one(const struct readers *r)
{
	const struct rent_waiter *self = r->options.task->self();

	LIST_EACH(struct reader, reader, &r->lent, link)
	{
		if (reader->holder == self)
			return true;
	}
	return false;
}

/* Under the lock. False: the time is up. */
static bool wait_for_one(struct readers *r)
{
	int64_t until = r->options.patience_us == 0
	                        ? RENT_NO_DEADLINE
	                        : wait_now_us() + r->options.patience_us;

	if (has_one(r) || (r->options.nests && holds_one(r)))
		return true;
	if (!wait_until(&r->freed, &r->lock, until))
		return false;
	r->promised--;
	return true;
}

/* Under the lock, after one became free, or room for one: it is the first one's who waits. */
static void promise(struct readers *r)
{
	if (has_one(r) && wait_wake_one(&r->freed))
		r->promised++;
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
		                 " reading connections (%s) are busy",
		                 r->options.max, r->options.option);
	} else if (list_is_empty(&r->free)) {
		count_reader(r, 1);
	} else {
		*ret = LIST_FIRST(&r->free, struct reader, link);
		list_remove(&(*ret)->link);
		r->idle--;
	}
	lock_release(&r->lock);
	return code;
}

static void give_up_room(struct readers *r)
{
	lock_acquire(&r->lock);
	count_reader(r, -1);
	promise(r);
	lock_release(&r->lock);
}

static void lend(struct readers *r, struct reader *reader)
{
	lock_acquire(&r->lock);
	reader->holder = r->options.task->self();
	list_append(&r->lent, &reader->link);
	lock_release(&r->lock);
}

int readers_borrow(struct readers *r, struct reader **ret, struct rent_error *err)
{
	struct reader *reader;
	int code = pick(r, &reader, err);

	if (code != 0)
		return code;
	if (reader == NULL)
		reader = calloc(1, r->options.reader_size);
	if (reader == NULL) {
		give_up_room(r);
		return rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	}
	code = r->options.prepare(r->options.arg, reader, err);
	if (code != 0) {
		discard(r, reader);
		give_up_room(r);
		return code;
	}
	lend(r, reader);
	*ret = reader;
	return 0;
}

void readers_return(struct readers *r, struct reader *reader)
{
	bool surplus;

	if (r->options.finish != NULL)
		r->options.finish(r->options.arg, reader);
	lock_acquire(&r->lock);
	list_remove(&reader->link);
	surplus = reader->lost || r->open > r->options.max;
	if (surplus) {
		count_reader(r, -1);
	} else {
		list_prepend(&r->free, &reader->link);
		r->idle++;
	}
	promise(r);
	lock_release(&r->lock);
	if (surplus)
		discard(r, reader);
}
