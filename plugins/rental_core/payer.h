/* SPDX-License-Identifier: MIT
 *
 * payer.h - the customer as the one who pays: what he pays with, and whether a charge needs him.
 *
 * If the customer must confirm a charge and is not there, the provider declines it (ACTION). The
 * amount becomes debt, and for action_retry no charge is made without the customer: the bank would
 * decline it again, and some banks count such tries against the merchant. What becomes due
 * meanwhile is debt at once. The status says payer_needed, the customer pays (pay.h), and a charge
 * that succeeds ends this. A rental whose customer disputed a payment, or got one back by hand, is not
 * charged without him any more (outside.h).
 */
#ifndef CORE_PAYER_H
#define CORE_PAYER_H

#include "rental_work.h"

/* Whether a charge must wait for the customer now. */
bool payer_is_needed(const struct params *p, const struct rent_rental *r);

/* What an operation that has ended says of it, and of what he pays with. */
void payer_heed(struct rental_work *w, const struct work_op *op);

#endif
