/* SPDX-License-Identifier: MIT
 *
 * payment_lookup.h - a question to a payment provider and its answer, over as many calls as it takes. What
 * the answer means for an operation is outcome.h's; that the provider serves us no more is seen to here.
 */
#ifndef CORE_PAYMENT_LOOKUP_H
#define CORE_PAYMENT_LOOKUP_H

#include "core.h"

/* The answer of a call that was replied to. */
void payment_lookup_parse(struct core *core, struct payment_port *port,
                          const struct rent_payment_op *op, struct rent_exchange *x,
                          struct rent_payment_result *res);

/* Goes on as long as res names a page to go on at. not_after: monotonic; 0: no matter. False: not
 * answered to its end. */
bool payment_lookup_further(struct core *core, struct payment_port *port,
                            const struct rent_payment_op *op, int64_t not_after,
                            struct rent_payment_result *res);

/* Asks from the beginning; heeds an alert. False: no answer. */
bool payment_lookup(struct core *core, struct payment_port *port,
                    const struct rent_payment_op *op, const struct rent_field *fields,
                    struct rent_payment_result *res);

#endif
