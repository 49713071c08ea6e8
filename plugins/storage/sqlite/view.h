/* SPDX-License-Identifier: MIT
 *
 * view.h - a rental with the sums over its operations, and with the operations that
 * storage.h wants shown with it. Reads only; the caller holds the transaction.
 */
#ifndef STORAGE_SQLITE_VIEW_H
#define STORAGE_SQLITE_VIEW_H

#include <rent/storage.h>

#include "row.h"

struct view {
	struct rent_rental rental;
	const struct rent_op *list[RENT_VIEW_OPS];
	struct rent_op ops[RENT_VIEW_OPS];
	size_t count;
};

/* The rental of the row that stmt stands on. */
int view_rental(struct db *db, sqlite3_stmt *stmt, struct rent_rental *ret,
                struct rent_error *err);

/* One rental with its operations. DB_ROW, 0 when there is none, or negative. */
int view_load(struct db *db, const char *id, struct view *view, struct rent_error *err);

#endif
