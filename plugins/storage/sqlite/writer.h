/* SPDX-License-Identifier: MIT
 *
 * writer.h - the one thread that writes. Callers hand it jobs and wait; it takes what is
 * waiting into one transaction and wakes them after the commit, so that one sync of the disk
 * serves them all. A batch begins as soon as the last one has ended, so that a lone caller
 * waits for nobody.
 */
#ifndef STORAGE_SQLITE_WRITER_H
#define STORAGE_SQLITE_WRITER_H

#include <stdatomic.h>

#include "db.h"

struct writer;

/* One atomic step; begins the caller's own struct, which lives until writer_do() returns.
 *
 * run makes its changes on the writer's thread and may be called again when the batch is
 * replayed. It returns 0; DB_CONSTRAINT or a negative code when its changes are to be undone
 * (DB_CONSTRAINT comes back as RENT_EFAIL). careful: a savepoint is set around the job, and
 * it may set its own. Without it a failure that left changes behind costs a replay. */
struct job {
	int (*run)(struct db *db, struct job *job, bool careful, struct rent_error *err);
	int64_t weight; /* rows, about; bounds a batch */
	int code;
	struct rent_error err;
	_Atomic bool done;
	unsigned slot; /* which of the writer's bells rings for it */
	struct job *next;
};

struct writer_options {
	struct db_options db;
	int64_t queue_max, batch_max;
};

int writer_new(const struct writer_options *options, struct writer **ret,
               struct rent_error *err);
/* Ends the thread after what is queued. NULL is fine. */
void writer_free(struct writer *writer);

/* Runs the job and waits for its commit. RENT_EFULL: the queue is. */
int writer_do(struct writer *writer, struct job *job, struct rent_error *err);

/* How many jobs wait; the text of the last failure of a batch, "" when the last was good. */
int64_t writer_state(struct writer *writer, char ret_error[RENT_NOTE_SIZE]);

#endif
