/* SPDX-License-Identifier: MIT
 *
 * row.h - rows of the statements of sql.c as the structs of rent/model.h. No statement is
 * run here.
 */
#ifndef STORAGE_SQLITE_ROW_H
#define STORAGE_SQLITE_ROW_H

#include <rent/model.h>

#include "db.h"

/* What powerbank_id says until one was ejected. */
#define ROW_NO_POWERBANK "PENDING"

/* What row_rental() cannot know: whether there are operations to be summed up. */
struct row_rest {
	bool live_ops;
};

void row_rental(sqlite3_stmt *stmt, int64_t now, struct rent_rental *ret,
                struct row_rest *rest);
void row_op(sqlite3_stmt *stmt, struct rent_op *ret);

#endif
