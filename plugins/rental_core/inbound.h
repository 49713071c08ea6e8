/* SPDX-License-Identifier: MIT
 *
 * inbound.h - what services reported by themselves is acted on: a hint makes us ask at once, what is
 * proven is believed. The same event may come twice; what it ends is ended once.
 */
#ifndef CORE_INBOUND_H
#define CORE_INBOUND_H

#include "core.h"

/* struct rent_rental_api.event */
int inbound_event(void *self, const struct rent_inbound *event,
                  char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err);

#endif
