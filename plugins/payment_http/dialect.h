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

/* list.c: a page of the service's own list; as build_list and parse_list of rent/payment.h. */
int list_build(const struct rent_payment_page *page, struct rent_arena *arena,
               struct rent_upstream_request *ret, struct rent_error *err);
int list_parse(const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
               void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err);

#endif
