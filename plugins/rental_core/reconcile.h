/* SPDX-License-Identifier: MIT
 *
 * reconcile.h - our operations beside the books of the payment providers (I8).
 */
#ifndef CORE_RECONCILE_H
#define CORE_RECONCILE_H

#include "core.h"

/* struct rent_rental_api.reconcile */
int reconcile_books(void *self, struct rent_check *check, struct rent_error *err);

#endif
