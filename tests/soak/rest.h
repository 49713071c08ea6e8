/* SPDX-License-Identifier: MIT
 *
 * rest.h - the end of a soak: waits until everything rests, then writes the final state down
 * for the checker.
 */
#ifndef SOAK_REST_H
#define SOAK_REST_H

#include "pair.h"

/* Waits until no operation is open, no rental half begun or unsettled, and nobody who can pay
 * owes anything. How long it took, or -1 when the time was over (what is left is printed). */
int64_t rest_wait(const struct pair *pair, int64_t timeout_ms);

/* Writes the rows of all tables as JSON lines {"table":…, columns…}. */
void rest_dump(const struct pair *pair, const char *path);

#endif
