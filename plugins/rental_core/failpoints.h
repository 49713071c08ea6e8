/* SPDX-License-Identifier: MIT
 *
 * failpoints.h - the failpoints of a rental's way: what is about to be recorded, has been
 * recorded, is about to be sent, has been heard. Nothing in builds without failpoints.
 */
#ifndef CORE_FAILPOINTS_H
#define CORE_FAILPOINTS_H

#include "rental_work.h"

/* Before the change is handed to storage; after it was applied. */
void failpoint_recording(const struct rental_work *w);
void failpoint_recorded(const struct rental_work *w);

/* Before the call of w->call leaves, its intent being durable; after its outcome was heard
 * and before it is recorded. */
void failpoint_sending(const struct rental_work *w);
void failpoint_heard(const struct rental_work *w);

#endif
