/* SPDX-License-Identifier: MIT
 *
 * audit.h - the sums over the operations of one rental, for backends that add them up row by
 * row. It judges nothing; the invariants are rental_core's.
 */
#ifndef STORAGE_CORE_AUDIT_H
#define STORAGE_CORE_AUDIT_H

#include <rent/storage.h>

/* reopened_at: when the rental's buyout was undone last, by its newest note; 0: never. */
void audit_add_op(struct rent_audit_row *a, const struct rent_op *op,
                  int64_t reopened_at);

#endif
