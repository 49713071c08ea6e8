/* SPDX-License-Identifier: MIT
 *
 * eject_call.h - a call of a cabinet.
 */
#ifndef CORE_EJECT_CALL_H
#define CORE_EJECT_CALL_H

#include "rental_work.h"

/* Prepares the called operation's request in x. False: the outcome is known without it. */
bool eject_call_prepare(struct rental_work *w, struct rent_exchange *x);

/* Turns the reply in x into the called operation's outcome. False: the reply says nothing of it, it was
 * not understood, or the service could not answer now. */
bool eject_call_finish(struct rental_work *w, struct rent_exchange *x);

#endif
