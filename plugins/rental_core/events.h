/* SPDX-License-Identifier: MIT
 *
 * events.h - tells whoever listens (GET /api/v1/events) what was recorded.
 */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "rental_work.h"

/* A change has been recorded; call before work_applied(). Nothing with the option
 * events = false or a host that has no such service. */
void events_recorded(const struct rental_work *w);

#endif
