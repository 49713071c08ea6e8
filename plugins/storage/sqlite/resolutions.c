/* SPDX-License-Identifier: MIT
 *
 * resolutions.c - what operators see and do: single operations, pages of them, and the
 * journal of resolutions; see resolutions.h.
 */
#include "resolutions.h"

#include "row.h"
#include "store.h"

static const struct rent_op_end *end_of(const struct rent_change *change,
                                        const struct rent_resolution *resolution)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		if (change->ends[i].id != NULL &&
		    strcmp(change->ends[i].id, resolution->op_id) == 0)
			return &change->ends[i];
	}
	return NULL;
}

bool resolution_fits(const struct rent_change *change)
{
	const struct rent_resolution *resolution = rent_change_resolution(change);
	const struct rent_op_end *end =
		resolution == NULL ? NULL : end_of(change, resolution);

	return resolution == NULL ||
	       (end != NULL &&
	        (end->state == RENT_OP_SUCCEEDED || end->state == RENT_OP_DECLINED ||
	         end->state == RENT_OP_NOT_EXECUTED));
}

int resolution_put(struct db *db, const struct rent_change *change,
                   struct rent_error *err)
{
	const struct rent_resolution *resolution = rent_change_resolution(change);
	const struct rent_op_end *end;
	bool succeeded;

	if (resolution == NULL)
		return 0;
	end = end_of(change, resolution);
	if (end == NULL)
		return DB_CONSTRAINT; /* resolution_fits() saw it */
	succeeded = end->state == RENT_OP_SUCCEEDED;
	return db_run(db, SQL_RESOLUTION_PUT, err, "tttietti", end->id, change->rental_id,
	              rent_name_of(rent_op_state_names, (int)end->state),
	              succeeded ? end->processed : 0, end->ref, resolution->reason,
	              resolution->by, db->now);
}

int resolution_sums(struct db *db, const char *rental_id, struct rent_audit_row *row,
                    struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_RESOLUTION_SUMS, &stmt, err, "t", rental_id);

	if (code != DB_ROW)
		return code;
	row->resolved = sqlite3_column_int64(stmt, 0);
	row->resolved_otherwise = sqlite3_column_int64(stmt, 1);
	db_done(stmt);
	return 0;
}

static void read_row(sqlite3_stmt *stmt, struct rent_resolution *ret)
{
	*ret = (struct rent_resolution){ .struct_size = sizeof(*ret) };
	(void)rent_copy(ret->op_id, sizeof(ret->op_id), db_text(stmt, 0));
	(void)rent_copy(ret->rental_id, sizeof(ret->rental_id), db_text(stmt, 1));
	ret->resolved_as =
		(enum rent_op_state)rent_value_of(rent_op_state_names, db_text(stmt, 2));
	ret->amount = sqlite3_column_int64(stmt, 3);
	(void)rent_copy(ret->ref, sizeof(ret->ref), db_text(stmt, 4));
	(void)rent_copy(ret->reason, sizeof(ret->reason), db_text(stmt, 5));
	(void)rent_copy(ret->by, sizeof(ret->by), db_text(stmt, 6));
	ret->created_at = sqlite3_column_int64(stmt, 7);
}

static int show_resolutions(struct db *db, const char *rental_id, rent_resolution_fn fn,
                            void *arg, struct rent_error *err)
{
	struct rent_resolution resolution;
	sqlite3_stmt *stmt;
	int code = db_find(db, SQL_RESOLUTIONS, &stmt, err, "t", rental_id);

	while (code == DB_ROW) {
		read_row(stmt, &resolution);
		code = fn(arg, &resolution);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int store_resolutions(void *self, const char *rental_id, rent_resolution_fn fn, void *arg,
                      struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct reader *reader;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = show_resolutions(&reader->db, rental_id, fn, arg, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_RESOLUTIONS, since, code);
}

/* Shows the operations from the one that stmt stands on; *ret_n: how many there were. */
static int show_ops(struct db *db, sqlite3_stmt *stmt, rent_op_fn fn, void *arg,
                    uint32_t *ret_n, struct rent_error *err)
{
	struct rent_op op;
	int code = DB_ROW;

	while (code == DB_ROW) {
		row_op(stmt, &op);
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

int store_op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                 struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct reader *reader;
	sqlite3_stmt *stmt;
	uint32_t n = 0;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = db_find(&reader->db, SQL_OP_GET, &stmt, err, "t", id);
		if (code == DB_ROW)
			code = show_ops(&reader->db, stmt, fn, arg, &n, err);
		if (code == 0 && n == 0)
			code = 1;
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_OP_GET, since, code);
}

int store_op_scan(void *self, enum rent_ops what, const char *after_id, uint32_t limit,
                  rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	int64_t room = limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX;
	struct reader *reader;
	sqlite3_stmt *stmt;
	uint32_t n = 0;
	int code = readers_take(store->readers, &reader, err);

	if (code == 0) {
		code = db_find(&reader->db,
		               what == RENT_OPS_MANUAL ? SQL_OPS_MANUAL : SQL_OPS_PAGE,
		               &stmt, err, "ti", after_id, room);
		if (code == DB_ROW)
			code = show_ops(&reader->db, stmt, fn, arg, &n, err);
		readers_give(store->readers, reader);
	}
	return store_leave(store, CALL_OP_SCAN, since, code);
}
