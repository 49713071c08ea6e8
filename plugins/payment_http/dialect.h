/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_http/dialect.h - operations into requests, replies into outcomes. Pure.
 */
#ifndef PAYMENT_HTTP_DIALECT_H
#define PAYMENT_HTTP_DIALECT_H

#include <rent/payment.h>

/* Fills everything but the upstream. resend: the service acts once per key. */
int dialect_build(const struct rent_payment_op *op, bool resend, struct rent_arena *arena,
                  struct rent_upstream_request *ret, struct rent_error *err);
void dialect_parse(const struct rent_payment_op *op,
                   const struct rent_upstream_reply *reply,
                   struct rent_payment_result *ret);

#endif
