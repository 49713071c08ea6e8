/* SPDX-License-Identifier: MIT
 *
 * writer.c - the writing thread and its batches; see writer.h.
 *
 * A batch is applied without savepoints first. When a member fails after it may have changed
 * something, everything is rolled back and the batch is applied again carefully, each member
 * in a savepoint: dearer, and rare, since jobs check before they write.
 */
#include "writer.h"

#include "probe.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/failpoint.h"
#include "common/wait.h"

/* Rows in one transaction, about: bounds how long a small job waits behind large ones. */
#define BATCH_WEIGHT 2000

/* How often to look after the file when nobody writes, and after a failure whether writing works
 * again. */
#define PROBE RENT_SECOND

struct writer {
	struct queue *queue;
	const struct db_options *options;
	struct file *file;
	struct db db; /* the thread's own; without a handle: to be opened again */
	pthread_t thread;
	struct list batch; /* struct writer_job */
	int64_t weight;    /* of the batch */
	bool unwell;       /* a batch failed, and none that wrote has succeeded since */
	int64_t probed_at; /* monotonic */
	int64_t tried_at;  /* monotonic; what is in trouble */
	unsigned tries;
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

/* An error that nobody foresaw costs the connection. */
static int reopen(struct writer *w, struct rent_error *err)
{
	if (w->db.handle != NULL && !w->db.lost)
		return 0;
	if (w->db.handle != NULL)
		db_close(&w->db);
	w->file->log = (struct file_id){ 0 }; /* with the last connection it goes */
	return db_open(&w->db, w->options, DB_WRITES, err);
}

static int check_file(struct writer *w, struct rent_error *err)
{
	int code = file_check(w->file, err);

	return code == 0 ? file_check_log(w->file, err) : code;
}

/* *ret_wrote: something was changed, and has reached the file. */
static int apply_and_check(struct writer *w, bool *ret_wrote, struct rent_error *err)
{
	int64_t changes;
	int code = check_file(w, err);

	*ret_wrote = false;
	if (code == 0)
		code = reopen(w, err);
	if (code != 0)
		return code;
	changes = sqlite3_total_changes64(w->db.handle);
	code = apply_batch(w, false, err);
	if (code == DB_CONSTRAINT)
		code = apply_batch(w, true, err);
	if (code != 0)
		return code > 0 ? RENT_EFAIL : code;
	*ret_wrote = sqlite3_total_changes64(w->db.handle) != changes;
	/* Writes meanwhile went to a file that nobody will read again. */
	return check_file(w, err) == 0 ? 0 : RENT_EINDOUBT;
}

static void note_failure(struct writer *w, const char *why)
{
	w->unwell = true;
	queue_note(w->queue, why);
}

/* wrote: a transaction that changes nothing succeeds on a disk that is full or read-only, and a
 * small one may fit where the next does not. */
static void note_success(struct writer *w, bool wrote)
{
	int64_t room;
	char why[RENT_NOTE_SIZE];

	if (!w->unwell || !wrote)
		return;
	room = file_room(w->file);
	if (room < FILE_ROOM) {
		(void)snprintf(why, sizeof(why),
		               "the disk is full: %" PRId64 " KiB are left", room / 1024);
		queue_note(w->queue, why);
		return;
	}
	w->unwell = false;
	queue_note(w->queue, "");
}

static void finish_batch(struct writer *w)
{
	struct rent_error err = { 0 };
	bool wrote;
	int code = apply_and_check(w, &wrote, &err);

	if (code != 0) {
		LIST_EACH(struct writer_job, job, &w->batch, queued.link)
		{
			job->queued.code = code;
			job->queued.err = err;
			job->queued.err.code = code;
		}
		note_failure(w, err.text);
		w->probed_at = wait_now_us();
	} else {
		note_success(w, wrote);
	}
	queue_finish(w->queue, &w->batch, false);
}

static int touch(struct db *db, struct writer_job *job, bool careful,
                 struct rent_error *err)
{
	(void)job;
	(void)careful;
	return db_do(db, SQL_TOUCH, err);
}

/* A host that is not ready gets no writes, so no write would ever show that it can write again.
 * It tries on its own. */
static void probe(struct writer *w)
{
	struct writer_job job = { .apply = touch };
	struct rent_error err = { 0 };
	bool wrote;
	int code;

	w->probed_at = wait_now_us();
	list_append(&w->batch, &job.queued.link);
	code = apply_and_check(w, &wrote, &err);
	list_init(&w->batch);
	if (code == 0)
		note_success(w, true); /* a page, though no row */
	else
		note_failure(w, err.text);
}

/* Between two batches, or when nobody writes. */
static void look_after_file(struct writer *w)
{
	struct rent_error err = { 0 };

	if (w->unwell && wait_now_us() - w->probed_at >= PROBE)
		probe(w);
	else if (!w->unwell && check_file(w, &err) != 0)
		note_failure(w, err.text);
	if (wait_now_us() - w->tried_at >= PROBE) {
		probe_trouble(w->options, ++w->tries % TROUBLE_DAMAGE_EVERY == 0);
		w->tried_at = wait_now_us();
	}
}

/* The first job joins whatever it weighs. */
static enum queue_verdict judge_job(void *writer, struct queue_job *job, bool first)
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
		if (queue_gather(w->queue, PROBE, judge_job, w, &w->batch, &stop))
			finish_batch(w);
		if (!stop)
			look_after_file(w);
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

int writer_new(const struct db_options *db, struct file *file,
               const struct queue_options *queue, struct writer **ret,
               struct rent_error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	int code;

	if (w == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	list_init(&w->batch);
	w->options = db;
	w->file = file;
	code = queue_new(queue, db->host->task, &w->queue, err);
	file_know(file, db->path);
	if (code == 0)
		code = db_open(&w->db, db, DB_WRITES, err);
	if (code == 0)
		code = file_check(file, err); /* it was the same before and after */
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
