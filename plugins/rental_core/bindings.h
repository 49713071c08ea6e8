/* SPDX-License-Identifier: MIT
 *
 * bindings.h - whether the providers that unfinished rentals were begun with are still bound as they
 * were.
 */
#ifndef CORE_BINDINGS_H
#define CORE_BINDINGS_H

#include "core.h"

/* RENT_EINVAL: rentals that are not finished name a provider that is not bound, or not with the plugin
 * that they were begun with. It could only be asked about operations that it never heard of. The text
 * says how many, which, and what to do. Another code: the storage's. */
int bindings_check(struct core *core, struct rent_error *err);

#endif
