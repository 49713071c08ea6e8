/* SPDX-License-Identifier: MIT
 *
 * action.h - a deposit that the customer has to confirm: 3-D Secure, a redirect, his bank's app.
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

/* A new object {"type", "url" or "token", "expires_at"}; NULL: no memory. */
json_t *action_json(const struct params *p, const struct rent_op *hold);

#endif
