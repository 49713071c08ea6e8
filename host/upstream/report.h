/* SPDX-License-Identifier: MIT
 *
 * upstream/report.h - what the host reports about upstreams: metrics, and a log line and
 * an event when a breaker changes.
 */
#ifndef UPSTREAM_REPORT_H
#define UPSTREAM_REPORT_H

#include "upstream/job.h"

struct events;
struct metrics;

/* Where a host's upstreams report to. */
struct reporting {
	struct rent_metric *requests, *duration, *retries, *failures, *breaker_state;
	struct events *events;
};

void report_setup(struct reporting *ret, struct metrics *metrics, struct events *events);
void report_opened(const struct rent_upstream *u);
/* An exchange ended (job->x is filled in): the metrics, and one line of the log when there is no
 * reply or a 5xx, with the request and the trace it was for. */
void report_exchange(const struct job *job);
/* The caller found that the reply of x is not one of the service: one line of the log. */
void report_no_answer_of_the_service(const struct rent_exchange *x);
void report_retry(const struct rent_upstream *u, const struct rent_exchange *x);
void report_failure(const struct rent_upstream *u);
/* The breaker is now in another state; why is the last failure's text or NULL. */
void report_breaker(const struct rent_upstream *u, enum breaker_state state,
                    const char *why);

#endif
