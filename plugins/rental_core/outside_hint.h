/* SPDX-License-Identifier: MIT
 *
 * outside_hint.h - a report of a refund by hand that nobody has signed: anybody may have sent it, so the
 * provider is asked.
 */
#ifndef CORE_OUTSIDE_HINT_H
#define CORE_OUTSIDE_HINT_H

#include "core.h"

/* Whether it says enough to ask by. */
bool outside_hint_can_ask(const struct rent_inbound *event);

/* Asks for the refund of what was taken. True: the provider confirms it, and event->amount is what it says. */
bool outside_hint_confirmed(struct core *core, const struct rent_op *taken,
                            struct rent_inbound *event);

#endif
