/* SPDX-License-Identifier: MIT
 *
 * upstream/engine.h - the thread that runs every exchange: libcurl's multi interface over an
 * epoll of ours, queues of the upstreams, retry timers.
 */
#ifndef UPSTREAM_ENGINE_H
#define UPSTREAM_ENGINE_H

#include "upstream/job.h"

int engine_start(struct rent_error *err);

/* Ends every job, then the thread. Jobs handed over later are refused. */
void engine_stop(void);

/* A chain of jobs, ended by NULL. false: not running, the jobs are the caller's still. */
bool engine_submit(struct job *first, struct job *last);

#endif
