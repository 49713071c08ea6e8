/* SPDX-License-Identifier: MIT
 *
 * upstream/transfer.h - one exchange under way: its turn, its attempts and the waits between
 * them, and what came of it. It belongs to the loop of its client.
 */
#ifndef UPSTREAM_TRANSFER_H
#define UPSTREAM_TRANSFER_H

#include "runtime/waiter.h"
#include "upstream/admission.h"
#include "upstream/client.h"

struct trace;

/* The transfers of one call of upstream_exchange(), and the caller, which waits for all. */
struct transfer_group {
	size_t left;        /* the loop's thread only, once one has begun */
	_Atomic bool ended; /* the group may be gone as soon as it is set */
	struct rent_waiter *waiter;
	const struct trace *trace; /* the caller's; NULL: none */
	bool quiet;                /* failures are not for the log */
};

/* The caller fills in exchange, group, client and target, the rest is zero. */
struct transfer {
	struct admission admission; /* first */
	struct rent_exchange *x;
	struct transfer_group *group;
	struct client *client;
	struct attempt_target target;
	/* How its loop hears from another one that its turn has come. */
	struct loop_call turn;
	struct attempt *attempt; /* NULL: not its turn yet */
	unsigned tries;
	bool ambiguous; /* an earlier try may have acted */
};

extern const struct client_events transfer_events;

/* On the client's loop. */
void transfer_begin(struct transfer *transfer);

/* After the client has closed: ends its transfers that still wait for their turn. */
void transfer_withdraw_all(struct rent_upstream *u, const struct client *client);

#endif
