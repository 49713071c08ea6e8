/* SPDX-License-Identifier: MIT
 *
 * deeds.c - who did what: recorded beside a start or a change, and listed.
 */
#include "core/deed.h"

#include "sqlite.h"

int sqlite_put_deed(struct db *db, const struct deed_row *row, struct rent_error *err)
{
	return db_do(db, SQL_DEED_PUT, err, db->now, row->rental, row->action, row->op,
	             row->subject, row->role, row->issuer, row->key, row->peer,
	             row->request, row->by, row->reason);
}

static int show_deed(sqlite3_stmt *stmt, rent_deed_fn fn, void *arg)
{
	const struct deed_row texts = {
		.rental = db_text(stmt, 2),
		.action = db_text(stmt, 3),
		.op = db_text(stmt, 4),
		.subject = db_text(stmt, 5),
		.role = db_text(stmt, 6),
		.issuer = db_text(stmt, 7),
		.key = db_text(stmt, 8),
		.peer = db_text(stmt, 9),
		.request = db_text(stmt, 10),
		.by = db_text(stmt, 11),
		.reason = db_text(stmt, 12),
	};
	struct rent_actor actor;
	struct rent_deed deed;

	deed_show(&texts, &actor, &deed);
	deed.id = sqlite3_column_int64(stmt, 0);
	deed.at = sqlite3_column_int64(stmt, 1);
	return fn(arg, &deed);
}

static int show_deeds(struct db *db, const struct rent_deed_query *query, rent_deed_fn fn,
                      void *arg, struct rent_error *err)
{
	int64_t before = query->before_id == 0 ? INT64_MAX : query->before_id;
	int64_t limit = storage_page(query->limit);
	bool all = query->rental_id == NULL || query->rental_id[0] == '\0';
	sqlite3_stmt *stmt;
	int code = all ? db_first(db, SQL_DEEDS_ALL, &stmt, err, before, limit)
	               : db_first(db, SQL_DEEDS_OF, &stmt, err, before, limit,
	                          query->rental_id);

	while (code == DB_ROW) {
		code = show_deed(stmt, fn, arg);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_deed_list(struct sqlite *self, const struct rent_deed_query *query,
                     rent_deed_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_deeds(&((struct sqlite_reader *)reader)->db, query, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}
