/* SPDX-License-Identifier: MIT
 *
 * backend_postgres.h - what the tests of storage_postgres alone need besides fixture.h.
 */
#ifndef CONTRACT_POSTGRES_BACKEND_H
#define CONTRACT_POSTGRES_BACKEND_H

#include <fixture.h>

struct pg;

/* The server of this process; started when first asked for. */
struct pg *backend_server(void);

/* Makes an instance with options of its own; not migrated, not started. */
void backend_load(struct fixture *f, const struct fake_option *options);

#endif
