/* SPDX-License-Identifier: MIT
 *
 * read.c - the slots that only read: rental_get, rental_list, rental_trail, scan, totals.
 */
#include "store.h"

int store_rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                     struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);

	return store_leave(store, CALL_RENTAL_GET, since,
	                   readers_view(store->readers, id, fn, arg, err));
}

/* A row on its way to the caller. */
struct page {
	rent_rental_fn fn;
	void *arg;
	uint32_t left;
	const struct rent_list_query *before; /* list: only rows before it; or NULL */
};

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
static int show_rows(struct db *db, sqlite3_stmt *stmt, struct page *page,
                     struct rent_error *err)
{
	struct rent_rental rental;
	int code = DB_ROW;

	while (code == DB_ROW && page->left > 0) {
		code = view_rental(db, stmt, &rental, err);
		if (code == 0 && is_before(&rental, page->before)) {
			page->left--;
			code = page->fn(page->arg, &rental, NULL, 0);
		}
		if (code != 0)
			break;
		code = db_next(db, stmt, err);
	}
	if (code != 0)
		db_done(stmt);
	return code == DB_ROW && page->left == 0 ? 0 : code;
}

static int list(struct db *db, const struct rent_list_query *q, struct page *page,
                struct rent_error *err)
{
	bool any = q->user_id == NULL || q->user_id[0] == '\0';
	/* Above every time that can stand there. */
	char before[RENT_TIME_SIZE] = "~";
	sqlite3_stmt *stmt;
	int code;

	if (q->before_created_at != 0)
		rent_time_text(q->before_created_at, ' ', before);
	code = db_find(db, any ? SQL_LIST_ALL : SQL_LIST_USER, &stmt, err,
	               any ? "ttt" : "tttt", before,
	               q->before_id == NULL ? "" : q->before_id,
	               rent_name_of(rent_status_names, (int)q->status), q->user_id);
	return code == DB_ROW ? show_rows(db, stmt, page, err) : code;
}

int store_rental_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                      void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct rent_list_query q;
	struct page page = { fn, arg, 0, &q };
	struct reader *reader;
	int code = readers_take(store->readers, &reader, err);

	rent_adopt(&q, sizeof(q), query, query->struct_size);
	page.left = q.limit < RENT_SCAN_MAX ? q.limit : RENT_SCAN_MAX;
	if (code == 0) {
		code = list(&reader->db, &q, &page, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_RENTAL_LIST, since, code);
}

static int exists(struct db *db, const char *id, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_RENTAL_EXISTS, &stmt, err, "t", id);

	if (code == DB_ROW)
		db_done(stmt);
	return code;
}

static int trail(struct db *db, const char *id, rent_op_fn fn, void *arg,
                 struct rent_error *err)
{
	sqlite3_stmt *stmt;
	struct rent_op op;
	int code = exists(db, id, err);

	if (code != DB_ROW)
		return code == 0 ? 1 : code;
	code = db_find(db, SQL_OPS_ALL, &stmt, err, "t", id);
	while (code == DB_ROW) {
		row_op(stmt, &op);
		code = fn(arg, &op);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int store_rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                       struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct reader *reader;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = trail(&reader->db, id, fn, arg, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_RENTAL_TRAIL, since, code);
}

int store_scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
               rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct page page = { fn, arg, limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX,
		             NULL };
	struct reader *reader;
	sqlite3_stmt *stmt;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = db_find(&reader->db,
		               what == RENT_SCAN_DEBTS ? SQL_SCAN_DEBTS : SQL_SCAN_ACTIVE,
		               &stmt, err, "ti", after_id, (int64_t)page.left);
		if (code == DB_ROW)
			code = show_rows(&reader->db, stmt, &page, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_SCAN, since, code);
}

static int read_totals(struct db *db, struct rent_totals *t, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_TOTALS, &stmt, err, "");
	int64_t oldest;

	if (code != DB_ROW)
		return code == 0 ? RENT_EFAIL : code;
	t->active = sqlite3_column_int64(stmt, 0);
	t->pending = sqlite3_column_int64(stmt, 1);
	t->unsettled = sqlite3_column_int64(stmt, 2);
	t->debt = sqlite3_column_int64(stmt, 3);
	t->open_ops = sqlite3_column_int64(stmt, 4);
	t->manual_ops = sqlite3_column_int64(stmt, 5);
	oldest = sqlite3_column_int64(stmt, 6);
	t->oldest_work_us = oldest != 0 && oldest < db->now ? db->now - oldest : 0;
	db_done(stmt);
	return 0;
}

int store_totals(void *self, struct rent_totals *ret, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct rent_totals t = { .struct_size = sizeof(t) };
	struct reader *reader;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = read_totals(&reader->db, &t, err);
		readers_give(store->readers, reader);
	}
	if (code == 0)
		rent_adopt(ret, ret->struct_size, &t, sizeof(t));
	return store_leave(store, CALL_TOTALS, since, code);
}
