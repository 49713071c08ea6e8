/* SPDX-License-Identifier: MIT
 *
 * upstream/backlog.h - jobs that wait for their next try, the earliest first: a binary heap.
 */
#ifndef UPSTREAM_BACKLOG_H
#define UPSTREAM_BACKLOG_H

#include "upstream/job.h"

struct backlog {
	struct job **jobs;
	size_t count, cap;
};

void backlog_done(struct backlog *b);
int backlog_put(struct backlog *b, struct job *job); /* by job->due_us; RENT_ENOMEM */
struct job *backlog_first(const struct backlog *b);  /* NULL: none */
struct job *backlog_take(struct backlog *b);         /* the first one */

#endif
