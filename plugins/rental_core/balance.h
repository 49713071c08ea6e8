/* SPDX-License-Identifier: MIT
 *
 * balance.h - all rentals of a user added up. Storage adds up what is booked; only live rentals
 * are read one by one, because only their cost still grows.
 */
#ifndef CORE_BALANCE_H
#define CORE_BALANCE_H

#include "core.h"

int balance_of_user(void *self, const char *user_id, struct rent_balance *ret,
                    struct rent_error *err);

#endif
