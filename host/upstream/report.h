/* SPDX-License-Identifier: MIT
 *
 * upstream/report.h - what the host reports about upstreams: metrics, and a log line and
 * an event when a breaker changes.
 */
#ifndef UPSTREAM_REPORT_H
#define UPSTREAM_REPORT_H

#include "upstream/service.h"

struct events;
struct metrics;
struct trace;

/* Where a host's upstreams report to. */
struct reporting {
	struct rent_metric *requests, *duration, *retries, *failures, *breaker_state;
	struct events *events;
};

void report_setup(struct reporting *ret, struct metrics *metrics, struct events *events);
void report_opened(const struct rent_upstream *u);
/* An exchange ended: the metrics. */
void report_exchange(const struct rent_exchange *x);
/* An exchange ended without a reply or with a 5xx: one line of the log, with the request and the
 * trace that it was for (NULL: none). */
void report_exchange_failed(const struct rent_exchange *x, const struct trace *trace);
/* The caller found that the reply of x is not one of the service: one line of the log. */
void report_no_answer_of_the_service(const struct rent_exchange *x);
void report_retry(const struct rent_exchange *x);
void report_failure(const struct rent_upstream *u);
/* The breaker is now in another state; why is the last failure's text or NULL. */
void report_breaker(const struct rent_upstream *u, enum breaker_state state,
                    const char *why);

#endif
