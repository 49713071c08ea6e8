/* SPDX-License-Identifier: MIT
 *
 * herd.h - many rentals at once, through all API hosts of a site, from as many threads as
 * there are cores to waste: begun and ended by customers who ask again under the same key
 * when a host dies under them.
 */
#ifndef TEST_HERD_H
#define TEST_HERD_H

#include "site.h"

/* Begins n rentals at the station. Fails the test when one of them is refused. */
void herd_begin(struct site *s, const char *station, unsigned n);

/* Ends all rentals that are ACTIVE, in the background; herd_end_join waits for the last. */
struct herd;
struct herd *herd_end(struct site *s, const char *conninfo, const char *station);
bool herd_ended(struct herd *h);
void herd_end_join(struct herd *h);

#endif
