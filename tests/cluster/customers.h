/* SPDX-License-Identifier: MIT
 *
 * customers.h - many rentals at once, through all API hosts of a deployment, from as many
 * threads as there are cores to waste: begun and ended by customers that repeat requests
 * under the same key when a host dies under them.
 */
#ifndef TEST_CUSTOMERS_H
#define TEST_CUSTOMERS_H

#include "cluster.h"

/* Begins n rentals at the station. Fails the test when one of them is refused. */
void customers_begin_rentals(struct deployment *d, const char *station, unsigned n);

/* Ends all rentals that are ACTIVE, in the background; customers_join waits for the last. */
struct customers;
struct customers *customers_end_rentals(struct deployment *d, const char *conninfo,
                                        const char *station);
bool customers_have_ended(struct customers *c);
void customers_join(struct customers *c);

#endif
