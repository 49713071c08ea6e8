/* SPDX-License-Identifier: MIT
 *
 * payer.h - the customer as the one who pays: what he pays with, and whether a charge needs him.
 *
 * A charge that he would have to confirm is declined while he is not there. It becomes debt, and
 * nothing is charged without him for action_retry: each further try would be declined as well, and
 * some banks hold such tries against the merchant. What becomes due meanwhile is debt at once. He
 * is told, and pays himself (pay.h); a charge that is made ends it.
 */
#ifndef CORE_PAYER_H
#define CORE_PAYER_H

#include "rental_work.h"

/* Whether nothing is charged without him now. */
bool payer_is_needed(const struct params *p, const struct rent_rental *r);

/* What an operation that has ended says of it, and of what he pays with. */
void payer_heed(struct rental_work *w, const struct work_op *op);

#endif
