/* SPDX-License-Identifier: MIT
 *
 * notes.c - the lines in the trail of a rental, and those of its debt. Changes write them (change_rows.c).
 */
#include "postgres.h"

#include "result.h"

int postgres_notes(struct postgres *self, const char *rental_id, rent_note_fn fn,
                   void *arg, struct rent_error *err)
{
	struct rent_note note;
	PGresult *res;
	int code = reading_query(&self->reading, SQL_NOTES, reading_bind_id, &rental_id,
	                         &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_note(res, row, &note);
		code = fn(arg, &note);
	}
	PQclear(res);
	return code;
}

int postgres_debt_lines(struct postgres *self, const char *rental_id,
                        rent_debt_line_fn fn, void *arg, struct rent_error *err)
{
	struct rent_debt_line line;
	PGresult *res;
	int code = reading_query(&self->reading, SQL_DEBT_LINES, reading_bind_id,
	                         &rental_id, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_debt_line(res, row, &line);
		code = fn(arg, &line);
	}
	PQclear(res);
	return code;
}
