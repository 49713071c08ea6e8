/* SPDX-License-Identifier: MIT
 *
 * action.h - a payment that the customer has to confirm: 3-D Secure, a redirect, his bank's app.
 */
#ifndef CORE_ACTION_H
#define CORE_ACTION_H

#include <jansson.h>

#include "rental_work.h"

/* Takes the action over from the provider's answer to the called operation. An answer without one
 * changes nothing: the customer may still be busy with the earlier one. */
void action_heed(struct work_op *op, const struct rent_payment_result *res);

/* Whether the start waits for the customer: no powerbank is ejected meanwhile. hold may be NULL. */
bool action_is_awaited(const struct rental_work *w, const struct work_op *hold);

/* When he has to have acted, on the database's clock. */
int64_t action_deadline(const struct params *p, const struct rent_op *hold);

/* The same, or when the provider ends it if that is earlier. */
int64_t action_until(const struct params *p, const struct rent_op *hold);

/* How long the rental may wait at most until somebody looks at it again: what its customer does not
 * confirm in time runs out. INT64_MAX: for as long as others say. */
int64_t action_patience(const struct rental_work *w);

/* The deposit of a start or the payment that waits for the customer now; NULL: none does. */
const struct work_op *action_awaited(const struct rental_work *w);

/* A new object {"type", "url" or "token", "expires_at"}; NULL: no memory. */
json_t *action_json(const struct params *p, const struct rent_op *hold);

/* ---- what runs out, and what was refused. An operation that its customer has not confirmed in time is
 * cancelled by a release of 0: nothing is held yet that could be given back. So is one that the provider
 * refused after it had asked him: with what he was given then he could still confirm it there. Until the
 * cancel has ended it, it is open, and nothing is charged in its place. */

bool action_is_cancel(const struct rent_op *op);

/* Whether it is open only until a cancel has ended it: its customer is not asked for anything any more. */
bool action_was_refused(const struct rent_op *op);

/* Whether a cancel ended it, and not its customer. */
bool action_was_cancelled(const struct rent_op *op);

/* Whether a cancel still has something to end. Storage shows all that is open. */
bool action_cancel_has_target(const struct rental_work *w, const struct rent_op *cancel);

/* Takes refusals that were heard of what a cancel can still end: it stays open as REFUSED. One whose
 * cancels are refused again and again is DECLINED, as the provider says. */
void action_keep_refused(struct rental_work *w);

/* Begins to cancel what the provider has just refused. */
void action_cancel_refused(struct rental_work *w);

/* Names such a cancel as the operation to call, when nothing else is called: also one of a run that died, for
 * which a start waits. */
void action_call_cancel(struct rental_work *w);

/* Begins to cancel what has run out or was refused, where the provider can: once in a run, each time under
 * a new id, and not for ever. */
void action_cancel_next(struct rental_work *w);

/* What cancels mean that were heard. SUCCEEDED: the target can never be confirmed any more, and has ended.
 * DECLINED: perhaps its customer was faster; where the provider has a lookup, this run asks once more. */
void action_apply_cancels(struct rental_work *w);

#endif
