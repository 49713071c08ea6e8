/* SPDX-License-Identifier: MIT
 *
 * hold_kind.h - which kind of hold an operation is; see hold.h.
 */
#ifndef CORE_HOLD_KIND_H
#define CORE_HOLD_KIND_H

#include <rent/model.h>

/* Extends another hold, and holds nothing itself. */
static inline bool hold_is_extension(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD && op->target_id[0] != '\0';
}

/* The deposit of a start; false also of what is no hold. */
static inline bool hold_is_first(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD && op->purpose != RENT_FOR_ACCRUAL;
}

#endif
