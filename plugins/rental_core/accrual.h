/* SPDX-License-Identifier: MIT
 *
 * accrual.h - a rental that runs: what a tick charges of it, and when it is bought out.
 */
#ifndef CORE_ACCRUAL_H
#define CORE_ACCRUAL_H

#include "rental_work.h"

/* "charge = min(max(0, due − exposure), max(0, R_BUYOUT − exposure)), not below
 * charge_min_amount"; the last piece up to R_BUYOUT may be smaller. 0: nothing. */
int64_t accrual_charge(const struct params *p, const struct rent_rental *r,
                       int64_t min_charge);

/* What a hold covers of a rental that runs, under charge = "at_end": what is left of it, less
 * charge_margin, and nothing once it ends within hold_margin. ends_at 0: not known. */
int64_t accrual_covered(const struct params *p, int64_t left, int64_t ends_at,
                        int64_t now);

/* Decides the next step of an ACTIVE rental. */
void accrual_next(struct rental_work *w);

#endif
