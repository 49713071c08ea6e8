/* SPDX-License-Identifier: MIT
 *
 * row.h - rows of the statements of sql_read.c and sql_write.c as the structs of
 * rent/model.h. Nothing is sent here.
 */
#ifndef STORAGE_POSTGRES_ROW_H
#define STORAGE_POSTGRES_ROW_H

#include <rent/storage.h>

#include <libpq-fe.h>

/* What powerbank_id says until one was ejected. */
#define ROW_NO_POWERBANK "PENDING"

/* Columns of SQL_RENTAL, then those of SQL_OP or of the audit. */
enum {
	ROW_RENTAL_COLUMNS = 29,
	ROW_OP_COLUMNS = 16,
	ROW_SEEKER =
		ROW_RENTAL_COLUMNS + ROW_OP_COLUMNS, /* of SQL_RENTAL_FEW: who asked */
};

/* Values of a row in the binary format; null is 0, "" or false. Times are microseconds
 * since 1970, INT64_MIN or INT64_MAX for the infinities. */
int64_t row_int(const PGresult *res, int row, int column);
bool row_bool(const PGresult *res, int row, int column);
int64_t row_time(const PGresult *res, int row, int column);
const char *row_text(const PGresult *res, int row, int column);

void row_rental(const PGresult *res, int row, struct rent_rental *ret);
/* first: the column that the operation begins at. */
void row_op(const PGresult *res, int row, int first, struct rent_op *ret);

#endif
