/* SPDX-License-Identifier: MIT
 *
 * change.h - a decision as a change that storage records. Decides nothing about money.
 */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

#include "rental_work.h"

/* Makes w->change the difference between w->r and w->next, with the outcomes heard, the
 * intents made, the lease and the time of the next look. Sets w->has_change. */
void change_make(struct rental_work *w);

/* w->change is what w->actor did: with it is kept who that was. op_id: NULL none. */
void change_set_deed(struct rental_work *w, enum rent_deed_kind kind, const char *op_id);

#endif
