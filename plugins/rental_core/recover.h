/* SPDX-License-Identifier: MIT
 *
 * recover.h - rentals that are driven without a client: pages of the tick (accrual, debts) and
 * of recovery (whatever has fallen due: starts left behind, unknown outcomes, settlements).
 * Also the next try of a debt: recover_plan_batch() has debt_next() decide on it.
 * Housekeeping beside them.
 */
#ifndef CORE_RECOVER_H
#define CORE_RECOVER_H

#include "core.h"

/* Slots of struct rent_rental_api. */
int recover_plan_batch(void *self, enum rent_phase phase, struct rent_page *page,
                       struct rent_batch **ret_batch, struct rent_run *run,
                       struct rent_error *err);
int recover_run_batch(void *self, struct rent_batch *batch, struct rent_run *run,
                      struct rent_error *err);
int recover_housekeep(void *self, struct rent_error *err);

/* For a timer; arg is the core. Reads the sums for the metrics, unless housekeeping has lately. */
void recover_totals(void *arg);

#endif
