/* SPDX-License-Identifier: MIT
 *
 * reconcile_stations.h - running rentals beside what lies in the cabinets, and beside the orders that
 * their services call out (I11).
 */
#ifndef CORE_RECONCILE_STATIONS_H
#define CORE_RECONCILE_STATIONS_H

#include "core.h"

/* As struct rent_rental_api.reconcile. Of the check: operations are the cabinets, entries those that
 * have been asked, rentals the running ones. RENT_EUNSUPPORTED: no bound service lets its cabinets be
 * looked into. */
int reconcile_stations(void *self, struct rent_check *check, struct rent_error *err);

#endif
