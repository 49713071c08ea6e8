/* SPDX-License-Identifier: MIT
 *
 * read.c - the slots that only read: rental_get, rental_list, rental_trail, scan, totals.
 */
#include "store.h"

#include "row.h"

int store_rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                     struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);

	return store_leave(store, CALL_RENTAL_GET, since,
	                   views_show(store->views, id, fn, arg, err));
}

/* Shows rentals without operations. */
static int show_page(PGresult *res, rent_rental_fn fn, void *arg)
{
	struct rent_rental rental;
	int code = 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		row_rental(res, row, &rental);
		code = fn(arg, &rental, NULL, 0);
	}
	PQclear(res);
	return code;
}

static bool is_any(const struct rent_list_query *q)
{
	return q->user_id == NULL || q->user_id[0] == '\0';
}

static void fill_list(struct args *a, void *arg)
{
	const struct rent_list_query *q = arg;
	bool newest = q->before_created_at == 0;

	args_time(a, newest ? INT64_MAX : q->before_created_at);
	args_text(a, q->before_id == NULL ? "" : q->before_id);
	args_text(a, q->status == RENT_STATUS_NONE
	                     ? NULL
	                     : rent_name_of(rent_status_names, (int)q->status));
	args_int(a, (int64_t)(q->limit < RENT_SCAN_MAX ? q->limit : RENT_SCAN_MAX));
	if (!is_any(q))
		args_text(a, q->user_id);
}

int store_rental_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                      void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct rent_list_query q;
	PGresult *res;
	int code;

	rent_adopt(&q, sizeof(q), query, query->struct_size);
	code = readers_query(store->readers, is_any(&q) ? SQL_LIST_ALL : SQL_LIST_USER,
	                     fill_list, &q, &res, err);
	if (code == 0)
		code = show_page(res, fn, arg);
	return store_leave(store, CALL_RENTAL_LIST, since, code);
}

/* A rental without operations is one row of nulls. */
static int show_trail(const PGresult *res, rent_op_fn fn, void *arg)
{
	struct rent_op op;
	int code = PQntuples(res) == 0 ? 1 : 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		if (PQgetisnull(res, row, 0))
			continue;
		row_op(res, row, 0, &op);
		code = fn(arg, &op);
	}
	return code;
}

int store_rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                       struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	PGresult *res;
	int code =
		readers_query(store->readers, SQL_TRAIL, readers_fill_id, &id, &res, err);

	if (code == 0) {
		code = show_trail(res, fn, arg);
		PQclear(res);
	}
	return store_leave(store, CALL_RENTAL_TRAIL, since, code);
}

void store_fill_page(struct args *a, void *arg)
{
	const struct store_page *page = arg;

	args_text(a, page->after_id == NULL ? "" : page->after_id);
	args_int(a, (int64_t)(page->limit < RENT_SCAN_MAX ? page->limit : RENT_SCAN_MAX));
}

int store_scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
               rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct store_page page = { after_id, limit };
	enum sql_id id = what == RENT_SCAN_DEBTS ? SQL_SCAN_DEBTS : SQL_SCAN_ACTIVE;
	PGresult *res;
	int code = readers_query(store->readers, id, store_fill_page, &page, &res, err);

	if (code == 0)
		code = show_page(res, fn, arg);
	return store_leave(store, CALL_SCAN, since, code);
}

static void fill_nothing(struct args *a, void *arg)
{
	(void)a;
	(void)arg;
}

int store_totals(void *self, struct rent_totals *ret, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct rent_totals t = { .struct_size = sizeof(t) };
	PGresult *res;
	int code =
		readers_query(store->readers, SQL_TOTALS, fill_nothing, NULL, &res, err);

	if (code != 0)
		return store_leave(store, CALL_TOTALS, since, code);
	t.active = row_int(res, 0, 0);
	t.pending = row_int(res, 0, 1);
	t.unsettled = row_int(res, 0, 2);
	t.debt = row_int(res, 0, 3);
	t.open_ops = row_int(res, 0, 4);
	t.manual_ops = row_int(res, 0, 5);
	t.oldest_work_us = row_int(res, 0, 6);
	PQclear(res);
	rent_adopt(ret, ret->struct_size, &t, sizeof(t));
	return store_leave(store, CALL_TOTALS, since, 0);
}
