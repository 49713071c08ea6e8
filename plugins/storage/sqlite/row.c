/* SPDX-License-Identifier: MIT
 *
 * row.c - rows as structs. What an operator may have written by hand is read with every
 * form of a time that rent/time.h knows; what cannot be read marks the rental as broken
 * instead of failing the page it is on.
 */
#include "row.h"

/* Columns of RENTAL in sql.c. */
enum rental_column {
	R_ID,
	R_USER_ID,
	R_STATION_ID,
	R_POWERBANK_ID,
	R_QUOTE_ID,
	R_PROVIDER,
	R_PRICE,
	R_FREE,
	R_DEPOSIT,
	R_STATUS,
	R_SETTLEMENT,
	R_PAID,
	R_CREATED_AT,
	R_STARTED_AT,
	R_FINISHED_AT,
	R_VERSION,
	R_LEASE_TOKEN,
	R_LEASE_UNTIL,
	R_WORK_AT,
	R_WORK_TRIES,
	R_FINAL,
	R_DEBT,
	R_DEBT_ATTEMPTS,
	R_DEBT_LAST,
	R_LIVE_OPS,
};

enum op_column {
	O_ID,
	O_RENTAL_ID,
	O_TARGET_ID,
	O_REF,
	O_RESULT,
	O_NOTE,
	O_KIND,
	O_PURPOSE,
	O_STATE,
	O_AMOUNT,
	O_PROCESSED,
	O_USED,
	O_TRIES,
	O_CREATED_AT,
	O_RESOLVED_AT,
	O_EXPIRES_AT,
};

static void mark_broken(struct rent_rental *r, const char *what, const char *value)
{
	if (r->broken[0] == '\0')
		(void)snprintf(r->broken, sizeof(r->broken), "%s \"%.40s\"", what, value);
}

/* A cut id would be another rental's, or nobody's. */
static void take_id(struct rent_rental *r, sqlite3_stmt *stmt, int column, char *dst)
{
	const char *text = db_text(stmt, column);

	if (!rent_copy(dst, RENT_ID_SIZE, text))
		mark_broken(r, "longer than 64 bytes:", text);
}

static void take_time(struct rent_rental *r, sqlite3_stmt *stmt, int column, int64_t *ret)
{
	const char *text = db_text(stmt, column);

	*ret = 0;
	if (sqlite3_column_type(stmt, column) != SQLITE_NULL &&
	    !rent_time_parse(text, ret))
		mark_broken(r, "not a time:", text);
	else if (sqlite3_column_type(stmt, column) != SQLITE_NULL && *ret == 0)
		*ret = 1; /* 1970 to the microsecond is a time, 0 is none */
}

static void check_times(struct rent_rental *r)
{
	bool ended = r->status == RENT_STATUS_FINISHED || r->status == RENT_STATUS_BUYOUT;

	if (r->status == RENT_STATUS_ACTIVE && r->started_at == 0)
		mark_broken(r, "started_at is not set, status", "ACTIVE");
	if (r->status == RENT_STATUS_ACTIVE && r->finished_at != 0)
		mark_broken(r, "finished_at is set, status", "ACTIVE");
	if (ended && r->settlement == RENT_SETTLEMENT_PENDING &&
	    (r->started_at == 0 || r->finished_at == 0))
		mark_broken(r, "to be settled without started_at and finished_at, status",
		            rent_name_of(rent_status_names, (int)r->status));
}

static void take_ids(sqlite3_stmt *stmt, struct rent_rental *r)
{
	take_id(r, stmt, R_ID, r->id);
	take_id(r, stmt, R_USER_ID, r->user_id);
	take_id(r, stmt, R_STATION_ID, r->station_id);
	take_id(r, stmt, R_QUOTE_ID, r->quote_id);
	take_id(r, stmt, R_PROVIDER, r->provider);
	take_id(r, stmt, R_LEASE_TOKEN, r->lease_token);
	if (strcmp(db_text(stmt, R_POWERBANK_ID), ROW_NO_POWERBANK) != 0)
		take_id(r, stmt, R_POWERBANK_ID, r->powerbank_id);
}

void row_rental(sqlite3_stmt *stmt, int64_t now, struct rent_rental *ret,
                struct row_rest *rest)
{
	struct rent_rental *r = ret;

	*r = (struct rent_rental){ .struct_size = sizeof(*r), .now = now };
	take_ids(stmt, r);
	r->price_per_hour = sqlite3_column_int64(stmt, R_PRICE);
	r->free_period_min = sqlite3_column_int64(stmt, R_FREE);
	r->deposit = sqlite3_column_int64(stmt, R_DEPOSIT);
	r->status = (enum rent_status)rent_value_of(rent_status_names,
	                                            db_text(stmt, R_STATUS));
	r->settlement = (enum rent_settlement)rent_value_of(rent_settlement_names,
	                                                    db_text(stmt, R_SETTLEMENT));
	r->paid = sqlite3_column_int64(stmt, R_PAID);
	r->has_final = sqlite3_column_type(stmt, R_FINAL) != SQLITE_NULL;
	r->final_amount = sqlite3_column_int64(stmt, R_FINAL);
	take_time(r, stmt, R_CREATED_AT, &r->created_at);
	take_time(r, stmt, R_STARTED_AT, &r->started_at);
	take_time(r, stmt, R_FINISHED_AT, &r->finished_at);
	r->version = sqlite3_column_int64(stmt, R_VERSION);
	r->lease_until = sqlite3_column_int64(stmt, R_LEASE_UNTIL);
	r->work_at = sqlite3_column_int64(stmt, R_WORK_AT);
	r->work_tries = sqlite3_column_int64(stmt, R_WORK_TRIES);
	r->debt = sqlite3_column_int64(stmt, R_DEBT);
	r->debt_attempts = sqlite3_column_int64(stmt, R_DEBT_ATTEMPTS);
	take_time(r, stmt, R_DEBT_LAST, &r->debt_last_attempt_at);
	check_times(r);
	rest->live_ops = sqlite3_column_int(stmt, R_LIVE_OPS) != 0;
}

void row_op(sqlite3_stmt *stmt, struct rent_op *ret)
{
	struct rent_op *o = ret;

	*o = (struct rent_op){ .struct_size = sizeof(*o) };
	(void)rent_copy(o->id, sizeof(o->id), db_text(stmt, O_ID));
	(void)rent_copy(o->rental_id, sizeof(o->rental_id), db_text(stmt, O_RENTAL_ID));
	(void)rent_copy(o->target_id, sizeof(o->target_id), db_text(stmt, O_TARGET_ID));
	(void)rent_copy(o->ref, sizeof(o->ref), db_text(stmt, O_REF));
	(void)rent_copy(o->result, sizeof(o->result), db_text(stmt, O_RESULT));
	(void)rent_copy(o->note, sizeof(o->note), db_text(stmt, O_NOTE));
	o->kind = (enum rent_op_kind)rent_value_of(rent_op_kind_names,
	                                           db_text(stmt, O_KIND));
	o->purpose = (enum rent_purpose)rent_value_of(rent_purpose_names,
	                                              db_text(stmt, O_PURPOSE));
	o->state = (enum rent_op_state)rent_value_of(rent_op_state_names,
	                                             db_text(stmt, O_STATE));
	o->amount = sqlite3_column_int64(stmt, O_AMOUNT);
	o->processed = sqlite3_column_int64(stmt, O_PROCESSED);
	o->used = sqlite3_column_int64(stmt, O_USED);
	o->tries = sqlite3_column_int64(stmt, O_TRIES);
	o->created_at = sqlite3_column_int64(stmt, O_CREATED_AT);
	o->resolved_at = sqlite3_column_int64(stmt, O_RESOLVED_AT);
	o->expires_at = sqlite3_column_int64(stmt, O_EXPIRES_AT);
}
