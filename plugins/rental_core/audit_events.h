/* SPDX-License-Identifier: MIT
 *
 * audit_events.h - what services reported, beside the running rentals (I11, I12).
 */
#ifndef CORE_AUDIT_EVENTS_H
#define CORE_AUDIT_EVENTS_H

#include "core.h"

/* The part of an audit that goes through the events of the last days. A storage that keeps none has
 * none. */
int audit_events(struct core *core, struct rent_check *check, struct rent_error *err);

#endif
