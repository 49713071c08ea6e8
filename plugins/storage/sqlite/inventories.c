/* SPDX-License-Identifier: MIT
 *
 * inventories.c - what was in cabinets before ejects: recorded, listed by cabinet.
 */
#include "sqlite.h"

struct inventory_job {
	struct writer_job job;
	const struct rent_inventory *inventory;
	int64_t keep_us;
};

static int put_inventory(struct db *db, struct writer_job *job, bool careful,
                         struct rent_error *err)
{
	const struct inventory_job *j = (struct inventory_job *)job;
	const struct rent_inventory *inv = j->inventory;
	int code = db_do(db, SQL_INVENTORY_PURGE, err, inv->instance, inv->cabinet_id,
	                 db->now - j->keep_us);

	(void)careful;
	return code != 0 ? code
	                 : db_do(db, SQL_INVENTORY_PUT, err, inv->op_id, inv->instance,
	                         inv->cabinet_id, (int64_t)inv->known, inv->powerbanks,
	                         db->now);
}

int sqlite_inventory_put(struct sqlite *self, const struct rent_inventory *inventory,
                         int64_t keep_us, struct rent_error *err)
{
	struct inventory_job j = { .job = { .apply = put_inventory },
		                   .inventory = inventory,
		                   .keep_us = keep_us };

	return writer_do(self->writer, &j.job, 1, err);
}

static int show_inventories(struct db *db, const struct rent_inventory_query *query,
                            rent_inventory_fn fn, void *arg, struct rent_error *err)
{
	struct rent_inventory row = { .struct_size = sizeof(row) };
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_INVENTORIES, &stmt, err, query->instance,
	                    query->cabinet_id, query->since,
	                    (int64_t)storage_page(query->limit));

	(void)rent_copy(row.instance, sizeof(row.instance), query->instance);
	(void)rent_copy(row.cabinet_id, sizeof(row.cabinet_id), query->cabinet_id);
	while (code == DB_ROW) {
		(void)rent_copy(row.op_id, sizeof(row.op_id), db_text(stmt, 0));
		row.known = sqlite3_column_int64(stmt, 1) != 0;
		row.powerbanks = db_text(stmt, 2);
		row.taken_at = sqlite3_column_int64(stmt, 3);
		row.state = (enum rent_op_state)rent_value_of(rent_op_state_names,
		                                              db_text(stmt, 4));
		(void)rent_copy(row.result, sizeof(row.result), db_text(stmt, 5));
		code = fn(arg, &row);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_inventory_list(struct sqlite *self, const struct rent_inventory_query *query,
                          rent_inventory_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_inventories(&((struct sqlite_reader *)reader)->db, query, fn, arg,
	                        err);
	readers_return(self->readers, reader);
	return code;
}
