/* SPDX-License-Identifier: MIT
 *
 * migrate.h - bringing the schema up to date: forward only, in the order of the numbers, each
 * migration and its row in one transaction. The transaction itself decides which ones are
 * missing, so that several hosts may start at once.
 */
#ifndef STORAGE_CORE_MIGRATE_H
#define STORAGE_CORE_MIGRATE_H

#include <rent/plugin.h>

/* Compiled in from sql/DIALECT/NNN_name.sql; ends with a NULL name. */
struct migration {
	int64_t version;
	const char *name, *text;
};
extern const struct migration migrations[];

struct migrate_dialect {
	/* Runs statements that give no rows. 0 or negative. */
	int (*execute)(void *conn, const char *text, struct rent_error *err);
	/* The text of the first column of the first row: 1 with it in value, 0 no row,
	 * negative. */
	int (*ask)(void *conn, const char *question, char value[RENT_ID_SIZE],
	           struct rent_error *err);
	/* Begins a transaction that nobody else's migration runs beside. */
	const char *begin;
	/* CREATE TABLE IF NOT EXISTS schema_migrations (version, name, checksum, applied_at) */
	const char *make_table;
	/* Gives a row if that table is there. */
	const char *has_table;
	/* The time for applied_at, as an expression. */
	const char *now;
};

/* Applies what is missing. dry_run: says what would be done. report may be NULL. */
int migrate_apply(const struct migrate_dialect *dialect, void *conn, bool dry_run,
                  const struct rent_report *report, struct rent_error *err);

/* Is the schema the one that this binary was built for? */
int migrate_check(const struct migrate_dialect *dialect, void *conn,
                  struct rent_error *err);

/* Reports every migration as one that would be applied: there is no database yet. */
void migrate_report_all(const struct rent_report *report);

#endif
