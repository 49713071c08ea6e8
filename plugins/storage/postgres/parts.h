/* SPDX-License-Identifier: MIT
 *
 * parts.h - what changes bring along besides the rental itself: operations that end and
 * begin, debts, the answers of keys. Applied to those rentals that bear the slice's mark.
 */
#ifndef STORAGE_POSTGRES_PARTS_H
#define STORAGE_POSTGRES_PARTS_H

#include "batch.h"

/* Sends the statements that there is something for, and takes their results. */
void parts_send(const struct slice *s);
void parts_take(const struct slice *s);

#endif
