/* SPDX-License-Identifier: MIT
 *
 * invariants.h - the invariants I1-I7 of docs/explanation/money.md for one rental: pure, from the
 * sums of its single rows. Walking over all rentals is audit.c's.
 */
#ifndef CORE_INVARIANTS_H
#define CORE_INVARIANTS_H

#include <rent/storage.h>

#include "finding.h"
#include "rules.h"

/* From then on something that recovery should have ended, or nobody has taken up, is not just
 * late. */
#define INVARIANT_TOO_LONG (2 * RENT_HOUR)

/* Adds what it finds. */
void invariants_check(const struct params *params, const struct rent_audit_row *row,
                      struct findings *findings);

#endif
