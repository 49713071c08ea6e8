/* SPDX-License-Identifier: MIT
 *
 * queue.c - the queue that gathers callers into commits; see queue.h.
 *
 * A batch is woken with one call, not one a member: with 64 callers those took a tenth of a
 * writer's time, which is what bounds everything.
 */
#include "core/queue.h"

#include <assert.h>
#include <stdlib.h>

#include "common/wait.h"

/* Callers that are woken with one call. */
#define WAKE_CHUNK 128
/* A batch is gathered on as long as somebody came within one of so many parts of gather_us. */
#define GATHER_PARTS 3

struct queue {
	struct queue_options options;
	const struct rent_task_api *task;
	struct lock lock; /* what follows */
	struct wait wake; /* of writers that wait for jobs */
	struct wait come; /* of the writer that gathers */
	struct wait stop; /* of writers that pause */
	struct list jobs;
	int64_t length;
	int64_t busy;   /* writers that have a batch, or gather one */
	int64_t last;   /* jobs of the last batch */
	int64_t wanted; /* by the writer that gathers; 0: none does */
	bool stopping;
	int closed; /* the code that jobs are refused with; 0: open */
	char closed_why[RENT_NOTE_SIZE];
	char last_error[RENT_NOTE_SIZE];
};

int queue_new(const struct queue_options *options, const struct rent_task_api *task,
              struct queue **ret, struct rent_error *err)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	q->options = *options;
	q->task = task;
	lock_init(&q->lock);
	wait_init(&q->wake, task);
	wait_init(&q->come, task);
	wait_init(&q->stop, task);
	list_init(&q->jobs);
	*ret = q;
	return 0;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	assert(list_is_empty(&q->jobs));
	lock_done(&q->lock);
	free(q);
}

/* ---- how callers wait */

static void wait_for_end(struct queue *q, struct queue_job *job)
{
	while (!atomic_load(&job->done))
		(void)q->task->park(RENT_NO_DEADLINE);
}

/* A caller may leave with the memory of its job as soon as that is done, whoever wakes him. */
static void wake_callers(struct queue *q, struct list *jobs)
{
	struct rent_waiter *waiters[WAKE_CHUNK];
	size_t n = 0;

	LIST_EACH_SAFE(struct queue_job, job, jobs, link)
	{
		if (n == WAKE_CHUNK) {
			q->task->wake(waiters, n);
			n = 0;
		}
		waiters[n++] = job->caller;
		atomic_store(&job->done, true);
	}
	list_init(jobs);
	if (n > 0)
		q->task->wake(waiters, n);
}

/* ---- callers */

/* Under the lock: the writer to be woken for the job that was just appended, or NULL. Beside a
 * busy writer one is enough for the first that waits, and one when a batch is full. */
static struct rent_waiter *needed_writer(struct queue *q, const struct queue_job *job)
{
	if (q->length == q->wanted)
		return wait_pick(&q->come);
	if (q->busy == 0 || LIST_FIRST(&q->jobs, struct queue_job, link) == job ||
	    q->length == q->options.batch_max)
		return wait_pick(&q->wake);
	return NULL;
}

static int append(struct queue *q, struct queue_job *job, struct rent_error *err)
{
	struct rent_waiter *writer = NULL;
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
		job->queued_at = wait_now_us();
		list_append(&q->jobs, &job->link);
		q->length++;
		writer = needed_writer(q, job);
	}
	lock_release(&q->lock);
	/* After the lock, or the writer would wake only to wait for it. */
	wait_wake(&q->wake, writer);
	return code;
}

int queue_do(struct queue *q, struct queue_job *job, struct rent_error *err)
{
	int code;

	job->code = 0;
	job->caller = q->task->self();
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
	int64_t idle_until = idle_us < 0 ? RENT_NO_DEADLINE : wait_now_us() + idle_us;

	for (;;) {
		int64_t turn = until_turn(q);
		int64_t until = turn < 0 ? idle_until : wait_now_us() + turn;

		if (turn == 0)
			return true;
		if (q->stopping)
			return false;
		if (!wait_until(&q->wake, &q->lock, until) && turn < 0)
			return until_turn(q) == 0;
	}
}

/* Under the lock, which it gives back while it waits: lets as many jobs come as the last batch
 * had. Another writer may have taken them all by then. */
static void let_come(struct queue *q)
{
	int64_t most = q->last < q->options.batch_max ? q->last : q->options.batch_max;
	int64_t part = q->options.gather_us / GATHER_PARTS;
	int64_t before = 0;

	if (part == 0 || most < 2 || q->busy > 0)
		return;
	q->busy++;
	q->wanted = most;
	for (int i = 0;
	     i < GATHER_PARTS && !q->stopping && q->length < most && q->length > before;
	     i++) {
		before = q->length;
		(void)wait_until(&q->come, &q->lock, wait_now_us() + part);
	}
	q->wanted = 0;
	q->busy--;
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
	q->last = n;
	q->busy++;
}

bool queue_gather(struct queue *q, int64_t idle_us, queue_judge_fn judge, void *writer,
                  struct list *batch, bool *ret_stop)
{
	bool some;

	lock_acquire(&q->lock);
	do {
		some = wait_for_jobs(q, idle_us);
		if (some)
			let_come(q);
	} while (some && list_is_empty(&q->jobs));
	if (some)
		gather(q, judge, writer, batch);
	*ret_stop = !some && q->stopping;
	lock_release(&q->lock);
	return some;
}

void queue_finish(struct queue *q, struct list *batch, bool leaves)
{
	wake_callers(q, batch);
	lock_acquire(&q->lock);
	q->busy--;
	if (leaves && !list_is_empty(&q->jobs))
		(void)wait_wake_one(&q->wake);
	lock_release(&q->lock);
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
	wait_wake_all(&q->wake);
	wait_wake_all(&q->come);
	wait_wake_all(&q->stop);
	lock_release(&q->lock);
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
