/* SPDX-License-Identifier: MIT
 *
 * writer.c - the writing threads and their queue; see writer.h.
 */
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "waiting.h"

/* Between two tries to connect: doubles up to the second. */
#define BACKOFF_FIRST (100 * RENT_SECOND / 1000)
#define BACKOFF_MOST  (3 * RENT_SECOND)
/* Idle this long a writer looks whether its connection is still there. */
#define IDLE RENT_SECOND
/* Beside a busy writer another one begins once somebody has waited this long. */
#define PATIENCE (10 * RENT_SECOND / 1000)

/* Hashes of what the jobs of a batch claim. Two that collide only wait for each other. */
#define CLAIMS 16384

struct claims {
	uint64_t slots[CLAIMS];
	size_t used[CLAIMS / 2], n;
};

struct writer {
	struct writers *all;
	pthread_t thread;
	struct conn conn;
	struct batch batch;
	struct claims claims;
	struct unit units[BATCH_UNITS];
	int64_t backoff;
	bool up;
};

struct writers {
	struct writers_options options;
	const struct rent_host *host;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;  /* of writers that wait for jobs */
	pthread_cond_t ended; /* of writers that wait to try again: stopping */
	struct job *head, **tail;
	int64_t queued, up, busy; /* busy: writers that run a batch */
	bool stopping;
	char last_error[RENT_NOTE_SIZE];
	struct writer *writers;
	int64_t threads;
};

static uint64_t hash_of(char type, const char *text)
{
	uint64_t h = (UINT64_C(14695981039346656037) ^ (unsigned char)type) *
	             UINT64_C(1099511628211);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h == 0 ? 1 : h;
}

static size_t slot_of(const struct claims *claims, uint64_t h)
{
	size_t i = h % CLAIMS;

	while (claims->slots[i] != 0 && claims->slots[i] != h)
		i = (i + 1) % CLAIMS;
	return i;
}

/* False: somebody in the batch has it, or there is no room to remember it. */
static bool claim(void *arg, char type, const char *text)
{
	struct claims *claims = arg;
	uint64_t h = hash_of(type, text);
	size_t i = slot_of(claims, h);

	if (claims->slots[i] != 0 || claims->n == CLAIMS / 2)
		return false;
	claims->slots[i] = h;
	claims->used[claims->n++] = i;
	return true;
}

static void forget(struct claims *claims, size_t down_to)
{
	while (claims->n > down_to)
		claims->slots[claims->used[--claims->n]] = 0;
}

/* Does the job go into the batch? What it claimed before it did not is given back. */
static bool admit(struct writer *w, struct job *job)
{
	size_t before = w->claims.n;

	if (w->batch.n + job->units > BATCH_UNITS)
		return false;
	if (batch_claims(job, claim, &w->claims))
		return true;
	forget(&w->claims, before);
	return false;
}

/* Takes a batch off the queue, under the lock. Jobs that clash with one of the batch stay,
 * in their order. */
static struct job *take_jobs(struct writer *w)
{
	struct writers *all = w->all;
	struct job *taken = NULL, **end = &taken, **at = &all->head;
	int64_t n = 0;

	w->batch.n = 0;
	while (*at != NULL && n < all->options.batch_max && w->batch.n < BATCH_ROWS) {
		struct job *job = *at;

		/* One that clashes with an earlier one alone would wait for ever. */
		if (!admit(w, job) && n > 0) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = NULL;
		*end = job;
		end = &job->next;
		batch_add(&w->batch, job);
		n++;
	}
	for (at = &all->head; *at != NULL;)
		at = &(*at)->next;
	all->tail = at;
	all->queued -= n;
	forget(&w->claims, 0);
	return taken;
}

/* Who is woken may leave at once with the memory of its job. */
static void wake_jobs(struct job *jobs)
{
	while (jobs != NULL) {
		struct job *next = jobs->next;

		(void)sem_post(&jobs->done);
		jobs = next;
	}
}

/* Under the lock. With the last connection gone, what waits is refused. */
static struct job *set_up(struct writer *w, bool up)
{
	struct writers *all = w->all;
	struct job *jobs = NULL;

	if (w->up == up)
		return NULL;
	w->up = up;
	all->up += up ? 1 : -1;
	if (all->options.on_count != NULL)
		all->options.on_count(all->options.arg, all->up);
	if (all->up > 0)
		return NULL;
	jobs = all->head;
	all->head = NULL;
	all->tail = &all->head;
	all->queued = 0;
	for (struct job *job = jobs; job != NULL; job = job->next)
		job->code = rent_fail(&job->err, RENT_EUNAVAIL, "%s", all->last_error);
	return jobs;
}

static void note(struct writer *w, bool up, const char *error)
{
	struct writers *all = w->all;
	struct job *refused;

	(void)pthread_mutex_lock(&all->lock);
	if (error != NULL)
		(void)rent_copy(all->last_error, sizeof(all->last_error), error);
	refused = set_up(w, up);
	(void)pthread_mutex_unlock(&all->lock);
	wake_jobs(refused);
}

static int connect_writer(struct writer *w, struct rent_error *ret_why)
{
	struct rent_error err = { .text = "" };
	int code = conn_open(&w->conn, w->all->options.conn, SQL_BEGIN, SQL_RENTAL_GET,
	                     &err);

	note(w, code == 0, err.text);
	if (ret_why != NULL)
		*ret_why = err;
	return code;
}

/* How long until the queue is this writer's, 0: now. What a batch costs grows little with its
 * size, so one writer gathers; another joins when a whole batch waits, or when the first is
 * held up, as by somebody's lock. */
static int64_t until_turn(const struct writers *all)
{
	int64_t wait;

	if (all->head == NULL)
		return IDLE;
	if (all->busy == 0 || all->queued >= all->options.batch_max || all->stopping)
		return 0;
	wait = all->head->queued_at + PATIENCE - waiting_now_us();
	return wait < 0 ? 0 : wait;
}

/* Jobs to be run, or NULL: idle for a while, or stopping. */
static struct job *wait_for_jobs(struct writer *w, bool *ret_stop)
{
	struct writers *all = w->all;
	struct job *jobs = NULL;
	int64_t wait;

	(void)pthread_mutex_lock(&all->lock);
	wait = until_turn(all);
	if (wait > 0 && !all->stopping) {
		waiting_until(&all->wake, &all->lock, waiting_now_us() + wait);
		wait = until_turn(all);
	}
	if (wait == 0) {
		jobs = take_jobs(w);
		all->busy++;
	}
	*ret_stop = jobs == NULL && all->stopping;
	(void)pthread_mutex_unlock(&all->lock);
	return jobs;
}

/* The connection is gone: try again, ever more seldom. */
static bool reconnect(struct writer *w)
{
	struct writers *all = w->all;
	uint32_t dice;
	bool stop;

	if (connect_writer(w, NULL) == 0) {
		w->backoff = 0;
		return false;
	}
	w->backoff = w->backoff == 0 ? BACKOFF_FIRST : w->backoff * 2;
	w->backoff = w->backoff > BACKOFF_MOST ? BACKOFF_MOST : w->backoff;
	all->host->random(all->host, &dice, sizeof(dice));
	(void)pthread_mutex_lock(&all->lock);
	if (!all->stopping)
		waiting_until(&all->ended, &all->lock,
		              waiting_now_us() + w->backoff / 2 +
		                      (int64_t)dice % w->backoff);
	stop = all->stopping;
	(void)pthread_mutex_unlock(&all->lock);
	return stop;
}

/* The end of a batch. Where the connection was lost somebody else takes over. */
static void leave(struct writer *w)
{
	struct writers *all = w->all;

	(void)pthread_mutex_lock(&all->lock);
	all->busy--;
	if (w->conn.pg == NULL && all->head != NULL)
		(void)pthread_cond_signal(&all->wake);
	(void)pthread_mutex_unlock(&all->lock);
}

static void run_jobs(struct writer *w, struct job *jobs)
{
	int code;

	/* The server may have been restarted while nothing happened here. */
	if (!conn_alive(&w->conn)) {
		conn_close(&w->conn);
		(void)connect_writer(w, NULL);
	}
	w->batch.err.text[0] = '\0';
	code = batch_run(&w->batch);
	note(w, w->conn.pg != NULL, code == 0 ? "" : w->batch.err.text);
	wake_jobs(jobs);
	leave(w);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	bool stop = false;

	while (!stop) {
		struct job *jobs;

		if (w->conn.pg == NULL) {
			stop = reconnect(w);
			continue;
		}
		jobs = wait_for_jobs(w, &stop);
		if (jobs != NULL) {
			run_jobs(w, jobs);
		} else if (!stop && !conn_alive(&w->conn)) {
			conn_close(&w->conn);
			note(w, false, "database: connection lost while idle");
		}
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
	all->tail = &all->head;
	(void)pthread_mutex_init(&all->lock, NULL);
	waiting_init(&all->wake);
	waiting_init(&all->ended);
	all->writers = calloc((size_t)options->count, sizeof(*all->writers));
	if (all->writers == NULL || options->count < 1) {
		writers_free(all);
		return rent_fail(err, RENT_ENOMEM, "writer: out of memory");
	}
	for (int64_t i = 0; i < options->count; i++) {
		struct writer *w = &all->writers[i];

		w->all = all;
		w->batch = (struct batch){ .options = options->conn,
			                   .conn = &w->conn,
			                   .quotes_durable = options->quotes_durable,
			                   .units = w->units };
	}
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
	(void)pthread_mutex_lock(&all->lock);
	all->stopping = true;
	(void)pthread_cond_broadcast(&all->wake);
	(void)pthread_cond_broadcast(&all->ended);
	(void)pthread_mutex_unlock(&all->lock);
	for (int64_t i = 0; i < all->threads; i++)
		(void)pthread_join(all->writers[i].thread, NULL);
	for (int64_t i = 0; all->writers != NULL && i < all->options.count; i++)
		conn_close(&all->writers[i].conn);
	free(all->writers);
	(void)pthread_cond_destroy(&all->wake);
	(void)pthread_cond_destroy(&all->ended);
	(void)pthread_mutex_destroy(&all->lock);
	free(all);
}

static int enqueue(struct writers *all, struct job *job, struct rent_error *err)
{
	int code = 0;

	(void)pthread_mutex_lock(&all->lock);
	if (all->stopping) {
		code = rent_fail(err, RENT_EUNAVAIL, "database: shutting down");
	} else if (all->up == 0) {
		code = rent_fail(err, RENT_EUNAVAIL, "%s",
		                 all->last_error[0] == '\0' ? "database: not connected"
		                                            : all->last_error);
	} else if (all->queued >= all->options.queue_max) {
		code = rent_fail(err, RENT_EFULL,
		                 "database: %" PRId64 " writes wait already (queue_max)",
		                 all->queued);
	} else {
		job->queued_at = waiting_now_us();
		*all->tail = job;
		all->tail = &job->next;
		all->queued++;
		/* Beside a busy writer it is enough to wake one for the first that waits, and
		 * when a batch is full. */
		if (all->busy == 0 || all->head == job ||
		    all->queued == all->options.batch_max)
			(void)pthread_cond_signal(&all->wake);
	}
	(void)pthread_mutex_unlock(&all->lock);
	return code;
}

int writers_do(struct writers *all, struct job *job, struct rent_error *err)
{
	int code;

	job->next = NULL;
	job->code = 0;
	(void)sem_init(&job->done, 0, 0);
	code = enqueue(all, job, err);
	if (code == 0) {
		while (sem_wait(&job->done) != 0)
			;
		code = job->code;
		if (code != 0 && err != NULL)
			*err = job->err;
	}
	(void)sem_destroy(&job->done);
	return code;
}

bool writers_up(struct writers *all)
{
	bool up;

	(void)pthread_mutex_lock(&all->lock);
	up = all->up > 0;
	(void)pthread_mutex_unlock(&all->lock);
	return up;
}

void writers_state(struct writers *all, int64_t *ret_up, int64_t *ret_queued,
                   char ret_error[RENT_NOTE_SIZE])
{
	(void)pthread_mutex_lock(&all->lock);
	*ret_up = all->up;
	*ret_queued = all->queued;
	(void)rent_copy(ret_error, RENT_NOTE_SIZE, all->last_error);
	(void)pthread_mutex_unlock(&all->lock);
}
