/* SPDX-License-Identifier: MIT
 *
 * start_wait.h - the request of a client who waits for a cabinet that has taken his order: what its
 * rounds hand to each other.
 */
#ifndef CORE_START_WAIT_H
#define CORE_START_WAIT_H

#include "rental_work.h"

/* Zeroed before the first round. */
struct start_wait {
	/* The first round is over. */
	bool again;
	/* The least time between two questions about the order. */
	int64_t poll_us;
	/* Monotonic: the provider of the deposit wants no question before; 0: it did not say. */
	int64_t deposit_from;
};

/* Before a round: w shall ask for nothing that is not due. */
void start_wait_enter(struct rental_work *w, const struct start_wait *wait);

/* After a round: whether the cabinet has taken the order, and says later what came out. */
bool start_wait_goes_on(struct rental_work *w, struct start_wait *wait);

#endif
