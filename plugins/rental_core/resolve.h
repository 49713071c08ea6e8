/* SPDX-License-Identifier: MIT
 *
 * resolve.h - operations in MANUAL: what waits for a person, and the end that a person found
 * out. Makes no call; what is left to be done is left to the workers.
 */
#ifndef CORE_RESOLVE_H
#define CORE_RESOLVE_H

#include "core.h"

/* struct rent_rental_api.manual */
int resolve_list(void *self, const struct rent_manual_reply *reply,
                 struct rent_error *err);

/* struct rent_rental_api.resolve */
int resolve_operation(void *self, struct rent_resolve *rs, struct rent_error *err);

#endif
