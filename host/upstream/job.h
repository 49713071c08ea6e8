/* SPDX-License-Identifier: MIT
 *
 * upstream/job.h - what the files of this folder share: an upstream and one exchange on its
 * way. The caller's thread makes a job ready and waits; the engine's thread has it in
 * between.
 */
#ifndef UPSTREAM_JOB_H
#define UPSTREAM_JOB_H

#include "upstream/breaker.h"
#include "upstream/limits.h"

#include <pthread.h>
#include <rent/upstream.h>
#include <semaphore.h>

#define UPSTREAM_MAGIC 0x75707374u

struct curl_slist;
struct wire;
struct job;
struct reporting;
struct trace;

struct rent_upstream {
	uint32_t magic;
	struct rent_upstream *next;
	char *name, *base_url;
	bool needs_dns;
	const struct reporting *reporting;

	pthread_mutex_t lock; /* limits and breaker */
	struct upstream_limits limits;
	struct breaker breaker;

	/* the engine's thread only */
	struct job *queue, *queue_last; /* waiting for their turn */
	unsigned in_flight, ramp;
	int64_t warm_until_us;
	struct rent_upstream *next_dirty;
	bool dirty;
};

/* Exchanges of one call of upstream_exchange(). */
struct batch {
	size_t left; /* the engine's thread only, once handed over */
	sem_t done;
	const struct trace *trace; /* the caller's; NULL: none */
	bool quiet;                /* failures are not for the log */
};

struct job {
	struct job *next;
	struct rent_exchange *x;
	struct rent_upstream *upstream;
	struct batch *batch;
	const char *url;            /* x's arena */
	struct curl_slist *headers; /* x's arena */

	struct upstream_limits limits; /* as they were when it was let through */
	unsigned tries;
	bool ambiguous;   /* an earlier try may have acted */
	int64_t began_us; /* let through */
	int64_t due_us;   /* of the next try */
	struct wire *wire;
};

/* Its request may no longer be sent (not_after_us): who asked has lost the right to. */
bool job_too_late(const struct job *job);

/* Ends a job: the caller may run on, the job is gone. */
void job_end(struct job *job);

#endif
