/* SPDX-License-Identifier: MIT
 *
 * payment_alert.h - what a payment provider reported that a person must see to: a key that it
 * refuses, an account that is closed. Kept for the health of the instance until a call of that
 * provider succeeds.
 */
#ifndef CORE_PAYMENT_ALERT_H
#define CORE_PAYMENT_ALERT_H

#include "core.h"

/* Of an answer, whatever its outcome. An alert is logged as an error beside the fields. */
void payment_alert_heed(struct core *core, struct payment_port *port,
                        const struct rent_payment_result *res,
                        const struct rent_field *fields);

/* Whether the provider has reported something. Then *ret is degraded and says what. */
bool payment_alert_health(struct payment_port *port, struct rent_health *ret);

#endif
