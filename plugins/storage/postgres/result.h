/* SPDX-License-Identifier: MIT
 *
 * result.h - rows of the statements in sql/ as values, and as the structs of rent/model.h by way
 * of core/rows.h. Nothing is sent here.
 */
#ifndef STORAGE_POSTGRES_RESULT_H
#define STORAGE_POSTGRES_RESULT_H

#include <rent/storage.h>

#include <libpq-fe.h>

#include "core/rows.h"

/* Columns of a rental with its sums, then those of an operation or of the audit. */
enum {
	RESULT_RENTAL = ROW_RENTAL_COLUMNS + 5,
	/* of SQL_RENTAL_FEW: the place of the caller in the batch */
	RESULT_PLACE = RESULT_RENTAL + ROW_OP_COLUMNS,
};

/* Values of a row in the binary format; null is 0, "" or false. Times are microseconds since
 * 1970, INT64_MIN or INT64_MAX for the infinities. */
int64_t result_int(const PGresult *res, int row, int column);
bool result_bool(const PGresult *res, int row, int column);
int64_t result_time(const PGresult *res, int row, int column);
const char *result_text(const PGresult *res, int row, int column);

void result_rental(const PGresult *res, int row, struct rent_rental *ret);
/* first: the column that the operation begins at. */
void result_op(const PGresult *res, int row, int first, struct rent_op *ret);
void result_resolution(const PGresult *res, int row, struct rent_resolution *ret);
void result_debt_line(const PGresult *res, int row, struct rent_debt_line *ret);
void result_note(const PGresult *res, int row, struct rent_note *ret);
void result_inbound(const PGresult *res, int row, struct rent_inbound *ret);
void result_outside(const PGresult *res, int row, struct rent_outside *ret);
/* data points into res. */
void result_message(const PGresult *res, int row, struct rent_message *ret);

/* How many rows the statement changed; 0 without a result. Clears it. */
int64_t result_changed(PGresult *res);

#endif
