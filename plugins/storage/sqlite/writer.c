/* SPDX-License-Identifier: MIT
 *
 * writer.c - the writing thread, its queue and its batches; see writer.h.
 *
 * A batch is run without savepoints first. When a member fails after it may have changed
 * something, everything is rolled back and the batch is run again carefully, each member
 * in a savepoint of its own: dearer, and rare, since jobs check before they write.
 *
 * A batch is woken with one system call, not one a member: with 64 callers those took a
 * tenth of the writer's time, which is what bounds everything. Those who join the queue
 * while a batch runs wait on the other of two bells, so that they are not woken with it.
 */
#include "writer.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/failpoint.h"

/* Rows in one transaction, about: bounds how long a small job waits behind large ones. */
#define BATCH_WEIGHT 2000

/* After a failure: how often to see whether writing works again, when nobody asks. */
#define PROBE_S 1

struct writer {
	const struct rent_host *host;
	int64_t queue_max, batch_max;
	struct db db; /* the thread's own */
	pthread_t thread;
	_Atomic uint32_t bells[2]; /* rung by being counted up */
	pthread_mutex_t lock;      /* what follows */
	pthread_cond_t wake;
	struct job *head, **tail;
	int64_t queued;
	unsigned slot; /* for who comes now */
	bool stopping;
	char last_error[RENT_NOTE_SIZE];
};

/* A failed COMMIT or a lost statement may have ended the transaction already. */
static void roll_back(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int run_careful(struct db *db, struct job *job)
{
	int code = db_run(db, SQL_SAVE_JOB, &job->err, "");

	if (code != 0)
		return code;
	code = job->run(db, job, true, &job->err);
	if (code != 0 && !db->failed) {
		job->code = code < 0 ? code : RENT_EFAIL;
		(void)db_run(db, SQL_UNDO_JOB, NULL, "");
		code = 0;
	}
	if (!db->failed)
		code = db_run(db, SQL_KEEP_JOB, &job->err, "");
	return code;
}

/* The members between BEGIN and COMMIT. *bad is the one that failed. */
static int run_members(struct db *db, struct job *jobs, bool careful, struct job **bad)
{
	int code = 0;

	for (struct job *job = jobs; job != NULL && code == 0; job = job->next) {
		job->code = 0;
		*bad = job;
		code = careful ? run_careful(db, job)
		               : job->run(db, job, false, &job->err);
	}
	return code;
}

static int commit(struct db *db, struct rent_error *err)
{
	int code;

	RENT_FAILPOINT("sqlite.committing");
	code = db_run(db, SQL_COMMIT, err, "");
	RENT_FAILPOINT("sqlite.committed");
	/* The frames are in the log and not known to be on the disk: a crash may still
	 * bring them back, until the next commit has written over them. */
	if (code != 0 && sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_FSYNC)
		code = rent_fail(err, RENT_EINDOUBT,
		                 "database: the log could not be synced");
	return code;
}

/* 0: committed. DB_CONSTRAINT: to be run again carefully. Negative: nothing happened. */
static int run_batch(struct db *db, struct job *jobs, bool careful,
                     struct rent_error *err)
{
	struct job *bad = jobs;
	int code;

	db->failed = false;
	code = db_run(db, SQL_BEGIN_WRITE, err, "");
	if (code != 0)
		return code;
	RENT_FAILPOINT("sqlite.begun");
	db_set_now(db);
	code = run_members(db, jobs, careful, &bad);
	if (code == 0)
		code = commit(db, err);
	else
		*err = bad->err;
	if (code != 0)
		roll_back(db);
	return code == 0 || db->failed ? code : DB_CONSTRAINT;
}

/* Who is told may leave at once with the memory of its job. */
static void wake_all(struct writer *w, struct job *jobs)
{
	bool ring[2] = { false, false };

	while (jobs != NULL) {
		struct job *next = jobs->next;

		ring[jobs->slot] = true;
		atomic_store(&jobs->done, true);
		jobs = next;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!ring[i])
			continue;
		(void)atomic_fetch_add(&w->bells[i], 1);
		(void)syscall(SYS_futex, &w->bells[i], FUTEX_WAKE_PRIVATE, INT_MAX, NULL,
		              NULL, 0);
	}
}

static void wait_done(struct writer *w, struct job *job)
{
	for (;;) {
		uint32_t rung = atomic_load(&w->bells[job->slot]);

		if (atomic_load(&job->done))
			return;
		(void)syscall(SYS_futex, &w->bells[job->slot], FUTEX_WAIT_PRIVATE, rung,
		              NULL, NULL, 0);
	}
}

static void note_result(struct writer *w, int code, const struct rent_error *err)
{
	(void)pthread_mutex_lock(&w->lock);
	(void)rent_copy(w->last_error, sizeof(w->last_error), code == 0 ? "" : err->text);
	(void)pthread_mutex_unlock(&w->lock);
}

static void do_batch(struct writer *w, struct job *jobs)
{
	struct rent_error err = { 0 };
	int code = run_batch(&w->db, jobs, false, &err);

	if (code == DB_CONSTRAINT)
		code = run_batch(&w->db, jobs, true, &err);
	if (code > 0)
		code = RENT_EFAIL;
	for (struct job *job = jobs; code != 0 && job != NULL; job = job->next) {
		job->code = code;
		job->err = err;
		job->err.code = code;
	}
	note_result(w, code, &err);
	wake_all(w, jobs);
}

static int touch(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	(void)job;
	(void)careful;
	return db_run(db, SQL_TOUCH, err, "");
}

/* Nobody writes to a host that is not ready, so that nothing would ever tell it that it can
 * write again: it finds out by itself. */
static void probe(struct writer *w)
{
	struct job job = { .run = touch, .weight = 1 };
	struct rent_error err = { 0 };
	int code = run_batch(&w->db, &job, false, &err);

	note_result(w, code, &err);
}

/* Until there is something to do; after a failure not longer than PROBE. */
static void wait_for_jobs(struct writer *w)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PROBE_S;
	while (w->head == NULL && !w->stopping) {
		if (w->last_error[0] == '\0')
			(void)pthread_cond_wait(&w->wake, &w->lock);
		else if (pthread_cond_timedwait(&w->wake, &w->lock, &until) != 0)
			return;
	}
}

/* Takes a batch off the queue; NULL: there is none. *ret_stop: nor will there be. */
static struct job *take_batch(struct writer *w, bool *ret_stop)
{
	int64_t n = 0, weight = 0;
	struct job *first, *last = NULL;

	(void)pthread_mutex_lock(&w->lock);
	wait_for_jobs(w);
	*ret_stop = w->head == NULL && w->stopping;
	first = w->head;
	for (struct job *job = first; job != NULL && n < w->batch_max; job = job->next) {
		weight += job->weight;
		if (n > 0 && weight > BATCH_WEIGHT)
			break;
		last = job;
		n++;
	}
	if (last != NULL) {
		w->head = last->next;
		last->next = NULL;
		w->queued -= n;
	}
	if (w->head == NULL)
		w->tail = &w->head;
	w->slot ^= 1;
	(void)pthread_mutex_unlock(&w->lock);
	return first;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	bool stop = false;

	while (!stop) {
		struct job *jobs = take_batch(w, &stop);

		if (jobs != NULL)
			do_batch(w, jobs);
		else if (!stop)
			probe(w);
	}
	return NULL;
}

static void init_lock(struct writer *w)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
}

int writer_new(const struct writer_options *options, struct writer **ret,
               struct rent_error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	int code;

	if (w == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	w->host = options->db.host;
	w->queue_max = options->queue_max;
	w->batch_max = options->batch_max;
	w->tail = &w->head;
	code = db_open(&w->db, &options->db, false, err);
	if (code != 0) {
		free(w);
		return code;
	}
	init_lock(w);
	code = pthread_create(&w->thread, NULL, writer_main, w);
	if (code != 0) {
		db_close(&w->db);
		free(w);
		return rent_fail(err, RENT_EFAIL, "writer: no thread: %s",
		                 strerror(code));
	}
	(void)pthread_setname_np(w->thread, "sqlite-writer");
	*ret = w;
	return 0;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	db_close(&w->db);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

static int enqueue(struct writer *w, struct job *job, struct rent_error *err)
{
	int code = 0;

	(void)pthread_mutex_lock(&w->lock);
	if (w->stopping) {
		code = rent_fail(err, RENT_EUNAVAIL, "database: shutting down");
	} else if (w->queued >= w->queue_max) {
		code = rent_fail(err, RENT_EFULL,
		                 "database: %" PRId64 " writes wait already (queue_max)",
		                 w->queued);
	} else {
		job->slot = w->slot;
		*w->tail = job;
		w->tail = &job->next;
		w->queued++;
	}
	(void)pthread_mutex_unlock(&w->lock);
	/* After the lock, or the writer would wake only to wait for it. */
	if (code == 0)
		(void)pthread_cond_signal(&w->wake);
	return code;
}

int writer_do(struct writer *w, struct job *job, struct rent_error *err)
{
	int code;

	job->next = NULL;
	job->code = 0;
	atomic_init(&job->done, false);
	code = enqueue(w, job, err);
	if (code != 0)
		return code;
	wait_done(w, job);
	if (job->code != 0 && err != NULL)
		*err = job->err;
	return job->code;
}

int64_t writer_state(struct writer *w, char ret_error[RENT_NOTE_SIZE])
{
	int64_t queued;

	(void)pthread_mutex_lock(&w->lock);
	queued = w->queued;
	(void)rent_copy(ret_error, RENT_NOTE_SIZE, w->last_error);
	(void)pthread_mutex_unlock(&w->lock);
	return queued;
}
