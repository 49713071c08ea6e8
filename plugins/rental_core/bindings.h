/* SPDX-License-Identifier: MIT
 *
 * bindings.h - the storage and the providers that an instance is bound to, and whether those that
 * unfinished rentals were begun with are still among them.
 */
#ifndef CORE_BINDINGS_H
#define CORE_BINDINGS_H

#include "core.h"

/* Looks the instances up that the configuration binds, and makes the locks of their ports. */
void bindings_init(struct core *core);
void bindings_done(struct core *core);

/* Reads what the providers promise. Providers have started by then. */
void bindings_read_caps(struct core *core);

/* RENT_EINVAL: rentals that are not finished name a provider that is not bound, or not with the plugin
 * that they were begun with. It could only be asked about operations that it never heard of. The text
 * says how many, which, and what to do. Another code: the storage's. */
int bindings_check(struct core *core, struct rent_error *err);

#endif
