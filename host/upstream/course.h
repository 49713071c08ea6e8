/* SPDX-License-Identifier: MIT
 *
 * upstream/course.h - the course of a job: its turn, the breaker, tries and back-off, its
 * end. The engine's thread only.
 */
#ifndef UPSTREAM_COURSE_H
#define UPSTREAM_COURSE_H

#include "upstream/backlog.h"
#include "upstream/wire.h"

/* What carries a try out; the engine. */
struct course_carrier {
	void *arg;
	struct wire *(*launch)(void *arg, struct job *job); /* NULL: no memory */
	void (*land)(void *arg, struct wire *wire);
};

struct course {
	struct course_carrier carrier;
	struct backlog waiting;
	struct rent_upstream *dirty; /* may have something to start */
};

/* A chain: each to the end of its upstream's queue. */
void course_queue(struct course *course, struct job *jobs);
/* Starts what has its turn or is due. */
void course_run(struct course *course, int64_t now);
/* When the next waiting try is due; -1: none waits. */
int64_t course_next_due(const struct course *course);
void course_landed(struct course *course, struct wire *wire, CURLcode code);
/* The engine stops. */
void course_abandon(struct course *course, struct wire *wire);
/* Ends all that is queued or waits. */
void course_stop(struct course *course);

/* Tells the breaker how an exchange that it let through ended. Any thread. */
void course_settle(const struct rent_exchange *x, enum breaker_result result);

#endif
