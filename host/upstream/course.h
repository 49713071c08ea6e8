/* SPDX-License-Identifier: MIT
 *
 * upstream/course.h - the course of a job: its turn, the breaker, tries and back-off, its
 * end. The engine's thread only.
 */
#ifndef UPSTREAM_COURSE_H
#define UPSTREAM_COURSE_H

#include "upstream/job.h"
#include "upstream/wire.h"

void course_queue(
	struct job *jobs);     /* a chain: each to the end of its upstream's queue */
void course_run(int64_t now);  /* starts what has its turn or is due */
int64_t course_next_due(void); /* of a waiting try; -1: none */
void course_landed(struct wire *wire, CURLcode code);
void course_abandon(struct wire *wire); /* the engine stops */
void course_stop(void);                 /* ends all that is queued or waits */

/* Services of the engine. NULL: no memory. */
struct wire *engine_launch(struct job *job);
void engine_land(struct wire *wire);

#endif
