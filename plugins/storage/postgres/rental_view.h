/* SPDX-License-Identifier: MIT
 *
 * rental_view.h - a rental with the operations that rent/storage.h wants shown with it, from rows
 * of both.
 */
#ifndef STORAGE_POSTGRES_RENTAL_VIEW_H
#define STORAGE_POSTGRES_RENTAL_VIEW_H

#include "result.h"

struct rental_view {
	struct rent_rental rental;
	const struct rent_op *list[RENT_VIEW_OPS];
	struct rent_op ops[RENT_VIEW_OPS];
	size_t count;
};

/* Reads the one that begins at row, whose operations the server has chosen and ordered;
 * gives the row that the next one begins at. */
int rental_view_chosen(const PGresult *res, int row, struct rental_view *ret);

/* Reads the one of `count` rows from `first` on, the rental and then each of its operations
 * (RENT_VIEW_OPS at most), oldest first: chooses, orders and sums up. */
void rental_view_all(const PGresult *res, int first, int count, struct rental_view *ret);

#endif
