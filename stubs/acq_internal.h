/* SPDX-License-Identifier: MIT
 *
 * stubs/acq_internal.h - what the files of the acquirer share, and nobody else needs.
 */
#ifndef STUBS_ACQ_INTERNAL_H
#define STUBS_ACQ_INTERNAL_H

#include "dialect.h"

#define ACQ_MS       (RENT_SECOND / 1000)
#define ACQ_RELEASED "canceled_by_merchant"

/* ---- acquirer.c. Of 20,000 NULL, as when memory is out. */
struct acq_payment *acq_payment_new(struct acquirer *a, const char *key);
struct acq_refund *acq_refund_new(struct acquirer *a, const char *key);
int acq_bank(struct acquirer *a, enum kind kind, const struct acq_payment *p,
             const char *key, int64_t amount, int64_t now, struct entry **ret);
void acq_refuse(struct acquirer *a, struct acq_payment *p, const struct switch_row *row,
                int64_t now);
int acq_settle(struct acquirer *a, struct acq_payment *p, const struct switch_row *row,
               int64_t now);
int acq_let_go(struct acquirer *a, struct acq_payment *p, const char *key,
               const char *word, int64_t now);
int acq_give_back(struct acquirer *a, struct acq_refund *r, int64_t now);

/* Something ends by itself then. */
static inline void acq_due(struct acquirer *a, int64_t at)
{
	if (at < a->next_due)
		a->next_due = at;
}

#endif
