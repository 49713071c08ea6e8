/* SPDX-License-Identifier: MIT
 *
 * seals.h - seals the books as they grow, and shows the head of each in metrics and in the log, where
 * whoever rewrites the database does not reach it.
 */
#ifndef CORE_SEALS_H
#define CORE_SEALS_H

#include "core.h"

/* Seals what is complete, unless that was done lately; a part of it when there is much. Called by
 * housekeeping, by any number of hosts at once. */
int seals_make(struct core *core, struct rent_error *err);

/* Whether the bound storage has books and seals. */
bool seals_can(const struct core *core);

#endif
