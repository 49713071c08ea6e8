/* SPDX-License-Identifier: MIT
 *
 * balance.h - all rentals of a user added up. Changes nothing.
 */
#ifndef CORE_BALANCE_H
#define CORE_BALANCE_H

#include <rent/rental.h>

/* struct rent_rental_api.balance */
int balance_read(void *self, const char *user_id, struct rent_balance *ret,
                 struct rent_error *err);

#endif
