/* SPDX-License-Identifier: MIT
 *
 * view.c - a rental as storage.h shows it; see view.h.
 */
#include "view.h"

int view_rental(struct db *db, sqlite3_stmt *stmt, struct rent_rental *ret,
                struct rent_error *err)
{
	struct row_rest rest;
	sqlite3_stmt *sums;
	int code;

	row_rental(stmt, db->now, ret, &rest);
	if (!rest.live_ops)
		return 0;
	code = db_find(db, SQL_LIVE_SUMS, &sums, err, "t", ret->id);
	if (code != DB_ROW)
		return code;
	ret->in_flight = sqlite3_column_int64(sums, 0);
	ret->in_doubt = sqlite3_column_int64(sums, 1);
	ret->open_ops = sqlite3_column_int64(sums, 2);
	ret->in_flight_debt = sqlite3_column_int64(sums, 3);
	db_done(sums);
	return 0;
}

static bool has_op(const struct view *view, const char *id)
{
	for (size_t i = 0; i < view->count; i++) {
		if (strcmp(view->ops[i].id, id) == 0)
			return true;
	}
	return false;
}

/* Adds what a statement finds as long as there is room for it. */
static int add_ops(struct db *db, enum sql_id id, struct view *view, size_t room,
                   struct rent_error *err)
{
	sqlite3_stmt *stmt;
	bool limited = id == SQL_OPS_OPEN || id == SQL_OPS_SETTLE;
	int code = db_find(db, id, &stmt, err, limited ? "ti" : "t", view->rental.id,
	                   (int64_t)RENT_VIEW_OPS);

	while (code == DB_ROW) {
		if (view->count == room) {
			db_done(stmt);
			return 0;
		}
		row_op(stmt, &view->ops[view->count]);
		view->list[view->count] = &view->ops[view->count];
		if (!has_op(view, view->ops[view->count].id))
			view->count++;
		code = db_next(db, stmt, err);
	}
	return code;
}

int view_load(struct db *db, const char *id, struct view *view, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_RENTAL_GET, &stmt, err, "t", id);

	view->count = 0;
	if (code != DB_ROW)
		return code;
	code = view_rental(db, stmt, &view->rental, err);
	db_done(stmt);
	if (code == 0)
		code = add_ops(db, SQL_OPS_START, view, RENT_VIEW_OPS, err);
	if (code == 0 && view->rental.open_ops > 0)
		code = add_ops(db, SQL_OPS_OPEN, view, RENT_VIEW_OPS - 1, err);
	if (code == 0)
		code = add_ops(db, SQL_OPS_SETTLE, view, RENT_VIEW_OPS - 1, err);
	if (code == 0)
		code = add_ops(db, SQL_OPS_REFUNDABLE, view, RENT_VIEW_OPS, err);
	return code == 0 ? DB_ROW : code;
}
