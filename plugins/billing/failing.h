/* SPDX-License-Identifier: MIT
 *
 * failing.h - the kinds of work whose last run failed. Each stays until a run of the same kind has
 * succeeded: that recovery works proves nothing about debts.
 */
#ifndef BILLING_FAILING_H
#define BILLING_FAILING_H

#include "billing.h"

/* A run of the work ended so; err NULL: without an error. Logged when that changes. */
void failing_note(struct billing *billing, enum billing_work work,
                  const struct rent_error *err);

/* False: none fails. Otherwise the first of them, as a sentence. */
bool failing_first(struct billing *billing, char ret_why[RENT_NOTE_SIZE]);

#endif
