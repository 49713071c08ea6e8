/* SPDX-License-Identifier: MIT
 *
 * writer.c - the writing threads and their connections; see writer.h.
 */
#include "writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "claims.h"
#include "common/wait.h"
#include "transaction.h"

/* Between two tries to connect: doubles up to the second. */
#define BACKOFF_FIRST (100 * RENT_SECOND / 1000)
#define BACKOFF_MOST  (3 * RENT_SECOND)
/* Idle this long a writer looks whether its connection is still there. */
#define IDLE RENT_SECOND

struct writer {
	struct writers *all;
	pthread_t thread;
	struct conn conn;
	struct batch batch;
	struct claims claims;
	struct unit units[BATCH_UNITS];
	int64_t backoff;
	int64_t second; /* when on_second() is due */
	bool up;
};

struct writers {
	struct writers_options options;
	const struct rent_host *host;
	struct queue *queue;
	struct lock lock; /* of up */
	int64_t up;       /* writers that are connected */
	struct writer *writers;
	int64_t threads;
};

/* Does the job go into the batch? What it claimed before it did not is given back. */
static bool admit(struct writer *w, struct job *job)
{
	size_t before = w->claims.n;

	if (w->batch.n + job->units > BATCH_UNITS)
		return false;
	if (batch_claims(job, claims_add, &w->claims))
		return true;
	claims_forget(&w->claims, before);
	return false;
}

/* Jobs that clash with one of the batch stay, in their order. */
static enum queue_verdict judge_job(void *arg, struct queue_job *queued, bool first)
{
	struct writer *w = arg;
	struct job *job = (struct job *)(void *)queued;

	if (first) {
		w->batch.n = 0;
		claims_forget(&w->claims, 0);
	}
	if (w->batch.n >= BATCH_ROWS)
		return QUEUE_FULL;
	/* A job that clashes with itself would never be taken. */
	if (!admit(w, job) && !first)
		return QUEUE_STAYS;
	batch_add(&w->batch, job);
	return QUEUE_JOINS;
}

/* With the last connection gone, what waits is refused, and what comes. */
static void set_up(struct writer *w, bool up, const char *error)
{
	struct writers *all = w->all;

	if (error != NULL)
		queue_note(all->queue, error);
	if (w->up == up)
		return;
	w->up = up;
	lock_acquire(&all->lock);
	all->up += up ? 1 : -1;
	if (all->options.on_count != NULL)
		all->options.on_count(all->options.arg, all->up);
	if (all->up == 0)
		queue_close(all->queue, RENT_EUNAVAIL,
		            error == NULL || error[0] == '\0' ? "database: not connected"
		                                              : error);
	else if (up && all->up == 1)
		queue_open(all->queue);
	lock_release(&all->lock);
}

static int connect_writer(struct writer *w, struct rent_error *ret_why)
{
	struct rent_error err = { .text = "" };
	int code = conn_open(&w->conn, w->all->options.conn, "write", &err);

	set_up(w, code == 0, err.text);
	if (ret_why != NULL)
		*ret_why = err;
	return code;
}

/* The connection is gone: try again, ever more seldom. True: the queue is stopped. */
static bool reconnect(struct writer *w)
{
	struct writers *all = w->all;
	uint32_t dice;

	if (connect_writer(w, NULL) == 0) {
		w->backoff = 0;
		return false;
	}
	w->backoff = w->backoff == 0 ? BACKOFF_FIRST : w->backoff * 2;
	w->backoff = w->backoff > BACKOFF_MOST ? BACKOFF_MOST : w->backoff;
	all->host->random(all->host, &dice, sizeof(dice));
	return queue_pause(all->queue, w->backoff / 2 + (int64_t)dice % w->backoff);
}

static void run_jobs(struct writer *w, struct list *jobs)
{
	int code;

	/* The server may have been restarted while nothing happened here. */
	if (!conn_alive(&w->conn)) {
		conn_close(&w->conn);
		(void)connect_writer(w, NULL);
	}
	w->batch.err.text[0] = '\0';
	code = transaction_run(&w->batch);
	set_up(w, w->conn.pg != NULL, code == 0 ? "" : w->batch.err.text);
	queue_finish(w->all->queue, jobs, w->conn.pg == NULL);
}

static void each_second(struct writer *w)
{
	struct writers *all = w->all;

	if (all->options.on_second == NULL || w != all->writers ||
	    wait_now_us() < w->second)
		return;
	all->options.on_second(all->options.arg);
	w->second = wait_now_us() + RENT_SECOND;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	struct list jobs;
	bool stop = false;

	list_init(&jobs);
	while (!stop) {
		if (w->conn.pg == NULL) {
			stop = reconnect(w);
			continue;
		}
		if (queue_gather(w->all->queue, IDLE, judge_job, w, &jobs, &stop)) {
			run_jobs(w, &jobs);
		} else if (!stop && !conn_alive(&w->conn)) {
			conn_close(&w->conn);
			set_up(w, false, "database: connection lost while idle");
		}
		each_second(w);
	}
	return NULL;
}

static int start_thread(struct writers *all, struct rent_error *err)
{
	struct writer *w = &all->writers[all->threads];
	int code = pthread_create(&w->thread, NULL, writer_main, w);

	if (code != 0)
		return rent_fail(err, RENT_EFAIL, "writer: no thread: %s",
		                 strerror(code));
	all->threads++;
	return 0;
}

int writers_new(const struct writers_options *options, struct writers **ret,
                struct rent_error *err)
{
	struct writers *all = calloc(1, sizeof(*all));
	int code;

	if (all == NULL)
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	all->options = *options;
	all->host = options->conn->host;
	lock_init(&all->lock);
	code = queue_new(&options->queue, all->host->task, &all->queue, err);
	all->writers = calloc((size_t)options->count, sizeof(*all->writers));
	if (code != 0 || all->writers == NULL || options->count < 1) {
		writers_free(all);
		return code != 0 ? code
		                 : rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	}
	for (int64_t i = 0; i < options->count; i++) {
		struct writer *w = &all->writers[i];

		w->all = all;
		claims_init(&w->claims, all->host);
		w->batch = (struct batch){ .options = options->conn,
			                   .conn = &w->conn,
			                   .quotes_durable = options->quotes_durable,
			                   .units = w->units };
	}
	if (!options->spare)
		code = connect_writer(&all->writers[0], err);
	while (code == 0 && all->threads < options->count)
		code = start_thread(all, err);
	if (code != 0) {
		writers_free(all);
		return code;
	}
	*ret = all;
	return 0;
}

void writers_free(struct writers *all)
{
	if (all == NULL)
		return;
	if (all->queue != NULL)
		queue_stop(all->queue);
	for (int64_t i = 0; all->writers != NULL && i < all->threads; i++)
		(void)pthread_join(all->writers[i].thread, NULL);
	for (int64_t i = 0; all->writers != NULL && i < all->options.count; i++)
		conn_close(&all->writers[i].conn);
	free(all->writers);
	queue_free(all->queue);
	lock_done(&all->lock);
	free(all);
}

int writers_do(struct writers *all, struct job *job, struct rent_error *err)
{
	job->queued.weight = (int64_t)job->units;
	return queue_do(all->queue, &job->queued, err);
}

bool writers_up(struct writers *all)
{
	bool up;

	lock_acquire(&all->lock);
	up = all->up > 0;
	lock_release(&all->lock);
	return up;
}

void writers_state(struct writers *all, int64_t *ret_up, int64_t *ret_queued,
                   char ret_error[RENT_NOTE_SIZE])
{
	lock_acquire(&all->lock);
	*ret_up = all->up;
	lock_release(&all->lock);
	*ret_queued = queue_length(all->queue);
	queue_noted(all->queue, ret_error);
}
