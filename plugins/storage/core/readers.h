/* SPDX-License-Identifier: MIT
 *
 * readers.h - the pool of connections that only read: opened when first needed, lent to one
 * caller at a time, at most so many.
 */
#ifndef STORAGE_CORE_READERS_H
#define STORAGE_CORE_READERS_H

#include <rent/task.h>

#include "common/list.h"

/* One connection; begins the backend's own struct, which is zeroed when it is new. */
struct reader {
	struct list link;           /* of those that are free, or lent */
	struct rent_waiter *holder; /* who has borrowed it */
	bool lost;                  /* set by the backend: not to be lent again */
};

struct readers_options {
	size_t reader_size;
	int64_t max;
	const char *option; /* says max; for messages */
	const struct rent_task_api *task;
	/* How long a caller waits for a free one before it gets RENT_EUNAVAIL. 0: as long as it
	 * takes. Those who wait are served in the order in which they came. */
	int64_t patience_us;
	/* A task or thread that holds one already (a callback that reads again) does not wait but
	 * gets one more, so that nobody waits for himself. */
	bool nests;
	/* Makes the connection ready for a caller: opens it if it is new or was lost, begins a
	 * transaction. On failure nothing is left open. */
	int (*prepare)(void *arg, struct reader *reader, struct rent_error *err);
	/* Ends what prepare began. NULL: nothing. */
	void (*finish)(void *arg, struct reader *reader);
	/* Closes the connection, if it is open. */
	void (*close)(struct reader *reader);
	/* Called with the number of open ones whenever it changes. */
	void (*on_count)(void *arg, int64_t open);
	void *arg;
};

struct readers;

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err);
/* All must have been given back. NULL is fine. */
void readers_free(struct readers *readers);

int readers_borrow(struct readers *readers, struct reader **ret, struct rent_error *err);
void readers_return(struct readers *readers, struct reader *reader);

#endif
