/* SPDX-License-Identifier: MIT
 *
 * upstream/course.c - see course.h.
 */
#include "upstream/course.h"

#include "base/clock.h"
#include "base/id.h"
#include "upstream/report.h"

/* An upstream that was quiet for a minute and has a name to look up starts with few calls:
 * libcurl looks the name up with a thread for each connection until it knows it. */
#define RAMP_START 16u
#define WARM_US    (60 * RENT_SECOND)

static void mark(struct course *course, struct rent_upstream *u)
{
	if (u->dirty)
		return;
	u->dirty = true;
	u->next_dirty = course->dirty;
	course->dirty = u;
}

void course_queue(struct course *course, struct job *jobs)
{
	while (jobs != NULL) {
		struct job *job = jobs;
		struct rent_upstream *u = job->upstream;

		jobs = job->next;
		job->next = NULL;
		if (u->queue == NULL)
			u->queue = job;
		else
			u->queue_last->next = job;
		u->queue_last = job;
		mark(course, u);
	}
}

/* A reply that is a failure came without an error. */
static const char *why_failed(const struct rent_exchange *x, char buffer[16])
{
	if (x->transport != RENT_REPLIED)
		return x->error;
	(void)snprintf(buffer, 16, "HTTP %d", (int)x->reply.status);
	return buffer;
}

void course_settle(const struct rent_exchange *x, enum breaker_result result)
{
	struct rent_upstream *u = x->request.upstream;
	enum breaker_state was, is;
	char why[16];

	(void)pthread_mutex_lock(&u->lock);
	was = u->breaker.state;
	breaker_result(&u->breaker, x->ticket, result, clock_mono_us(), clock_wall_us());
	is = u->breaker.state;
	(void)pthread_mutex_unlock(&u->lock);
	if (result == BREAKER_FAILURE)
		report_failure(u);
	if (was != is)
		report_breaker(u, is, is == BREAKER_OPEN ? why_failed(x, why) : NULL);
}

/* The end of an admitted job; x->transport and what belongs to it are filled in. */
static void finish(struct course *course, struct job *job, enum breaker_result result)
{
	struct rent_exchange *x = job->x;
	struct rent_upstream *u = job->upstream;
	int64_t now = clock_mono_us();

	/* Not sent this time, but perhaps acted upon before. */
	if (x->transport == RENT_NOT_SENT && job->ambiguous)
		x->transport = RENT_NO_ANSWER;
	x->took_us = now - job->began_us;
	u->in_flight--;
	u->ramp += u->ramp < u->limits.max_in_flight;
	if (x->transport == RENT_REPLIED) {
		x->reply.ambiguous = job->ambiguous;
		u->warm_until_us = now + WARM_US;
	}
	x->unjudged = result == BREAKER_OK && (x->request.flags & RENT_JUDGED) != 0;
	if (!x->unjudged)
		course_settle(x, result);
	report_exchange(job);
	mark(course, u);
	job_end(job);
}

static void fail(struct job *job, enum rent_transport transport, const char *error)
{
	job->x->transport = transport;
	(void)rent_copy(job->x->error, sizeof(job->x->error), error);
}

static void start_try(struct course *course, struct job *job)
{
	if (job_too_late(job)) {
		fail(job, RENT_NOT_SENT, "too late: the sender's lease has run out");
		finish(course, job, BREAKER_NEITHER);
		return;
	}
	job->tries++;
	job->wire = course->carrier.launch(course->carrier.arg, job);
	if (job->wire == NULL) {
		fail(job, RENT_NOT_SENT, "out of memory");
		finish(course, job, BREAKER_NEITHER);
	}
}

/* Its turn has come. false: the breaker refuses, the job has ended. */
static bool admit(struct job *job)
{
	struct rent_upstream *u = job->upstream;
	enum breaker_state was, is;
	int64_t wait;
	bool admitted;

	job->began_us = clock_mono_us();
	(void)pthread_mutex_lock(&u->lock);
	was = u->breaker.state;
	admitted = breaker_admit(&u->breaker, job->began_us, &job->x->ticket);
	is = u->breaker.state;
	wait = admitted ? 0 : breaker_wait(&u->breaker, job->began_us);
	job->limits = u->limits;
	(void)pthread_mutex_unlock(&u->lock);
	if (was != is)
		report_breaker(u, is, NULL);
	if (admitted)
		return true;
	job->x->breaker_open = true;
	job->x->reply.retry_after_us = wait;
	fail(job, RENT_NOT_SENT, "the circuit breaker is open");
	report_exchange(job);
	job_end(job);
	return false;
}

static unsigned room(struct rent_upstream *u, int64_t now)
{
	unsigned max = u->limits.max_in_flight; /* set when opened, not by reload */

	if (!u->needs_dns || now < u->warm_until_us)
		return max;
	if (u->in_flight == 0)
		u->ramp = RAMP_START;
	return u->ramp < max ? u->ramp : max;
}

static struct job *pop(struct rent_upstream *u)
{
	struct job *job = u->queue;

	u->queue = job->next;
	job->next = NULL;
	return job;
}

static void start_queued(struct course *course, struct rent_upstream *u, int64_t now)
{
	while (u->queue != NULL && u->in_flight < room(u, now)) {
		struct job *job = pop(u);

		if (!admit(job))
			continue;
		u->in_flight++;
		start_try(course, job);
	}
}

void course_run(struct course *course, int64_t now)
{
	struct job *first;

	while ((first = backlog_first(&course->waiting)) != NULL && first->due_us <= now)
		start_try(course, backlog_take(&course->waiting));
	while (course->dirty != NULL) {
		struct rent_upstream *u = course->dirty;

		course->dirty = u->next_dirty;
		u->dirty = false;
		start_queued(course, u, now);
	}
}

int64_t course_next_due(const struct course *course)
{
	const struct job *first = backlog_first(&course->waiting);

	return first == NULL ? -1 : first->due_us;
}

/* 503 says that the request was refused; the others may have acted. */
static bool worth_another(const struct job *job, const struct wire_verdict *v)
{
	if (job->tries >= job->limits.tries)
		return false;
	if (v->transport == RENT_NOT_SENT)
		return v->again;
	return v->transport == RENT_REPLIED &&
	       (job->x->request.flags & RENT_RESEND_SAFE) != 0 && v->status >= 502 &&
	       v->status <= 504;
}

/* Doubles with each try, less or more by up to a quarter, so that callers that failed
 * together do not come back together. */
static int64_t backoff(const struct job *job)
{
	unsigned shift = job->tries > 16 ? 16 : job->tries - 1;
	int64_t us = job->limits.backoff_us << shift, part = us / 4;
	uint32_t dice;

	if (part == 0)
		return us;
	id_random(&dice, sizeof(dice));
	return us - part + (int64_t)(dice % (uint64_t)(2 * part));
}

static bool try_later(struct course *course, struct job *job,
                      const struct wire_verdict *v)
{
	if (v->transport == RENT_REPLIED && v->status != 503)
		job->ambiguous = true;
	job->due_us = clock_mono_us() + backoff(job);
	if (backlog_put(&course->waiting, job) != 0)
		return false;
	report_retry(job->upstream, job->x);
	return true;
}

void course_landed(struct course *course, struct wire *wire, CURLcode code)
{
	struct job *job = wire->job;
	struct wire_verdict v;
	bool refused = false, again;

	wire_judge(wire, code, &v);
	job->ambiguous = job->ambiguous || wire->resent;
	again = worth_another(job, &v);
	if (!again && v.transport == RENT_REPLIED && wire_deliver(wire, &v) != 0) {
		v.transport = RENT_NO_ANSWER;
		(void)rent_copy(v.error, sizeof(v.error),
		                "the reply does not fit the arena");
		refused = true;
	}
	job->wire = NULL;
	course->carrier.land(course->carrier.arg, wire);
	if (again && try_later(course, job, &v))
		return;
	fail(job, v.transport, v.error);
	if (again && v.transport == RENT_REPLIED)
		fail(job, RENT_NO_ANSWER, "out of memory");
	finish(course, job,
	       !refused && v.transport == RENT_REPLIED && v.status < 500
	               ? BREAKER_OK
	               : BREAKER_FAILURE);
}

void course_abandon(struct course *course, struct wire *wire)
{
	struct job *job = wire->job;
	struct wire_verdict v;

	wire_judge(wire, CURLE_ABORTED_BY_CALLBACK, &v);
	job->ambiguous = job->ambiguous || wire->resent;
	job->wire = NULL;
	course->carrier.land(course->carrier.arg, wire);
	fail(job, v.transport, "the process is ending");
	finish(course, job, BREAKER_NEITHER);
}

void course_stop(struct course *course)
{
	struct job *job;

	while ((job = backlog_take(&course->waiting)) != NULL) {
		fail(job, RENT_NOT_SENT, "the process is ending");
		finish(course, job, BREAKER_NEITHER);
	}
	while (course->dirty != NULL) {
		struct rent_upstream *u = course->dirty;

		course->dirty = u->next_dirty;
		u->dirty = false;
		while (u->queue != NULL) {
			job = pop(u);
			fail(job, RENT_NOT_SENT, "the process is ending");
			job_end(job);
		}
	}
	backlog_done(&course->waiting);
}
