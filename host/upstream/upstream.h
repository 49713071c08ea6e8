/* SPDX-License-Identifier: MIT
 *
 * upstream/upstream.h - outbound HTTP: the exchanges of rent/upstream.h. Each event loop has a
 * client (libcurl's multi interface) with its own connections. A task that calls
 * upstream_exchange() uses the client of the loop it runs on and parks, so no other thread takes
 * part. A plain thread hands its exchanges to one of the loops, each loop in turn, and waits.
 *
 * What happens to an exchange is decided here: its place in the queue, breaker, tries, deadlines
 * and the transport verdict. The loops share little of an upstream: breaker, number in flight and
 * queue, under a lock that is never held across a wait. When an exchange ends, the next in the
 * queue goes out, on whatever loop it waits.
 *
 *   exchange.c   the caller's side: checks and builds the request, waits
 *   transfer.c   one exchange under way: its turn, attempts, retries, its end
 *   admission.c  the breaker and the queue of an upstream
 *   retry.c      whether and when there is another try
 *   client.c     libcurl on one loop, with multi.c, sockets.c and names.c
 *   attempt.c    one try on the wire, and what is known of it afterwards
 *   report.c     metrics and log
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

#include "upstream/limits.h"
#include "upstream/route.h"

#include <rent/upstream.h>

struct events;
struct metrics;
struct tasks;
struct upstreams;

/* State of one upstream's breaker, for the report. */
struct upstream_report {
	const char *name;
	const char *state; /* "closed", "open", "half-open" */
	unsigned fail_counter, fail_max;
	int64_t reset_us;
	int64_t last_failure_us; /* wall time; 0: none yet */
};

/* The parts of the host that its upstreams use. */
struct upstreams_config {
	struct metrics *metrics;
	struct events *events;
	/* Their loops carry the exchanges. */
	struct tasks *tasks;
	/* Connections open at once, of all upstreams and the idle ones included; further
	 * calls wait for one. 0: no limit. */
	unsigned connections_max;
};

/* RENT_ENOMEM, RENT_EFAIL. */
int upstreams_new(const struct upstreams_config *config, struct upstreams **ret,
                  struct rent_error *err);

/* Ends all exchanges: what was not sent is NOT_SENT, what is in the air NO_ANSWER. One that comes
 * later is NOT_SENT. Call it while the loops run, on the thread that started them. */
void upstreams_stop(struct upstreams *upstreams);

/* Stops, and frees all: no handle may be used afterwards. Before the tasks are freed. NULL is
 * fine. */
void upstreams_free(struct upstreams *upstreams);

/* The upstream of that name and address; limits count when it is new. A second address
 * under a taken name gets the name "NAME@host:port". RENT_EINVAL: not "http[s]://host[:port]
 * [/prefix]", or a limit out of its range. */
int upstream_open(struct upstreams *upstreams, const char *name, const char *base_url,
                  const struct upstream_limits *limits, struct rent_upstream **ret,
                  struct rent_error *err);
/* The same by a route, which all who open it must name alike. RENT_EINVAL: see also route_init(). */
int upstream_open_by(struct upstreams *upstreams, const char *name, const char *base_url,
                     const struct upstream_limits *limits,
                     const struct upstream_route *route, struct rent_upstream **ret,
                     struct rent_error *err);

/* New limits for exchanges that begin from now on. Any thread. */
void upstream_limits_set(struct rent_upstream *upstream,
                         const struct upstream_limits *limits);

/* The `exchange` service of rent/host.h. Sends the caller's trace on. In a task or on a thread;
 * the loops must run. */
void upstream_exchange(struct upstreams *upstreams, struct rent_exchange *const *x,
                       size_t n);

/* The `judged` service of rent/host.h. */
void upstream_judged(struct rent_exchange *x, bool answered);

/* Asks each upstream for "/" and calls fn with what came of it: an answer (x->transport
 * RENT_REPLIED, any status), or why there is none (x->error). Not while fn opens upstreams. */
void upstream_reach(struct upstreams *upstreams,
                    void (*fn)(void *arg, const char *name, const char *url,
                               const struct rent_exchange *x),
                    void *arg);

/* Calls fn once for each upstream, in the order they were opened. Any thread. */
void upstream_each(struct upstreams *upstreams,
                   void (*fn)(void *arg, const struct upstream_report *report),
                   void *arg);

#endif
