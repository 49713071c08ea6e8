/* SPDX-License-Identifier: MIT
 *
 * resolutions.c - what operators look at: single operations, pages of them, and the journal
 * of what persons said became of those in MANUAL. (That journal is written by parts.c.)
 */
#include "store.h"

#include "row.h"

static int show_ops(PGresult *res, rent_op_fn fn, void *arg)
{
	struct rent_op op;
	int code = 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		row_op(res, row, 0, &op);
		code = fn(arg, &op);
	}
	PQclear(res);
	return code;
}

int store_op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                 struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	PGresult *res;
	int code = readers_query(store->readers, SQL_OP_GET, readers_fill_id, &id, &res,
	                         err);

	if (code == 0) {
		bool none = PQntuples(res) == 0;

		code = show_ops(res, fn, arg);
		if (none)
			code = 1;
	}
	return store_leave(store, CALL_OP_GET, since, code);
}

int store_op_scan(void *self, enum rent_ops what, const char *after_id, uint32_t limit,
                  rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct store_page page = { after_id, limit };
	PGresult *res;
	int code = readers_query(store->readers,
	                         what == RENT_OPS_MANUAL ? SQL_OPS_MANUAL : SQL_OPS_PAGE,
	                         store_fill_page, &page, &res, err);

	if (code == 0)
		code = show_ops(res, fn, arg);
	return store_leave(store, CALL_OP_SCAN, since, code);
}

static void read_row(const PGresult *res, int row, struct rent_resolution *ret)
{
	*ret = (struct rent_resolution){ .struct_size = sizeof(*ret) };
	(void)rent_copy(ret->op_id, sizeof(ret->op_id), row_text(res, row, 0));
	(void)rent_copy(ret->rental_id, sizeof(ret->rental_id), row_text(res, row, 1));
	ret->resolved_as = (enum rent_op_state)rent_value_of(rent_op_state_names,
	                                                     row_text(res, row, 2));
	ret->amount = row_int(res, row, 3);
	(void)rent_copy(ret->ref, sizeof(ret->ref), row_text(res, row, 4));
	(void)rent_copy(ret->reason, sizeof(ret->reason), row_text(res, row, 5));
	(void)rent_copy(ret->by, sizeof(ret->by), row_text(res, row, 6));
	ret->created_at = row_int(res, row, 7);
}

int store_resolutions(void *self, const char *rental_id, rent_resolution_fn fn, void *arg,
                      struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct rent_resolution resolution;
	PGresult *res;
	int code = readers_query(store->readers, SQL_RESOLUTIONS, readers_fill_id,
	                         &rental_id, &res, err);

	if (code != 0)
		return store_leave(store, CALL_RESOLUTIONS, since, code);
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		read_row(res, row, &resolution);
		code = fn(arg, &resolution);
	}
	PQclear(res);
	return store_leave(store, CALL_RESOLUTIONS, since, code);
}
