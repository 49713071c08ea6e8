/* SPDX-License-Identifier: MIT
 *
 * plan_parts.h - the parts of plan.c. Each works on it->next and the operations.
 */
#ifndef CORE_PLAN_PARTS_H
#define CORE_PLAN_PARTS_H

#include <rent/rental.h>

#include "item.h"

/* plan.c: names the operation to call; calls the first open one that may be called now and
 * returns whether any is open. */
void plan_call(struct item *it, const struct item_op *op);
bool plan_open_ops(struct item *it);

/* effects.c: what the outcomes heard in this run do to paid, debt and in_flight. */
void effects_apply(struct item *it);

/* settle.c: a rental whose settlement is PENDING. */
void plan_settle(struct item *it);

/* answer.c: what the key of the start is answered with. */
void answer_started(struct item *it);
void answer_refusal(struct item *it, enum rent_verdict verdict);

/* change.c: the difference between r and next, with ends, news and lease. */
void change_make(struct item *it);

#endif
