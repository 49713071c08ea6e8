/* SPDX-License-Identifier: MIT
 *
 * writer.h - the one thread that writes. It takes what waits in the queue (core/queue.h) into
 * one transaction and wakes the callers after the commit, so that one sync of the disk serves
 * them all.
 */
#ifndef STORAGE_SQLITE_WRITER_H
#define STORAGE_SQLITE_WRITER_H

#include "core/queue.h"

#include "db.h"
#include "file.h"

/* One atomic step; begins the caller's own struct.
 *
 * apply makes its changes on the writer's thread and may be called again when the batch is
 * replayed. It returns 0; DB_CONSTRAINT or a negative code when its changes are to be undone
 * (DB_CONSTRAINT comes back as RENT_EFAIL). careful: a savepoint is set around the job, and
 * it may set its own. Without it a failure that left changes behind costs a replay. */
struct writer_job {
	struct queue_job queued;
	int (*apply)(struct db *db, struct writer_job *job, bool careful,
	             struct rent_error *err);
};

struct writer;

/* Opens the file, which is known from then on. Nothing is written, and no call succeeds, while
 * another one is under its path. */
int writer_new(const struct db_options *db, struct file *file,
               const struct queue_options *queue, struct writer **ret,
               struct rent_error *err);
/* Ends the thread after what is queued. NULL is fine. */
void writer_free(struct writer *writer);

/* Applies the job and waits for its commit. weight: rows, about. RENT_EFULL: the queue is. */
int writer_do(struct writer *writer, struct writer_job *job, int64_t weight,
              struct rent_error *err);

/* How many jobs wait; the text of the last failure of a batch, "" when the last was good. */
int64_t writer_state(struct writer *writer, char ret_error[RENT_NOTE_SIZE]);

#endif
