/* SPDX-License-Identifier: MIT
 *
 * queue.c - the queue that gathers callers into commits; see queue.h.
 *
 * A batch is woken with one system call, not one a member: with 64 callers those took a tenth of
 * a writer's time, which is what bounds everything. Callers who join while a batch runs listen
 * to another bell, so that they are not woken with it.
 */
#include "core/queue.h"

#include <assert.h>
#include <stdlib.h>

#include "common/bell.h"
#include "common/wait.h"

/* More than batches that run at once, usually; callers who share a bell only look again. */
#define BELLS 4

struct queue {
	struct queue_options options;
	struct bell bells[BELLS];
	struct lock lock; /* what follows */
	struct wait wake; /* of writers that wait for jobs */
	struct wait stop; /* of writers that pause */
	struct list jobs;
	int64_t length;
	int64_t busy;  /* writers that have a batch */
	unsigned bell; /* for callers who come now */
	bool stopping;
	int closed; /* the code that jobs are refused with; 0: open */
	char closed_why[RENT_NOTE_SIZE];
	char last_error[RENT_NOTE_SIZE];
};

int queue_new(const struct queue_options *options, struct queue **ret,
              struct rent_error *err)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	q->options = *options;
	lock_init(&q->lock);
	wait_init(&q->wake);
	wait_init(&q->stop);
	list_init(&q->jobs);
	*ret = q;
	return 0;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	assert(list_is_empty(&q->jobs));
	wait_done(&q->wake);
	wait_done(&q->stop);
	lock_done(&q->lock);
	free(q);
}

/* ---- how callers wait. They are threads; to change that, change these two functions. */

static void wait_for_end(struct queue *q, struct queue_job *job)
{
	struct bell *bell = &q->bells[job->bell];

	for (;;) {
		uint32_t heard = bell_listen(bell);

		if (atomic_load(&job->done))
			return;
		bell_wait(bell, heard);
	}
}

/* A caller may leave with the memory of its job as soon as that is done. */
static void wake_callers(struct queue *q, struct list *jobs)
{
	bool ring[BELLS] = { false };

	LIST_EACH_SAFE(struct queue_job, job, jobs, link)
	{
		ring[job->bell] = true;
		atomic_store(&job->done, true);
	}
	list_init(jobs);
	for (size_t i = 0; i < BELLS; i++) {
		if (ring[i])
			bell_ring(&q->bells[i]);
	}
}

/* ---- callers */

/* Under the lock: whether a writer is to be woken for the job that was just appended. Beside a
 * busy writer one is enough for the first that waits, and one when a batch is full. */
static bool needs_writer(const struct queue *q, const struct queue_job *job)
{
	return q->busy == 0 || LIST_FIRST(&q->jobs, struct queue_job, link) == job ||
	       q->length == q->options.batch_max;
}

static int append(struct queue *q, struct queue_job *job, struct rent_error *err)
{
	bool wake = false;
	int code = 0;

	lock_acquire(&q->lock);
	if (q->stopping) {
		code = rent_fail(err, RENT_EUNAVAIL, "database: shutting down");
	} else if (q->closed != 0) {
		code = rent_fail(err, q->closed, "%s", q->closed_why);
	} else if (q->length >= q->options.queue_max) {
		code = rent_fail(err, RENT_EFULL,
		                 "database: %" PRId64 " writes wait already (queue_max)",
		                 q->length);
	} else {
		job->bell = q->bell;
		job->queued_at = wait_now_us();
		list_append(&q->jobs, &job->link);
		q->length++;
		wake = needs_writer(q, job);
	}
	lock_release(&q->lock);
	/* After the lock, or the writer would wake only to wait for it. */
	if (wake)
		wait_wake_one(&q->wake);
	return code;
}

int queue_do(struct queue *q, struct queue_job *job, struct rent_error *err)
{
	int code;

	job->code = 0;
	atomic_init(&job->done, false);
	code = append(q, job, err);
	if (code != 0)
		return code;
	wait_for_end(q, job);
	if (job->code != 0 && err != NULL)
		*err = job->err;
	return job->code;
}

/* ---- writers */

/* How long until the queue is this writer's. 0: now. Negative: nothing waits. */
static int64_t until_turn(const struct queue *q)
{
	int64_t left;

	if (list_is_empty(&q->jobs))
		return -1;
	if (q->busy == 0 || q->length >= q->options.batch_max || q->stopping)
		return 0;
	left = LIST_FIRST(&q->jobs, struct queue_job, link)->queued_at +
	       q->options.patience_us - wait_now_us();
	return left < 0 ? 0 : left;
}

/* Under the lock. True: there are jobs to be gathered. */
static bool wait_for_jobs(struct queue *q, int64_t idle_us)
{
	int64_t idle_until = idle_us < 0 ? INT64_MAX : wait_now_us() + idle_us;

	for (;;) {
		int64_t turn = until_turn(q);
		int64_t until = turn < 0 ? idle_until : wait_now_us() + turn;

		if (turn == 0)
			return true;
		if (q->stopping)
			return false;
		if (until == INT64_MAX)
			wait_forever(&q->wake, &q->lock);
		else if (!wait_until(&q->wake, &q->lock, until) && turn < 0)
			return until_turn(q) == 0;
	}
}

/* Under the lock. */
static void gather(struct queue *q, queue_judge_fn judge, void *writer,
                   struct list *batch)
{
	int64_t n = 0;

	LIST_EACH_SAFE(struct queue_job, job, &q->jobs, link)
	{
		enum queue_verdict verdict = n == q->options.batch_max
		                                     ? QUEUE_FULL
		                                     : judge(writer, job, n == 0);

		if (verdict == QUEUE_FULL)
			break;
		if (verdict == QUEUE_STAYS)
			continue;
		list_remove(&job->link);
		list_append(batch, &job->link);
		n++;
	}
	q->length -= n;
	q->busy++;
	q->bell = (q->bell + 1) % BELLS;
}

bool queue_gather(struct queue *q, int64_t idle_us, queue_judge_fn judge, void *writer,
                  struct list *batch, bool *ret_stop)
{
	bool some;

	lock_acquire(&q->lock);
	some = wait_for_jobs(q, idle_us);
	if (some)
		gather(q, judge, writer, batch);
	*ret_stop = !some && q->stopping;
	lock_release(&q->lock);
	return some;
}

void queue_finish(struct queue *q, struct list *batch, bool leaves)
{
	bool wake;

	wake_callers(q, batch);
	lock_acquire(&q->lock);
	q->busy--;
	wake = leaves && !list_is_empty(&q->jobs);
	lock_release(&q->lock);
	if (wake)
		wait_wake_one(&q->wake);
}

void queue_close(struct queue *q, int code, const char *why)
{
	struct list refused;

	list_init(&refused);
	lock_acquire(&q->lock);
	q->closed = code;
	(void)rent_copy(q->closed_why, sizeof(q->closed_why), why);
	list_move_all(&refused, &q->jobs);
	q->length = 0;
	lock_release(&q->lock);
	LIST_EACH(struct queue_job, job, &refused, link)
	job->code = rent_fail(&job->err, code, "%s", why);
	wake_callers(q, &refused);
}

void queue_open(struct queue *q)
{
	lock_acquire(&q->lock);
	q->closed = 0;
	lock_release(&q->lock);
}

void queue_stop(struct queue *q)
{
	lock_acquire(&q->lock);
	q->stopping = true;
	lock_release(&q->lock);
	wait_wake_all(&q->wake);
	wait_wake_all(&q->stop);
}

bool queue_pause(struct queue *q, int64_t pause_us)
{
	int64_t until = wait_now_us() + pause_us;
	bool stopping;

	lock_acquire(&q->lock);
	while (!q->stopping && wait_now_us() < until)
		(void)wait_until(&q->stop, &q->lock, until);
	stopping = q->stopping;
	lock_release(&q->lock);
	return stopping;
}

int64_t queue_length(struct queue *q)
{
	int64_t length;

	lock_acquire(&q->lock);
	length = q->length;
	lock_release(&q->lock);
	return length;
}

void queue_note(struct queue *q, const char *error)
{
	lock_acquire(&q->lock);
	(void)rent_copy(q->last_error, sizeof(q->last_error), error);
	lock_release(&q->lock);
}

void queue_noted(struct queue *q, char ret_error[RENT_NOTE_SIZE])
{
	lock_acquire(&q->lock);
	(void)rent_copy(ret_error, RENT_NOTE_SIZE, q->last_error);
	lock_release(&q->lock);
}
