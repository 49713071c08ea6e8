/* SPDX-License-Identifier: MIT
 *
 * drive.h - moves rentals along, any number at once: decide, record the changes in one call of
 * storage, make the calls together, and again until every one rests. Intents are durable
 * before their calls are made because a call is only made after its change was applied.
 */
#ifndef CORE_DRIVE_H
#define CORE_DRIVE_H

#include <rent/rental.h>

#include "rental_work.h"

/* At most RENT_ADVANCE_MAX rentals, all different rentals. Returns when all are finished; each
 * says how it ended (error, conflicted, answered, r). run may be NULL. */
void drive(struct core *core, struct rental_work *const *works, size_t n,
           struct rent_run *run);

#endif
