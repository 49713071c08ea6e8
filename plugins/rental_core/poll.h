/* SPDX-License-Identifier: MIT
 *
 * poll.h - asks for live rentals whether their powerbanks are back, on a slow cycle: for services
 * that report nothing, and for reports that were lost.
 */
#ifndef CORE_POLL_H
#define CORE_POLL_H

#include "core.h"

/* How often the timer looks. */
#define POLL_LOOK RENT_SECOND

/* For a timer; arg is the core. Asks for the next rentals of the cycle, poll_rate at most. */
void poll_look(void *arg);

#endif
