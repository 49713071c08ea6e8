/* SPDX-License-Identifier: MIT
 *
 * calls.h - the calls of a plan: an operation becomes an exchange, an exchange an outcome.
 * The rule of rent/provider.h by which transport and answer become one stands here.
 */
#ifndef CORE_CALLS_H
#define CORE_CALLS_H

#include "item.h"

/* Prepares the call of it->call. Returns true when x is to be exchanged; false when the
 * outcome is known without (it is given up, it needs no call, or the provider did its own
 * I/O). Marks the operation as called. */
bool call_prepare(struct item *it, struct rent_exchange *x);

/* Turns the exchange of it->call into an outcome. */
void call_finish(struct item *it, struct rent_exchange *x);

#endif
