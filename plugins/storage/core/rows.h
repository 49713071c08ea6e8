/* SPDX-License-Identifier: MIT
 *
 * rows.h - rows as the structs of rent/model.h. Every statement that gives rentals or operations
 * selects the columns of the tables below, in their order, so that one reader serves all
 * backends; a dialect says how a column is read.
 *
 * What an operator wrote by hand and makes no sense marks the rental as broken, instead of
 * failing the page it is on.
 */
#ifndef STORAGE_CORE_ROWS_H
#define STORAGE_CORE_ROWS_H

#include <rent/storage.h>

/* How a dialect reads the column of a row; row is the dialect's. */
struct row_dialect {
	bool (*is_null)(const void *row, int column);
	/* "" for null. Valid until the row is left. */
	const char *(*text)(const void *row, int column);
	/* 0 for null. */
	int64_t (*integer)(const void *row, int column);
	/* False: not a time that can be used. Never 0 for one that is. Not asked for null. */
	bool (*time)(const void *row, int column, int64_t *ret);
};

/* The names and the number of the columns: rent_rental without its sums over operations. A
 * backend selects those sums behind them, or reads them apart. */
extern const char *const row_rental_columns[];
#define ROW_RENTAL_COLUMNS 35
extern const char *const row_op_columns[];
#define ROW_OP_COLUMNS 22
extern const char *const row_resolution_columns[];
#define ROW_RESOLUTION_COLUMNS 8
extern const char *const row_note_columns[];
extern const char *const row_debt_line_columns[];
#define ROW_NOTE_COLUMNS      4
#define ROW_DEBT_LINE_COLUMNS 6
extern const char *const row_inbound_columns[];
#define ROW_INBOUND_COLUMNS 20
extern const char *const row_outside_columns[];
#define ROW_OUTSIDE_COLUMNS 8
extern const char *const row_message_columns[];
#define ROW_MESSAGE_COLUMNS 11

/* `first` is the number of the first column. Members that have no column are 0. */
void row_rental(const struct row_dialect *dialect, const void *row, int first,
                struct rent_rental *ret);
void row_op(const struct row_dialect *dialect, const void *row, int first,
            struct rent_op *ret);
void row_resolution(const struct row_dialect *dialect, const void *row, int first,
                    struct rent_resolution *ret);
void row_debt_line(const struct row_dialect *dialect, const void *row, int first,
                   struct rent_debt_line *ret);
void row_note(const struct row_dialect *dialect, const void *row, int first,
              struct rent_note *ret);
void row_inbound(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_inbound *ret);
void row_outside(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_outside *ret);
/* data points into the row. */
void row_message(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_message *ret);

#endif
