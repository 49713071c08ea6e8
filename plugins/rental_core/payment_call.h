/* SPDX-License-Identifier: MIT
 *
 * payment_call.h - a call of a payment provider.
 */
#ifndef CORE_PAYMENT_CALL_H
#define CORE_PAYMENT_CALL_H

#include "rental_work.h"

/* The provider's word for a kind of operation; 0: it is not the payment provider's. */
enum rent_payment_kind payment_kind_of(enum rent_op_kind kind);

/* Whether the provider has said by itself how the called operation ended (rental_work.reported), and nobody
 * can be asked for it: that is its outcome then. */
bool payment_call_is_reported(struct rental_work *w);

/* Reads the target of the called operation, unless the rental shows it: what was taken while it ran it does
 * not. False: it cannot be read now, so nothing may be sent. */
bool payment_call_find_target(struct rental_work *w);

/* Prepares the called operation's request in x. False: the outcome is known without it. */
bool payment_call_prepare(struct rental_work *w, struct rent_exchange *x);

/* Turns the reply in x into the called operation's outcome. */
void payment_call_finish(struct rental_work *w, struct rent_exchange *x);

#endif
