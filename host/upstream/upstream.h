/* SPDX-License-Identifier: MIT
 *
 * upstream/upstream.h - outbound HTTP: the exchanges of rent/upstream.h, run by one libcurl
 * multi loop on one thread for everybody. What happens to an exchange is decided here: its
 * place in the queue, breaker, tries, deadlines and the transport verdict.
 *
 *   - One breaker verdict an exchange, not a try: three refused tries are one failure.
 *   - 503 is a refusal: a try that got it has not acted. 502 and 504 may have acted and mark
 *     a later reply `ambiguous`; when the later try cannot even be sent, the exchange is
 *     NO_ANSWER, not NOT_SENT.
 *   - A kept-alive connection that dies under a request may have delivered it. With
 *     RENT_RESEND_SAFE the request goes out again at once on another connection and the
 *     reply is ambiguous; without, the exchange is NO_ANSWER.
 *   - Proxies of the environment are not used, redirects not followed.
 *   - A connection takes no call once it is older than max_life, so that the name is looked up
 *     again though the old address goes on answering.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include <rent/upstream.h>

struct upstream_limits {
	int64_t timeout_us; /* of one try, connecting included */
	int64_t backoff_us; /* before the second try; doubles; ± a quarter */
	int64_t breaker_reset_us;
	int64_t max_life_us; /* of a kept-alive connection; 0: no end */
	unsigned tries, breaker_failures, max_in_flight;
};

/* State of one upstream's breaker, for the report. */
struct upstream_report {
	const char *name;
	const char *state; /* "closed", "open", "half-open" */
	unsigned fail_counter, fail_max;
	int64_t reset_us;
	int64_t last_failure_us; /* wall time; 0: none yet */
};

/* Kept-alive connections, all upstreams together. */
#define UPSTREAM_IDLE_MAX 2048u

/* Connections open at once, of all upstreams and the idle ones included; further calls wait for
 * one. 0, the default: no limit. Counts from upstream_setup() on. */
void upstream_connections_max(unsigned max);

/* Starts the loop. Again after upstream_stop() is fine. */
int upstream_setup(struct rent_error *err);

/* Ends the loop: what was not sent is NOT_SENT, what is in the air NO_ANSWER. Upstreams are
 * freed: no handle may be used afterwards. */
void upstream_stop(void);

/* The upstream of that name and address; limits count when it is new. A second address
 * under a taken name gets the name "NAME@host:port". RENT_EINVAL: not "http[s]://host[:port]
 * [/prefix]", or a limit out of its range. */
int upstream_open(const char *name, const char *base_url,
                  const struct upstream_limits *limits, struct rent_upstream **ret,
                  struct rent_error *err);

/* New limits for exchanges that begin from now on. Any thread. */
void upstream_limits_set(struct rent_upstream *upstream,
                         const struct upstream_limits *limits);

/* The `exchange` service of rent/host.h. Sends the calling thread's trace on. */
void upstream_exchange(struct rent_exchange *const *x, size_t n);

/* The `judged` service of rent/host.h. */
void upstream_judged(struct rent_exchange *x, bool answered);

/* Asks each upstream for "/" and calls fn with what came of it: an answer (x->transport
 * RENT_REPLIED, any status), or why there is none (x->error). Blocks. Not while fn opens
 * upstreams. */
void upstream_reach(void (*fn)(void *arg, const char *name, const char *url,
                               const struct rent_exchange *x),
                    void *arg);

/* Calls fn once for each upstream, in the order they were opened. Any thread. */
void upstream_each(void (*fn)(void *arg, const struct upstream_report *report),
                   void *arg);

#endif
