/* SPDX-License-Identifier: MIT
 *
 * sums.c - the intentions that add up: totals, user_sums, unfinished, and audit_scan, which shows a rental beside the
 * sums of its single rows.
 */
#include "common/wait.h"
#include "core/audit.h"

#include "sqlite.h"

static int read_totals(struct db *db, struct rent_totals *t, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_TOTALS, &stmt, err);
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

/* They are counted within one step of the library, which may take long. */
struct counting {
	struct db *db;
	struct rent_totals totals;
	int code;
	struct rent_error err;
};

static void count_totals(void *arg)
{
	struct counting *c = arg;

	c->code = read_totals(c->db, &c->totals, &c->err);
}

int sqlite_totals(struct sqlite *self, struct rent_totals *ret, struct rent_error *err)
{
	const struct rent_host *host = self->instance.host;
	struct counting c = { .totals.struct_size = sizeof(c.totals) };
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	c.db = &((struct sqlite_reader *)reader)->db;
	if (host->task->block(host, count_totals, &c) != 0)
		c.code = rent_fail(&c.err, RENT_EFULL,
		                   "database: too many reads wait for a thread already");
	readers_return(self->readers, reader);
	if (c.code == 0)
		rent_adopt(ret, ret->struct_size, &c.totals, sizeof(c.totals));
	else if (err != NULL)
		*err = c.err;
	return c.code;
}

/* ---- user_sums */

static int read_user_sums(struct db *db, const char *user_id, struct rent_user_sums *ret,
                          struct rent_error *err)
{
	enum sql_id id = user_id[0] == '\0' ? SQL_EVERYBODY_SUMS : SQL_USER_SUMS;
	sqlite3_stmt *stmt;
	int code = db_first(db, id, &stmt, err, user_id);

	if (code != DB_ROW)
		return code == 0 ? RENT_EFAIL : code;
	ret->rentals = sqlite3_column_int64(stmt, 0);
	ret->live = sqlite3_column_int64(stmt, 1);
	ret->paid = sqlite3_column_int64(stmt, 2);
	ret->debt = sqlite3_column_int64(stmt, 3);
	ret->in_flight = sqlite3_column_int64(stmt, 4);
	ret->in_flight_debt = sqlite3_column_int64(stmt, 5);
	ret->in_doubt = sqlite3_column_int64(stmt, 6);
	ret->unsettled = sqlite3_column_int64(stmt, 7);
	db_done(stmt);
	return 0;
}

int sqlite_user_sums(struct sqlite *self, const char *user_id, struct rent_user_sums *ret,
                     struct rent_error *err)
{
	struct rent_user_sums sums = { .struct_size = sizeof(sums) };
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = read_user_sums(&((struct sqlite_reader *)reader)->db, user_id, &sums, err);
	readers_return(self->readers, reader);
	if (code == 0)
		rent_adopt(ret, ret->struct_size, &sums, sizeof(sums));
	return code;
}

/* ---- unfinished */

int sqlite_unfinished(struct sqlite *self, rent_unfinished_fn fn, void *arg,
                      struct rent_error *err)
{
	struct rent_unfinished group = { .struct_size = sizeof(group) };
	struct reader *reader;
	sqlite3_stmt *stmt;
	struct db *db;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	db = &((struct sqlite_reader *)reader)->db;
	code = db_first(db, SQL_UNFINISHED, &stmt, err);
	while (code == DB_ROW) {
		(void)rent_copy(group.provider, RENT_ID_SIZE, db_text(stmt, 0));
		(void)rent_copy(group.provider_plugin, RENT_ID_SIZE, db_text(stmt, 1));
		(void)rent_copy(group.station_instance, RENT_ID_SIZE, db_text(stmt, 2));
		(void)rent_copy(group.station_plugin, RENT_ID_SIZE, db_text(stmt, 3));
		group.rentals = sqlite3_column_int64(stmt, 4);
		code = fn(arg, &group);
		if (code == 0)
			code = db_next(db, stmt, err);
		else
			db_done(stmt);
	}
	readers_return(self->readers, reader);
	return code;
}

/* ---- audit_scan */

static int read_reopened_at(struct db *db, const char *id, int64_t *ret,
                            struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_REOPENED_AT, &stmt, err, id);

	if (code != DB_ROW)
		return code;
	*ret = sqlite3_column_int64(stmt, 0);
	db_done(stmt);
	return 0;
}

static int add_ops(struct db *db, const char *id, struct rent_audit_row *a,
                   struct rent_error *err)
{
	sqlite3_stmt *stmt;
	struct rent_op op;
	int64_t reopened_at = 0;
	int code = read_reopened_at(db, id, &reopened_at, err);

	if (code != 0)
		return code;
	code = db_first(db, SQL_OPS_ALL, &stmt, err, id);

	while (code == DB_ROW) {
		row_op(&db_rows, stmt, 0, &op);
		audit_add_op(a, &op, reopened_at);
		code = db_next(db, stmt, err);
	}
	return code;
}

static int add_sums(struct db *db, const struct rent_rental *r, struct rent_audit_row *a,
                    struct rent_error *err)
{
	bool live = r->status == RENT_STATUS_PENDING || r->status == RENT_STATUS_ACTIVE;
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_AUDIT_SUMS, &stmt, err, r->id, r->quote_id,
	                    live ? r->powerbank_id : "");

	if (code != DB_ROW)
		return code;
	a->attempts_taken = sqlite3_column_int64(stmt, 0);
	a->journal_debt = sqlite3_column_int64(stmt, 1);
	a->same_quote = sqlite3_column_int64(stmt, 2);
	a->same_powerbank_live =
		sqlite3_column_int64(stmt, 3) + sqlite3_column_int64(stmt, 4);
	a->keys = sqlite3_column_int64(stmt, 5);
	a->unnamed = sqlite3_column_int64(stmt, 6);
	a->hold_expires_at = sqlite3_column_int64(stmt, 7);
	db_done(stmt);
	return 0;
}

static int add_resolutions(struct db *db, const char *id, struct rent_audit_row *a,
                           struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_RESOLUTION_SUMS, &stmt, err, id);

	if (code != DB_ROW)
		return code;
	a->resolved = sqlite3_column_int64(stmt, 0);
	a->resolved_otherwise = sqlite3_column_int64(stmt, 1);
	db_done(stmt);
	return 0;
}

static int add_outside(struct db *db, const char *id, struct rent_audit_row *a,
                       struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, SQL_OUTSIDE_SUM, &stmt, err, id);

	if (code != DB_ROW)
		return code;
	a->outside = sqlite3_column_int64(stmt, 0);
	db_done(stmt);
	return 0;
}

static int audit_rental(struct db *db, sqlite3_stmt *page, rent_audit_fn fn, void *arg,
                        struct rent_error *err)
{
	struct rent_rental rental;
	struct rent_audit_row row = { .struct_size = sizeof(row), .rental = &rental };
	int code = sqlite_read_rental(db, page, &rental, err);

	if (code == 0)
		code = add_ops(db, rental.id, &row, err);
	if (code == 0)
		code = add_sums(db, &rental, &row, err);
	if (code == 0)
		code = add_resolutions(db, rental.id, &row, err);
	if (code == 0)
		code = add_outside(db, rental.id, &row, err);
	return code == 0 ? fn(arg, &row) : code;
}

static int audit_page(struct db *db, const char *after_id, uint32_t limit,
                      rent_audit_fn fn, void *arg, struct rent_error *err)
{
	sqlite3_stmt *page;
	size_t shown = 0;
	int code = db_first(db, SQL_AUDIT_PAGE, &page, err, after_id,
	                    (int64_t)storage_page(limit));

	while (code == DB_ROW) {
		wait_turn(db->host->task, shown++);
		code = audit_rental(db, page, fn, arg, err);
		if (code != 0) {
			db_done(page);
			return code;
		}
		code = db_next(db, page, err);
	}
	return code;
}

int sqlite_audit_scan(struct sqlite *self, const char *after_id, uint32_t limit,
                      rent_audit_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = audit_page(&((struct sqlite_reader *)reader)->db, after_id, limit, fn, arg,
	                  err);
	readers_return(self->readers, reader);
	return code;
}
