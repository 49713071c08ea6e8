/* SPDX-License-Identifier: MIT
 *
 * tests/support/pg/bouncer.h - a PgBouncer in transaction mode in front of a test server;
 * it ends with the test.
 */
#ifndef TEST_BOUNCER_H
#define TEST_BOUNCER_H

#include "pg.h"

struct bouncer;

/* NULL when the program is not installed. */
struct bouncer *bouncer_new(struct pg *pg);
void bouncer_free(struct bouncer *b);
int bouncer_port(const struct bouncer *b);

#endif
