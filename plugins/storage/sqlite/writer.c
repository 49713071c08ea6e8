/* SPDX-License-Identifier: MIT
 *
 * writer.c - the writing thread and its batches; see writer.h.
 *
 * A batch is applied without savepoints first. When a member fails after it may have changed
 * something, everything is rolled back and the batch is applied again carefully, each member
 * in a savepoint: dearer, and rare, since jobs check before they write.
 */
#include "writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/failpoint.h"

/* Rows in one transaction, about: bounds how long a small job waits behind large ones. */
#define BATCH_WEIGHT 2000

/* After a failure: how often to see whether writing works again, when nobody asks. */
#define PROBE RENT_SECOND

struct writer {
	struct queue *queue;
	struct db db; /* the thread's own */
	pthread_t thread;
	struct list batch; /* struct writer_job */
	int64_t weight;    /* of the batch */
	bool unwell;       /* the last batch failed */
};

static int apply_careful(struct db *db, struct writer_job *job)
{
	struct queue_job *queued = &job->queued;
	int code = db_do(db, SQL_SAVE_JOB, &queued->err);

	if (code != 0)
		return code;
	code = job->apply(db, job, true, &queued->err);
	if (code != 0 && !db->failed) {
		queued->code = code < 0 ? code : RENT_EFAIL;
		(void)db_do(db, SQL_UNDO_JOB, NULL);
		code = 0;
	}
	if (!db->failed)
		code = db_do(db, SQL_KEEP_JOB, &queued->err);
	return code;
}

/* The members between BEGIN and COMMIT. */
static int apply_members(struct writer *w, bool careful, struct rent_error *err)
{
	LIST_EACH(struct writer_job, job, &w->batch, queued.link)
	{
		int code;

		job->queued.code = 0;
		code = careful ? apply_careful(&w->db, job)
		               : job->apply(&w->db, job, false, &job->queued.err);
		if (code != 0) {
			*err = job->queued.err;
			return code;
		}
	}
	return 0;
}

static int commit(struct db *db, struct rent_error *err)
{
	int code;

	RENT_FAILPOINT("sqlite.committing");
	code = db_do(db, SQL_COMMIT, err);
	RENT_FAILPOINT("sqlite.committed");
	/* The frames are in the log and not known to be on the disk: a crash may still
	 * bring them back, until the next commit has written over them. */
	if (code != 0 && sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_FSYNC)
		code = rent_fail(err, RENT_EINDOUBT,
		                 "database: the log could not be synced");
	return code;
}

/* 0: committed. DB_CONSTRAINT: to be applied again carefully. Negative: nothing happened. */
static int apply_batch(struct writer *w, bool careful, struct rent_error *err)
{
	struct db *db = &w->db;
	int code;

	db->failed = false;
	code = db_do(db, SQL_BEGIN_WRITE, err);
	if (code != 0)
		return code;
	RENT_FAILPOINT("sqlite.begun");
	db_set_now(db);
	code = apply_members(w, careful, err);
	if (code == 0)
		code = commit(db, err);
	if (code != 0)
		db_roll_back(db);
	return code == 0 || db->failed ? code : DB_CONSTRAINT;
}

static void note_result(struct writer *w, int code, const struct rent_error *err)
{
	w->unwell = code != 0;
	queue_note(w->queue, code == 0 ? "" : err->text);
}

static void finish_batch(struct writer *w)
{
	struct rent_error err = { 0 };
	int code = apply_batch(w, false, &err);

	if (code == DB_CONSTRAINT)
		code = apply_batch(w, true, &err);
	if (code > 0)
		code = RENT_EFAIL;
	if (code != 0) {
		LIST_EACH(struct writer_job, job, &w->batch, queued.link)
		{
			job->queued.code = code;
			job->queued.err = err;
			job->queued.err.code = code;
		}
	}
	note_result(w, code, &err);
	queue_finish(w->queue, &w->batch, false);
}

static int touch(struct db *db, struct writer_job *job, bool careful,
                 struct rent_error *err)
{
	(void)job;
	(void)careful;
	return db_do(db, SQL_TOUCH, err);
}

/* Nobody writes to a host that is not ready, so that nothing would ever tell it that it can
 * write again: it finds out by itself. */
static void probe(struct writer *w)
{
	struct writer_job job = { .apply = touch };
	struct rent_error err = { 0 };
	int code;

	list_append(&w->batch, &job.queued.link);
	code = apply_batch(w, false, &err);
	list_init(&w->batch);
	note_result(w, code, &err);
}

/* The first job joins whatever it weighs. */
static enum queue_verdict judge(void *writer, struct queue_job *job, bool first)
{
	struct writer *w = writer;

	w->weight = first ? job->weight : w->weight + job->weight;
	return first || w->weight <= BATCH_WEIGHT ? QUEUE_JOINS : QUEUE_FULL;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	bool stop = false;

	while (!stop) {
		if (queue_gather(w->queue, w->unwell ? PROBE : -1, judge, w, &w->batch,
		                 &stop))
			finish_batch(w);
		else if (!stop)
			probe(w);
	}
	return NULL;
}

static int start_thread(struct writer *w, struct rent_error *err)
{
	int code = pthread_create(&w->thread, NULL, writer_main, w);

	if (code != 0)
		return rent_fail(err, RENT_EFAIL, "writer: no thread: %s",
		                 strerror(code));
	(void)pthread_setname_np(w->thread, "sqlite-writer");
	return 0;
}

static void release(struct writer *w)
{
	db_close(&w->db);
	queue_free(w->queue);
	free(w);
}

int writer_new(const struct db_options *db, const struct queue_options *queue,
               struct writer **ret, struct rent_error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	int code;

	if (w == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	list_init(&w->batch);
	code = queue_new(queue, &w->queue, err);
	if (code == 0)
		code = db_open(&w->db, db, false, err);
	if (code == 0)
		code = start_thread(w, err);
	if (code != 0) {
		release(w);
		return code;
	}
	*ret = w;
	return 0;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	queue_stop(w->queue);
	(void)pthread_join(w->thread, NULL);
	release(w);
}

int writer_do(struct writer *w, struct writer_job *job, int64_t weight,
              struct rent_error *err)
{
	job->queued.weight = weight;
	return queue_do(w->queue, &job->queued, err);
}

int64_t writer_state(struct writer *w, char ret_error[RENT_NOTE_SIZE])
{
	queue_noted(w->queue, ret_error);
	return queue_length(w->queue);
}
