/* SPDX-License-Identifier: MIT
 *
 * schema.h - where our tables are, and what state they are in. The schema is found once, by the
 * tables that are there, and named in the search_path of every connection from then on: neither
 * a schema that is made later nor a setting of the role moves a running system to other tables.
 */
#ifndef STORAGE_POSTGRES_SCHEMA_H
#define STORAGE_POSTGRES_SCHEMA_H

#include <rent/plugin.h>

#include "conn.h"

/* Finds the schema on a plain connection; wanted: the option, "" to look for it. Sets
 * options->schema. RENT_EINVAL: there are two, or what is there is another
 * program's. RENT_EPERM: it may not be used. */
int schema_find(struct conn *conn, struct conn_options *options, const char *wanted,
                struct rent_error *err);

/* Applies the migrations that are missing; see core/migrate.h. */
int schema_migrate(struct conn *conn, bool dry_run, const struct rent_report *report,
                   struct rent_error *err);

/* Is the schema the one that this binary was built for? */
int schema_check(struct conn *conn, struct rent_error *err);

/* Notes every sequence that is behind its table as trouble, and ends the trouble of those that
 * are not any more. */
int schema_check_sequences(struct conn *conn, struct rent_error *err);

/* The name of the trouble of a sequence whose column has this constraint; NULL: it is none. */
const char *schema_sequence_of(const char *constraint);
/* A text with the statement that mends it. */
int schema_sequence_remedy(const struct conn_options *options, const char *constraint,
                           struct rent_error *err);

#endif
