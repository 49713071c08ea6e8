/* SPDX-License-Identifier: MIT
 *
 * start.h - the start of a rental: "record first, then money, then hardware".
 */
#ifndef CORE_START_H
#define CORE_START_H

#include "core.h"
#include "rental_work.h"

/* struct rent_rental_api.start */
int start_rental(void *self, const struct rent_start_request *theirs,
                 struct rent_start_reply *ret, struct rent_error *err);

/* Decides the next step of a PENDING rental. */
void start_next(struct rental_work *w);

#endif
