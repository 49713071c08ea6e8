/* SPDX-License-Identifier: MIT
 *
 * settle.h - the end of a rental's money: at a stop, at a buyout, after a start that failed.
 */
#ifndef CORE_SETTLE_H
#define CORE_SETTLE_H

#include "rental_work.h"

/* Fixes the end of a rental, which may lie in the past (ending->at), and its final price; the
 * settlement begins. */
void settle_end_rental(struct rental_work *w, enum rent_status status,
                       const struct ending *ending);

/* Decides the next step of a rental whose settlement is PENDING. */
void settle_next(struct rental_work *w);

#endif
