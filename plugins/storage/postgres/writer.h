/* SPDX-License-Identifier: MIT
 *
 * writer.h - the threads that write. Each takes what waits in the queue (core/queue.h) into one
 * transaction (transaction.h). Another writer joins a busy one when a full batch waits, or
 * somebody has waited for 2 ms. While no writer is connected jobs are refused at once, and
 * connections are tried in the background.
 */
#ifndef STORAGE_POSTGRES_WRITER_H
#define STORAGE_POSTGRES_WRITER_H

#include "batch.h"

struct writers;

struct writers_options {
	const struct conn_options *conn;
	int64_t count;
	struct queue_options queue;
	bool quotes_durable;
	/* Begins without a connection: there are others to turn to until writers_up(). */
	bool spare;
	void (*on_count)(void *arg, int64_t open); /* connections, when it changes */
	/* Called by one of the threads every second, between batches. NULL: not wanted. */
	void (*on_second)(void *arg);
	void *arg;
};

/* Connects one writer before it returns, unless they are spare; the others follow. */
int writers_new(const struct writers_options *options, struct writers **ret,
                struct rent_error *err);
/* Ends the threads after what is queued. NULL is fine. */
void writers_free(struct writers *all);

/* Runs the job and waits for its commit. RENT_EFULL: the queue is. */
int writers_do(struct writers *all, struct job *job, struct rent_error *err);

/* Is one connected? */
bool writers_up(struct writers *all);

/* How many are connected, how many jobs wait, the last failure ("" when the last batch was
 * good). */
void writers_state(struct writers *all, int64_t *ret_up, int64_t *ret_queued,
                   char ret_error[RENT_NOTE_SIZE]);

#endif
