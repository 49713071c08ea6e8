/* SPDX-License-Identifier: MIT
 *
 * notes.c - the lines in the trail of a rental, and those of its debt. Changes write them (advance.c).
 */
#include "sqlite.h"

static int show_notes(struct db *db, const char *rental_id, rent_note_fn fn, void *arg,
                      struct rent_error *err)
{
	struct rent_note note;
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_NOTES, &stmt, err, rental_id);

	while (code == DB_ROW) {
		row_note(&db_rows, stmt, 0, &note);
		code = fn(arg, &note);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_notes(struct sqlite *self, const char *rental_id, rent_note_fn fn, void *arg,
                 struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_notes(&((struct sqlite_reader *)reader)->db, rental_id, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}

static int show_debt_lines(struct db *db, const char *rental_id, rent_debt_line_fn fn,
                           void *arg, struct rent_error *err)
{
	struct rent_debt_line line;
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_DEBT_LINES, &stmt, err, rental_id);

	while (code == DB_ROW) {
		row_debt_line(&db_rows, stmt, 0, &line);
		code = fn(arg, &line);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_debt_lines(struct sqlite *self, const char *rental_id, rent_debt_line_fn fn,
                      void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_debt_lines(&((struct sqlite_reader *)reader)->db, rental_id, fn, arg,
	                       err);
	readers_return(self->readers, reader);
	return code;
}
