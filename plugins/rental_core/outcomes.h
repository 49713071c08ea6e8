/* SPDX-License-Identifier: MIT
 *
 * outcomes.h - what the outcome of an operation does to the money of its rental.
 */
#ifndef CORE_OUTCOMES_H
#define CORE_OUTCOMES_H

#include "rental_work.h"

/* Applies the outcomes heard in this run to w->next. */
void outcomes_apply(struct rental_work *w);

/* Applies the outcome that a person found out of an operation in MANUAL to w->next. */
void outcome_resolved(struct rental_work *w, const struct rent_op *op);

#endif
