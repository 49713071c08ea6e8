/* SPDX-License-Identifier: MIT
 *
 * migrate.h - the schema: the migrations compiled in, and bringing a file up to date.
 */
#ifndef STORAGE_SQLITE_MIGRATE_H
#define STORAGE_SQLITE_MIGRATE_H

#include <rent/plugin.h>

#include "db.h"

struct migration {
	int64_t version;
	const char *name;
	const char *text;
};

/* Ascending; ends with a NULL name. Made from sql/sqlite by embed.cmake. */
extern const struct migration migrations[];

/* Applies what is missing, each file and its row in one transaction. dry_run: says what
 * would be done. report may be NULL. */
int migrate_run(struct db *db, bool dry_run, const struct rent_report *report,
                struct rent_error *err);

/* Is the schema the one this binary was built for? */
int migrate_check(struct db *db, struct rent_error *err);

#endif
