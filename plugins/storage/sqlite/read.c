/* SPDX-License-Identifier: MIT
 *
 * read.c - the intentions that only read rentals and operations. Each borrows a reading
 * connection, on which a transaction has begun.
 */
#include "sqlite.h"

#include "common/wait.h"

static int borrow_of(struct readers *readers, struct sqlite_reader **ret,
                     struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(readers, &reader, err);

	if (code == 0)
		*ret = (struct sqlite_reader *)reader;
	return code;
}

static int borrow(struct sqlite *self, struct sqlite_reader **ret, struct rent_error *err)
{
	return borrow_of(self->readers, ret, err);
}

static void give_back(struct sqlite *self, struct sqlite_reader *reader)
{
	readers_return(self->readers, &reader->reader);
}

/* ---- one rental with its operations */

int sqlite_read_rental(struct db *db, sqlite3_stmt *stmt, struct rent_rental *ret,
                       struct rent_error *err)
{
	sqlite3_stmt *sums;
	int code;

	row_rental(&db_rows, stmt, 0, ret);
	ret->now = db->now;
	if (sqlite3_column_int(stmt, ROW_RENTAL_COLUMNS) == 0)
		return 0;
	code = db_first(db, SQL_LIVE_SUMS, &sums, err, ret->id);
	if (code != DB_ROW)
		return code;
	ret->in_flight = sqlite3_column_int64(sums, 0);
	ret->in_doubt = sqlite3_column_int64(sums, 1);
	ret->open_ops = sqlite3_column_int64(sums, 2);
	ret->in_flight_debt = sqlite3_column_int64(sums, 3);
	db_done(sums);
	return 0;
}

static bool has_op(const struct sqlite_reader *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->ops[i].id, id) == 0)
			return true;
	}
	return false;
}

/* Adds the operations that a statement gives, as long as there is room for them. */
static int add_ops(struct sqlite_reader *r, enum sql_id id, size_t room,
                   struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(&r->db, id, &stmt, err, r->rental.id, (int64_t)room);

	while (code == DB_ROW) {
		struct rent_op *op = &r->ops[r->count];

		if (r->count == room) {
			db_done(stmt);
			return 0;
		}
		row_op(&db_rows, stmt, 0, op);
		r->list[r->count] = op;
		if (!has_op(r, op->id))
			r->count++;
		code = db_next(&r->db, stmt, err);
	}
	return code;
}

/* DB_ROW, 0 when there is none, or negative. */
static int load_rental(struct sqlite_reader *r, const char *id, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(&r->db, SQL_RENTAL_GET, &stmt, err, id);

	r->count = 0;
	if (code != DB_ROW)
		return code;
	code = sqlite_read_rental(&r->db, stmt, &r->rental, err);
	db_done(stmt);
	if (code == 0)
		code = add_ops(r, SQL_OPS_HOLDS, RENT_VIEW_HOLDS, err);
	if (code == 0)
		code = add_ops(r, SQL_OPS_EJECT, RENT_VIEW_OPS, err);
	if (code == 0 && r->rental.open_ops > 0)
		code = add_ops(r, SQL_OPS_OPEN, RENT_VIEW_OPS - 1, err);
	if (code == 0)
		code = add_ops(r, SQL_OPS_SETTLE, RENT_VIEW_OPS - 1, err);
	if (code == 0)
		code = add_ops(r, SQL_OPS_REFUNDABLE, RENT_VIEW_OPS, err);
	return code == 0 ? DB_ROW : code;
}

int sqlite_show_rental(struct sqlite *self, const char *id, rent_rental_fn fn, void *arg,
                       struct rent_error *err)
{
	struct sqlite_reader *reader;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = load_rental(reader, id, err);
	if (code == DB_ROW)
		code = fn(arg, &reader->rental, reader->list, reader->count);
	else if (code == 0)
		code = 1;
	give_back(self, reader);
	return code;
}

int sqlite_rental_get(struct sqlite *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	return sqlite_show_rental(self, id, fn, arg, err);
}

int sqlite_rental_holding(struct sqlite *self, const char *powerbank_id,
                          rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rent_rental rental;
	struct sqlite_reader *reader;
	sqlite3_stmt *stmt;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&reader->db, SQL_RENTAL_HOLDING, &stmt, err, powerbank_id);
	if (code == DB_ROW) {
		code = sqlite_read_rental(&reader->db, stmt, &rental, err);
		db_done(stmt);
		if (code == 0)
			code = fn(arg, &rental, NULL, 0);
	} else if (code == 0) {
		code = 1;
	}
	give_back(self, reader);
	return code;
}

/* ---- pages of rentals */

/* Rows on their way to the caller. */
struct page {
	rent_rental_fn fn;
	void *arg;
	uint32_t left;
	const struct rent_list_query *before; /* list: only rows before it; or NULL */
	bool held;                            /* each with its hold */
};

/* 1: there is one; the newest. */
static int read_hold(struct db *db, const char *rental_id, struct rent_op *ret,
                     struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_OPS_HOLD, &stmt, err, rental_id);

	if (code != DB_ROW)
		return code;
	row_op(&db_rows, stmt, 0, ret);
	db_done(stmt);
	return 1;
}

static int show_rental(struct db *db, const struct page *page,
                       const struct rent_rental *rental, struct rent_error *err)
{
	struct rent_op op;
	const struct rent_op *const ops[] = { &op };
	int n = page->held ? read_hold(db, rental->id, &op, err) : 0;

	return n < 0 ? n : page->fn(page->arg, rental, n == 1 ? ops : NULL, (size_t)n);
}

/* The text of a row's created_at may be shorter than ours, and then sorts before a time
 * that it equals. */
static bool is_before(const struct rent_rental *r, const struct rent_list_query *q)
{
	if (q == NULL || q->before_created_at == 0 ||
	    r->created_at < q->before_created_at)
		return true;
	return r->created_at == q->before_created_at && strcmp(r->id, q->before_id) < 0;
}

/* Shows rows from the one that stmt stands on. */
static int show_rentals(struct db *db, sqlite3_stmt *stmt, struct page *page,
                        struct rent_error *err)
{
	struct rent_rental rental;
	size_t shown = 0;
	int code = DB_ROW;

	while (code == DB_ROW && page->left > 0) {
		wait_turn(db->host->task, shown++);
		code = sqlite_read_rental(db, stmt, &rental, err);
		if (code == 0 && is_before(&rental, page->before)) {
			page->left--;
			code = show_rental(db, page, &rental, err);
		}
		if (code != 0)
			break;
		code = db_next(db, stmt, err);
	}
	if (code != 0)
		db_done(stmt);
	return code == DB_ROW && page->left == 0 ? 0 : code;
}

static enum sql_id list_statement(const struct rent_list_query *q)
{
	if (!storage_lists_all(q))
		return SQL_LIST_USER;
	return storage_is_rare(q->status) ? SQL_LIST_RARE : SQL_LIST_ALL;
}

static int list(struct db *db, const struct rent_list_query *q, struct page *page,
                struct rent_error *err)
{
	/* Above every time that can stand there. */
	char before[RENT_TIME_SIZE] = "~";
	sqlite3_stmt *stmt;
	int code;

	if (q->before_created_at != 0)
		rent_time_text(q->before_created_at, ' ', before);
	code = db_first(db, list_statement(q), &stmt, err, before,
	                q->before_id == NULL ? "" : q->before_id,
	                rent_name_of(rent_status_names, (int)q->status), q->user_id);
	return code == DB_ROW ? show_rentals(db, stmt, page, err) : code;
}

int sqlite_rental_list(struct sqlite *self, const struct rent_list_query *query,
                       rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rent_list_query q;
	struct page page = { fn, arg, 0, &q, false };
	struct sqlite_reader *reader;
	struct readers *readers;
	int code;

	rent_adopt(&q, sizeof(q), query, query->struct_size);
	readers = storage_lists_all(&q) ? self->lists : self->readers;
	code = borrow_of(readers, &reader, err);
	if (code != 0)
		return code;
	page.left = storage_page(q.limit);
	code = list(&reader->db, &q, &page, err);
	readers_return(readers, &reader->reader);
	return code;
}

int sqlite_scan(struct sqlite *self, enum rent_scan what, const char *after_id,
                uint32_t limit, rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct page page = { fn, arg, storage_page(limit), NULL, what == RENT_SCAN_HELD };
	struct sqlite_reader *reader;
	sqlite3_stmt *stmt;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&reader->db,
	                what == RENT_SCAN_DEBTS ? SQL_SCAN_DEBTS : SQL_SCAN_ACTIVE, &stmt,
	                err, after_id, (int64_t)page.left);
	if (code == DB_ROW)
		code = show_rentals(&reader->db, stmt, &page, err);
	give_back(self, reader);
	return code;
}

/* ---- operations */

/* Shows what a statement gives. *ret_n: how many there were. */
static int show_ops(struct db *db, int code, sqlite3_stmt *stmt, rent_op_fn fn, void *arg,
                    int64_t *ret_n, struct rent_error *err)
{
	struct rent_op op;

	*ret_n = 0;
	while (code == DB_ROW) {
		row_op(&db_rows, stmt, 0, &op);
		(*ret_n)++;
		code = fn(arg, &op);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_rental_trail(struct sqlite *self, const char *id, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	struct sqlite_reader *reader;
	sqlite3_stmt *stmt;
	int64_t n;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&reader->db, SQL_RENTAL_EXISTS, &stmt, err, id);
	if (code == DB_ROW) {
		db_done(stmt);
		code = db_first(&reader->db, SQL_OPS_ALL, &stmt, err, id);
		code = show_ops(&reader->db, code, stmt, fn, arg, &n, err);
	} else if (code == 0) {
		code = 1;
	}
	give_back(self, reader);
	return code;
}

/* The operation of that id or key; 1: there is none. */
static int show_op(struct sqlite *self, enum sql_id statement, const char *id,
                   rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct sqlite_reader *reader;
	sqlite3_stmt *stmt;
	int64_t n;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&reader->db, statement, &stmt, err, id);
	code = show_ops(&reader->db, code, stmt, fn, arg, &n, err);
	if (code == 0 && n == 0)
		code = 1;
	give_back(self, reader);
	return code;
}

int sqlite_op_get(struct sqlite *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	return show_op(self, SQL_OP_GET, id, fn, arg, err);
}

int sqlite_op_requested(struct sqlite *self, const char *key, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	return show_op(self, SQL_OP_REQUESTED, key, fn, arg, err);
}

int sqlite_op_scan(struct sqlite *self, enum rent_ops what, const char *after_id,
                   uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct sqlite_reader *reader;
	sqlite3_stmt *stmt;
	int64_t n;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = db_first(&reader->db,
	                what == RENT_OPS_MANUAL ? SQL_OPS_MANUAL : SQL_OPS_PAGE, &stmt,
	                err, after_id, (int64_t)storage_page(limit));
	code = show_ops(&reader->db, code, stmt, fn, arg, &n, err);
	give_back(self, reader);
	return code;
}

static int show_resolutions(struct db *db, const char *rental_id, rent_resolution_fn fn,
                            void *arg, struct rent_error *err)
{
	struct rent_resolution resolution;
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_RESOLUTIONS, &stmt, err, rental_id);

	while (code == DB_ROW) {
		row_resolution(&db_rows, stmt, 0, &resolution);
		code = fn(arg, &resolution);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_resolutions(struct sqlite *self, const char *rental_id, rent_resolution_fn fn,
                       void *arg, struct rent_error *err)
{
	struct sqlite_reader *reader;
	int code = borrow(self, &reader, err);

	if (code != 0)
		return code;
	code = show_resolutions(&reader->db, rental_id, fn, arg, err);
	give_back(self, reader);
	return code;
}
