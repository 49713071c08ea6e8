/* SPDX-License-Identifier: MIT
 *
 * places.h - the failpoints of an item's way: what is about to be recorded, has been
 * recorded, is about to be sent, has been heard. Nothing in builds without failpoints.
 */
#ifndef CORE_PLACES_H
#define CORE_PLACES_H

#include "item.h"

/* Before the item's change is handed to storage; after it was applied. */
void place_recording(const struct item *it);
void place_recorded(const struct item *it);

/* Before the call of it->call leaves, its intent being durable; after its outcome was heard
 * and before it is recorded. */
void place_sending(const struct item *it);
void place_heard(const struct item *it);

#endif
