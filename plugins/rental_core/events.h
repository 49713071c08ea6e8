/* SPDX-License-Identifier: MIT
 *
 * events.h - publishes recorded changes to the listeners of GET /api/v1/events.
 */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "rental_work.h"

/* A change has been recorded; call before work_applied(). Nothing with the option
 * events = false or a host that has no such service. */
void events_recorded(const struct rental_work *w);

#endif
