/* SPDX-License-Identifier: MIT
 *
 * migrate.h - the schema: the migrations compiled in, and bringing a database up to date.
 */
#ifndef STORAGE_POSTGRES_MIGRATE_H
#define STORAGE_POSTGRES_MIGRATE_H

#include <rent/plugin.h>

#include "conn.h"

struct migration {
	int64_t version;
	const char *name;
	const char *text;
};

/* Ascending; ends with a NULL name. Made from sql/postgres by embed.cmake. */
extern const struct migration migrations[];

/* Applies what is missing, each file and its row in one transaction. dry_run: says what
 * would be done. report may be NULL. conn is a plain one. */
int migrate_run(struct conn *conn, bool dry_run, const struct rent_report *report,
                struct rent_error *err);

/* Is the schema the one this binary was built for? */
int migrate_check(struct conn *conn, struct rent_error *err);

#endif
