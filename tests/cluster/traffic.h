/* SPDX-License-Identifier: MIT
 *
 * traffic.h - customers who come at a fixed rate whatever happens (open loop), rent for a few
 * seconds and return, through all API hosts of a deployment. A customer without an answer
 * asks again under the same key until there is one. Every answer that promised something
 * is written down: a start, a stop, a payment that was shown.
 */
#ifndef TEST_TRAFFIC_H
#define TEST_TRAFFIC_H

#include "cluster.h"
#include "ledger.h"

struct traffic;

struct traffic *traffic_start(const struct deployment *d, const char *station,
                              unsigned per_second);
/* Nobody comes any more; waits until everybody who has come has returned. False: it took too
 * long (the rest was given up, and is reported). */
bool traffic_end(struct traffic *t, int64_t timeout_ms);
void traffic_free(struct traffic *t);

/* Was a start acknowledged that was asked for after this moment (monotonic ms)? */
bool traffic_resumed(struct traffic *t, int64_t since);
/* The longest time without an acknowledged start that ended after this moment. */
int64_t traffic_gap(struct traffic *t, int64_t since);

/* Compares the promises so far with the database as the ledger has read it (read
 * after). Returns how many promises were not kept. For all: once traffic has ended. */
int64_t traffic_broken_promises(struct traffic *t, struct ledger *l);
/* starts, stops, payments that were acknowledged; requests that had no good answer */
struct traffic_sum {
	unsigned arrived, starts, stops, payments, troubled;
};
struct traffic_sum traffic_sum(struct traffic *t);

#endif
