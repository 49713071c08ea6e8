/* SPDX-License-Identifier: MIT
 *
 * messages.h - what a change of a rental tells other systems (plugin webhooks_out): its messages, one
 * for each endpoint that the option outbox names. They are recorded with the change, or not at all.
 *
 *   rental.started, rental.ended, rental.failed, rental.bought_out    it came to that status
 *   payment.action_needed    the customer has to do something for an operation, or has to pay himself
 *   payment.failed           a hold, charge or capture was not made
 *   payment.disputed         a dispute was opened, or took money
 *   debt.changed, debt.paid  what he owes is another sum; nothing any more
 *   settlement.done          all money of the rental has moved
 */
#ifndef CORE_MESSAGES_H
#define CORE_MESSAGES_H

#include <rent/base.h>

struct core;
struct rental_work;

/* Reads the option into core->outbox; the storage is bound. RENT_EINVAL: a name that is none, or a
 * storage without an outbox. */
int messages_endpoints(struct core *core, struct rent_error *err);

/* Puts the messages of w->change, which is complete, into it. Without memory for them the change
 * becomes one that no storage applies. */
void messages_make(struct rental_work *w);

/* Frees those of the last change. */
void messages_done(struct rental_work *w);

#endif
