/* SPDX-License-Identifier: MIT
 *
 * outside.c - what a provider did by itself: listed, and what it names found.
 */
#include "sqlite.h"

static int show_outside(struct db *db, const char *rental_id, rent_outside_fn fn,
                        void *arg, struct rent_error *err)
{
	struct rent_outside outside;
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_OUTSIDE_LIST, &stmt, err, rental_id);

	while (code == DB_ROW) {
		row_outside(&db_rows, stmt, 0, &outside);
		code = fn(arg, &outside);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_outside_list(struct sqlite *self, const char *rental_id, rent_outside_fn fn,
                        void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_outside(&((struct sqlite_reader *)reader)->db, rental_id, fn, arg,
	                    err);
	readers_return(self->readers, reader);
	return code;
}

int sqlite_op_taken(struct sqlite *self, const char *ref, rent_op_fn fn, void *arg,
                    struct rent_error *err)
{
	struct reader *reader;
	sqlite3_stmt *stmt;
	struct rent_op op;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&((struct sqlite_reader *)reader)->db, SQL_OP_TAKEN, &stmt, err,
	                ref);
	if (code == DB_ROW) {
		row_op(&db_rows, stmt, 0, &op);
		db_done(stmt);
		code = fn(arg, &op);
	} else if (code == 0) {
		code = 1;
	}
	readers_return(self->readers, reader);
	return code;
}
