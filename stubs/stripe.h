/* SPDX-License-Identifier: MIT
 *
 * stubs/stripe.h - what the files of Stripe's dialect share.
 */
#ifndef STUBS_STRIPE_H
#define STUBS_STRIPE_H

#include "dialect.h"

extern const struct switch_row stripe_rows[];
extern const size_t stripe_row_count;

/* ---- stripe_objects.c */
json_t *stripe_payment(const struct acquirer *a, const struct acq_payment *p);
json_t *stripe_refund(const struct acquirer *a, const struct acq_refund *r);
json_t *stripe_error(const struct acquirer *a, const struct acq_error *e);
json_t *stripe_page(const struct acquirer *a, json_t *items, bool more, const char *last);
json_t *stripe_event(struct acquirer *a, enum acq_event event,
                     const struct acq_payment *p, const struct acq_refund *r,
                     const char *cause, int64_t now);
void stripe_lie(json_t *o, enum switch_does does);

#endif
