/* SPDX-License-Identifier: MIT
 *
 * audit.h - the walk of an audit over all rentals.
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "core.h"

/* struct rent_rental_api.audit */
int audit_rentals(void *self, struct rent_check *check, struct rent_error *err);

#endif
