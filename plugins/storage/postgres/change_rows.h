/* SPDX-License-Identifier: MIT
 *
 * change_rows.h - what changes bring along besides the rental itself: operations that end and
 * begin, debts, the answers of keys, messages. Applied to those rentals that bear the slice's mark.
 */
#ifndef STORAGE_POSTGRES_CHANGE_ROWS_H
#define STORAGE_POSTGRES_CHANGE_ROWS_H

#include "batch.h"

/* Sends the statements that there is something for, and takes their results. */
void change_rows_send(const struct slice *s);
void change_rows_take(const struct slice *s);

#endif
