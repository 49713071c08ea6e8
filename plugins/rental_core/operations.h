/* SPDX-License-Identifier: MIT
 *
 * operations.h - the calls of a plan: an operation becomes an exchange, an exchange an outcome.
 * The rule of rent/provider.h by which transport and answer become one is here.
 */
#ifndef CORE_OPERATIONS_H
#define CORE_OPERATIONS_H

#include "rental_work.h"

/* Prepares the call of w->call. Returns true when x is to be exchanged; false when the
 * outcome is known without (it is given up, it needs no call, or the provider did its own
 * I/O). Marks the operation as called. */
bool operation_prepare(struct rental_work *w, struct rent_exchange *x);

/* Turns the exchange of w->call into an outcome. */
void operation_finish(struct rental_work *w, struct rent_exchange *x);

#endif
