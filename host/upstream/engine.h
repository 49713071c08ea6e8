/* SPDX-License-Identifier: MIT
 *
 * upstream/engine.h - the thread that runs every exchange of a host: libcurl's multi interface over an
 * epoll of ours, queues of the upstreams, retry timers.
 */
#ifndef UPSTREAM_ENGINE_H
#define UPSTREAM_ENGINE_H

#include "upstream/job.h"

struct engine;

/* Starts the thread. conns_max: see struct upstreams_config. */
int engine_new(unsigned conns_max, struct engine **ret, struct rent_error *err);

/* Ends every job, then the thread. Jobs handed over later are refused. Again is fine. */
void engine_stop(struct engine *engine);

/* Stops and frees. NULL is fine. */
void engine_free(struct engine *engine);

/* A chain of jobs, ended by NULL. false: not running, the jobs are the caller's still. */
bool engine_submit(struct engine *engine, struct job *first, struct job *last);

#endif
