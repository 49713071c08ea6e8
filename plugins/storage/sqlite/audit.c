/* SPDX-License-Identifier: MIT
 *
 * audit.c - audit_scan: a rental beside the sums of its single rows. It judges nothing; the
 * invariants are rental_core's.
 */
#include "resolutions.h"
#include "store.h"

static void add_hold(struct rent_audit_row *a, const struct rent_op *op)
{
	if (op->state != RENT_OP_SUCCEEDED)
		return;
	a->holds++;
	a->held += op->processed;
	a->hold_used += op->used;
	if (op->used < op->processed && op->expires_at != 0 &&
	    (a->hold_expires_at == 0 || op->expires_at < a->hold_expires_at))
		a->hold_expires_at = op->expires_at;
}

/* processed is 0 for all that did not succeed. */
static void add_money(struct rent_audit_row *a, const struct rent_op *op)
{
	bool open = rent_op_is_open(op->state);

	if (rent_op_takes(op->kind)) {
		a->charged += op->processed;
		a->open_takes += open;
		a->settle_takes +=
			op->purpose == RENT_FOR_SETTLE &&
			(op->processed > 0 || open || op->state == RENT_OP_MANUAL);
	}
	if (op->kind == RENT_OP_CAPTURE)
		a->captured += op->processed;
	else if (op->kind == RENT_OP_RELEASE)
		a->released += op->processed;
	else if (op->kind == RENT_OP_REFUND && (open || op->state == RENT_OP_MANUAL))
		a->refunding += op->amount;
	else if (op->kind == RENT_OP_REFUND)
		a->refunded += op->processed;
}

static void add_op(struct rent_audit_row *a, const struct rent_op *op)
{
	bool open = rent_op_is_open(op->state);

	if (op->kind == RENT_OP_HOLD)
		add_hold(a, op);
	else if (op->kind == RENT_OP_EJECT)
		a->ejects += op->state == RENT_OP_SUCCEEDED;
	else
		add_money(a, op);
	a->overused += op->used > op->processed;
	a->manual += op->state == RENT_OP_MANUAL;
	if (open && (a->oldest_open_at == 0 || op->created_at < a->oldest_open_at))
		a->oldest_open_at = op->created_at;
}

static int add_ops(struct db *db, const char *id, struct rent_audit_row *a,
                   struct rent_error *err)
{
	sqlite3_stmt *stmt;
	struct rent_op op;
	int code = db_find(db, SQL_OPS_ALL, &stmt, err, "t", id);

	while (code == DB_ROW) {
		row_op(stmt, &op);
		add_op(a, &op);
		code = db_next(db, stmt, err);
	}
	return code;
}

static int add_sums(struct db *db, const struct rent_rental *r, struct rent_audit_row *a,
                    struct rent_error *err)
{
	bool live = r->status == RENT_STATUS_PENDING || r->status == RENT_STATUS_ACTIVE;
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_AUDIT_SUMS, &stmt, err, "tee", r->id, r->quote_id,
	                   live ? r->powerbank_id : "");

	if (code != DB_ROW)
		return code;
	a->attempts_taken = sqlite3_column_int64(stmt, 0);
	a->journal_debt = sqlite3_column_int64(stmt, 1);
	a->same_quote = sqlite3_column_int64(stmt, 2);
	a->same_powerbank_live =
		sqlite3_column_int64(stmt, 3) + sqlite3_column_int64(stmt, 4);
	a->keys = sqlite3_column_int64(stmt, 5);
	db_done(stmt);
	return 0;
}

static int audit_one(struct db *db, sqlite3_stmt *page, rent_audit_fn fn, void *arg,
                     struct rent_error *err)
{
	struct rent_rental rental;
	struct rent_audit_row row = { .struct_size = sizeof(row), .rental = &rental };
	int code = view_rental(db, page, &rental, err);

	if (code == 0)
		code = add_ops(db, rental.id, &row, err);
	if (code == 0)
		code = add_sums(db, &rental, &row, err);
	if (code == 0)
		code = resolution_sums(db, rental.id, &row, err);
	return code == 0 ? fn(arg, &row) : code;
}

static int audit(struct db *db, const char *after_id, uint32_t limit, rent_audit_fn fn,
                 void *arg, struct rent_error *err)
{
	sqlite3_stmt *page;
	int code = db_find(db, SQL_AUDIT_PAGE, &page, err, "ti", after_id,
	                   (int64_t)(limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX));

	while (code == DB_ROW) {
		code = audit_one(db, page, fn, arg, err);
		if (code != 0) {
			db_done(page);
			return code;
		}
		code = db_next(db, page, err);
	}
	return code;
}

int store_audit_scan(void *self, const char *after_id, uint32_t limit, rent_audit_fn fn,
                     void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct reader *reader;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = audit(&reader->db, after_id, limit, fn, arg, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_AUDIT_SCAN, since, code);
}
