/* SPDX-License-Identifier: MIT
 *
 * queue.h - gathers the calls of many tasks into commits. A caller hands in a job and parks;
 * a writer (a thread of the backend, there may be several) takes what is waiting as one batch,
 * runs it in one transaction, and wakes all of its callers after the commit with one call.
 *
 * A batch begins as soon as no writer is busy, so that a lone caller waits for nobody. Where calls
 * come many at a time it waits for as many as the last batch had, `gather_us` at most and
 * only while they keep coming: those whose last call was just answered are about to call again.
 * Beside a busy writer another one begins when a full batch waits, or when somebody has waited
 * for `patience_us`. What a batch costs grows little with its size, so one writer gathers.
 */
#ifndef STORAGE_CORE_QUEUE_H
#define STORAGE_CORE_QUEUE_H

#include <rent/task.h>
#include <stdatomic.h>

#include "common/list.h"

/* One call. Begins the caller's own struct, which lives until queue_do() returns. */
struct queue_job {
	struct list link; /* the queue's, then the batch's */
	int64_t weight;   /* rows, about; the backend bounds a batch by it */
	/* out */
	int code;
	struct rent_error err;
	/* the queue's */
	int64_t queued_at;
	struct rent_waiter *caller;
	_Atomic bool done;
};

/* The verdict on a job while a batch is gathered. */
enum queue_verdict {
	QUEUE_JOINS, /* it is in the batch */
	QUEUE_STAYS, /* it waits for the next one, those behind it may join */
	QUEUE_FULL,  /* it and those behind it wait for the next one */
};

struct queue_options {
	int64_t queue_max;   /* jobs that may wait; further ones get RENT_EFULL */
	int64_t batch_max;   /* jobs of one batch */
	int64_t patience_us; /* see above; with one writer it means nothing */
	int64_t gather_us;   /* see above; 0: a batch waits for nobody */
};

struct queue;

int queue_new(const struct queue_options *options, const struct rent_task_api *task,
              struct queue **ret, struct rent_error *err);
/* After the writers have ended. NULL is fine. */
void queue_free(struct queue *queue);

/* ---- callers */

/* Runs the job and waits for its end. Returns job->code, with the text in err. RENT_EFULL: too
 * many wait already. RENT_EUNAVAIL: the queue is closed or stopped. */
int queue_do(struct queue *queue, struct queue_job *job, struct rent_error *err);

/* ---- writers */

/* A batch as it is gathered: the first job asked for always joins. */
typedef enum queue_verdict (*queue_judge_fn)(void *writer, struct queue_job *job,
                                             bool first);

/* Waits for jobs, for idle_us at most (negative: for as long as it takes), and moves a batch of
 * them to `batch`, which the caller has initialised. The writer counts as busy until
 * queue_finish(). Returns false, with the batch empty, when it was idle, or *ret_stop when the
 * queue was stopped and nothing waits any more. */
bool queue_gather(struct queue *queue, int64_t idle_us, queue_judge_fn judge,
                  void *writer, struct list *batch, bool *ret_stop);

/* The jobs of the batch have their results: their callers are woken. They may leave at once with
 * the memory of their jobs, so batch is empty afterwards. leaves: this writer takes no more for
 * a while (its connection is gone), and another one shall look after what waits. */
void queue_finish(struct queue *queue, struct list *batch, bool leaves);

/* Refuses what waits and what comes with `code` and `why`, until queue_open(). A queue begins
 * open. */
void queue_close(struct queue *queue, int code, const char *why);
void queue_open(struct queue *queue);

/* No more jobs are taken; writers that wait return, after what is queued. */
void queue_stop(struct queue *queue);

/* For a writer that cannot work now: returns after pause_us, or true once the queue is stopped. */
bool queue_pause(struct queue *queue, int64_t pause_us);

int64_t queue_length(struct queue *queue);

/* ---- the last failure, for the health of the instance */
void queue_note(struct queue *queue, const char *error); /* "": the last batch was good */
void queue_noted(struct queue *queue, char ret_error[RENT_NOTE_SIZE]);

#endif
