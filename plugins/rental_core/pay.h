/* SPDX-License-Identifier: MIT
 *
 * pay.h - a customer pays what he owes for a rental, and is there to confirm it.
 *
 * It is one charge of the whole debt, like those that billing makes, but on-session, and with the
 * method that he names. Its row has the key of his request (request_key), so that the operation is
 * what the key's answer is made of: one charge for a key, and the same answer once it has ended. At
 * most one charge of a rental is in flight; another request meanwhile is refused with a
 * time to come back.
 */
#ifndef CORE_PAY_H
#define CORE_PAY_H

#include "core.h"
#include "rental_work.h"

/* struct rent_rental_api.pay */
int pay_rental(void *self, const struct rent_pay_request *theirs,
               struct rent_pay_reply *ret, struct rent_error *err);

/* Begins the charge, once in a run: after a conflict the key must be looked for again. */
void pay_next(struct rental_work *w);

#endif
