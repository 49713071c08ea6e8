/* SPDX-License-Identifier: MIT
 *
 * backend_postgres.h - what the tests of storage_postgres alone need besides fixture.h.
 */
#ifndef CONTRACT_POSTGRES_BACKEND_H
#define CONTRACT_POSTGRES_BACKEND_H

#include <fixture.h>
#include <libpq-fe.h>
#include <pg.h>

/* The server of this process; started when first asked for. */
struct pg *backend_server(void);

/* A statement without rows, on a connection of the test's own. */
void backend_run(PGconn *conn, const char *text);

/* An instance with other options on the database of f; created, not migrated, not
 * started. dsn is added to the place and may override it. */
struct instance {
	const struct rent_plugin *plugin;
	const struct rent_storage *api;
	struct fake_host *fake;
	void *self;
};
struct instance instance_new(struct fixture *f, const char *dsn, const char *writers,
                             const char *statement_timeout);
/* … and one option more. */
struct instance instance_with(struct fixture *f, const char *dsn, const char *writers,
                              const char *statement_timeout, struct fake_option more);
void instance_free(struct instance *i);

#endif
