/* SPDX-License-Identifier: MIT
 *
 * audit_seals.h - whether the books are as they were sealed.
 */
#ifndef CORE_AUDIT_SEALS_H
#define CORE_AUDIT_SEALS_H

#include "core.h"

/* Reports the first line of each book that does not fit its seal. */
int audit_seals(struct core *core, struct rent_check *check, struct rent_error *err);

#endif
