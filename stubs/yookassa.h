/* SPDX-License-Identifier: MIT
 *
 * stubs/yookassa.h - what the files of YooKassa's dialect share.
 */
#ifndef STUBS_YOOKASSA_H
#define STUBS_YOOKASSA_H

#include "dialect.h"

extern const struct switch_row yookassa_rows[];
extern const size_t yookassa_row_count;

/* ---- yookassa_objects.c */
json_t *yookassa_payment(const struct acquirer *a, const struct acq_payment *p);
json_t *yookassa_refund(const struct acquirer *a, const struct acq_refund *r);
json_t *yookassa_error(const struct acquirer *a, const struct acq_error *e);
json_t *yookassa_page(const struct acquirer *a, json_t *items, bool more,
                      const char *last);
json_t *yookassa_event(struct acquirer *a, enum acq_event event,
                       const struct acq_payment *p, const struct acq_refund *r,
                       const char *cause, int64_t now);
void yookassa_lie(json_t *o, enum switch_does does);

#endif
