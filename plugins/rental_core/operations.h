/* SPDX-License-Identifier: MIT
 *
 * operations.h - one call of an operation: prepared as an exchange, and finished with what came of
 * it. outcome.c has the rule by which transport and answer become an outcome.
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

/* A release of what the provider has given back already with its final capture. */
bool operation_released_by_capture(const struct rental_work *w, const struct rent_op *op);

#endif
