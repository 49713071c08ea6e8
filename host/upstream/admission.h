/* SPDX-License-Identifier: MIT
 *
 * upstream/admission.h - which exchanges of an upstream may go out now: its breaker, how many are
 * in flight, and the queue of those that wait for their turn, on whatever loop. Any thread.
 */
#ifndef UPSTREAM_ADMISSION_H
#define UPSTREAM_ADMISSION_H

#include "upstream/service.h"

enum admission_verdict {
	ADMISSION_WAITS, /* in the queue: admission_leave() of another one hands it out */
	ADMISSION_GRANTED,
	ADMISSION_REFUSED, /* the breaker is open */
};

/* A request to be let through, and the answer. */
struct admission {
	struct admission *next;
	/* To whom admission_withdraw() gives it back. */
	const void *owner;
	enum admission_verdict verdict;
	/* When it was let through, or refused; monotonic. */
	int64_t decided_us;
	/* Granted: for the breaker. */
	uint32_t ticket;
	/* Refused: for how long the breaker lets nobody through. */
	int64_t breaker_wait_us;
	/* As they were when it was let through. */
	struct upstream_limits limits;
};

/* Lets it through, refuses it, or puts it at the end of the queue, from where another thread may
 * take it at once. owner is filled in. */
enum admission_verdict admission_enter(struct rent_upstream *u, struct admission *a);

/* One that was let through has ended. Returns those whose turn it is now, chained, each with its
 * verdict. replied: the service answered. */
struct admission *admission_leave(struct rent_upstream *u, bool replied);

/* Takes those of an owner out of the queue. Returns them chained. */
struct admission *admission_withdraw(struct rent_upstream *u, const void *owner);

/* Tells the breaker how an exchange that it let through (x->ticket) ended. */
void admission_settle(const struct rent_exchange *x, enum breaker_result result);

#endif
