/* SPDX-License-Identifier: MIT
 *
 * resolve_effects.h - what the end of an operation in MANUAL does to its rental; the
 * counterpart of effects.c, which took the amount into doubt.
 */
#ifndef CORE_RESOLVE_EFFECTS_H
#define CORE_RESOLVE_EFFECTS_H

#include "item.h"

/* Changes it->next. op is the operation with the outcome that a person found out. */
void resolve_effects(struct item *it, const struct rent_op *op);

#endif
