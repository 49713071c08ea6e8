/* SPDX-License-Identifier: MIT
 *
 * reconcile_outside.h - a refund in the provider's book that is no operation of ours: made by hand, beside
 * the outside movements that are recorded.
 */
#ifndef CORE_RECONCILE_OUTSIDE_H
#define CORE_RECONCILE_OUTSIDE_H

#include "book_compare.h"

/* Puts the one finding into f, and what was refunded into ret_taken. 1: it is no refund of something that
 * we took. */
int reconcile_outside(struct core *core, const struct provider_book *book,
                      const struct book_entry *e, struct findings *f,
                      struct rent_op *ret_taken, struct rent_error *err);

#endif
