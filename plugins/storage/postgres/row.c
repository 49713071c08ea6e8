/* SPDX-License-Identifier: MIT
 *
 * row.c - rows as structs. What an operator wrote by hand and makes no sense marks the
 * rental as broken instead of failing the page it is on.
 */
#include "row.h"

#include <endian.h>

#include "args.h"

/* Columns of SQL_RENTAL. */
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
	R_IN_FLIGHT,
	R_IN_FLIGHT_DEBT,
	R_IN_DOUBT,
	R_OPEN_OPS,
	R_NOW,
};

_Static_assert(R_NOW + 1 == ROW_RENTAL_COLUMNS, "columns of a rental");

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

int64_t row_int(const PGresult *res, int row, int column)
{
	uint64_t wire64;
	uint32_t wire32;

	if (PQgetisnull(res, row, column))
		return 0;
	if (PQgetlength(res, row, column) == (int)sizeof(wire32)) {
		memcpy(&wire32, PQgetvalue(res, row, column), sizeof(wire32));
		return (int32_t)be32toh(wire32);
	}
	memcpy(&wire64, PQgetvalue(res, row, column), sizeof(wire64));
	return (int64_t)be64toh(wire64);
}

bool row_bool(const PGresult *res, int row, int column)
{
	return !PQgetisnull(res, row, column) && PQgetvalue(res, row, column)[0] != 0;
}

int64_t row_time(const PGresult *res, int row, int column)
{
	int64_t t = row_int(res, row, column);

	if (PQgetisnull(res, row, column) || t == INT64_MIN || t == INT64_MAX)
		return t;
	/* The server's times reach a little further than ours. */
	return __builtin_add_overflow(t, ARGS_EPOCH, &t) ? INT64_MAX : t;
}

const char *row_text(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column);
}

static void mark_broken(struct rent_rental *r, const char *what, const char *value)
{
	if (r->broken[0] == '\0')
		(void)snprintf(r->broken, sizeof(r->broken), "%s \"%.40s\"", what, value);
}

/* A cut id would be another rental's, or nobody's. */
static void take_id(struct rent_rental *r, const PGresult *res, int row, int column,
                    char *dst)
{
	const char *text = row_text(res, row, column);

	if (!rent_copy(dst, RENT_ID_SIZE, text))
		mark_broken(r, "longer than 64 bytes:", text);
}

/* Before the epoch there is no rental, and arithmetic with an infinity would overflow. */
static void take_time(struct rent_rental *r, const PGresult *res, int row, int column,
                      int64_t *ret)
{
	*ret = row_time(res, row, column);
	if (*ret < 0 || *ret > INT64_MAX / 4) {
		mark_broken(r, "not a time:", PQfname(res, column));
		*ret = 0;
	}
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

static void take_ids(struct rent_rental *r, const PGresult *res, int row)
{
	take_id(r, res, row, R_ID, r->id);
	take_id(r, res, row, R_USER_ID, r->user_id);
	take_id(r, res, row, R_STATION_ID, r->station_id);
	take_id(r, res, row, R_QUOTE_ID, r->quote_id);
	take_id(r, res, row, R_PROVIDER, r->provider);
	take_id(r, res, row, R_LEASE_TOKEN, r->lease_token);
	if (strcmp(row_text(res, row, R_POWERBANK_ID), ROW_NO_POWERBANK) != 0)
		take_id(r, res, row, R_POWERBANK_ID, r->powerbank_id);
}

static void take_times(struct rent_rental *r, const PGresult *res, int row)
{
	take_time(r, res, row, R_CREATED_AT, &r->created_at);
	take_time(r, res, row, R_STARTED_AT, &r->started_at);
	take_time(r, res, row, R_FINISHED_AT, &r->finished_at);
	take_time(r, res, row, R_DEBT_LAST, &r->debt_last_attempt_at);
	check_times(r);
}

void row_rental(const PGresult *res, int row, struct rent_rental *ret)
{
	struct rent_rental *r = ret;

	*r = (struct rent_rental){ .struct_size = sizeof(*r) };
	take_ids(r, res, row);
	r->price_per_hour = row_int(res, row, R_PRICE);
	r->free_period_min = row_int(res, row, R_FREE);
	r->deposit = row_int(res, row, R_DEPOSIT);
	r->status = (enum rent_status)rent_value_of(rent_status_names,
	                                            row_text(res, row, R_STATUS));
	r->settlement = (enum rent_settlement)rent_value_of(
		rent_settlement_names, row_text(res, row, R_SETTLEMENT));
	r->paid = row_int(res, row, R_PAID);
	r->version = row_int(res, row, R_VERSION);
	r->lease_until = row_int(res, row, R_LEASE_UNTIL);
	r->work_at = row_int(res, row, R_WORK_AT);
	r->work_tries = row_int(res, row, R_WORK_TRIES);
	r->has_final = !PQgetisnull(res, row, R_FINAL);
	r->final_amount = row_int(res, row, R_FINAL);
	r->debt = row_int(res, row, R_DEBT);
	r->debt_attempts = row_int(res, row, R_DEBT_ATTEMPTS);
	r->in_flight = row_int(res, row, R_IN_FLIGHT);
	r->in_flight_debt = row_int(res, row, R_IN_FLIGHT_DEBT);
	r->in_doubt = row_int(res, row, R_IN_DOUBT);
	r->open_ops = row_int(res, row, R_OPEN_OPS);
	r->now = row_int(res, row, R_NOW);
	take_times(r, res, row);
}

void row_op(const PGresult *res, int row, int first, struct rent_op *ret)
{
	struct rent_op *o = ret;
	const char *kind = row_text(res, row, first + O_KIND);
	const char *purpose = row_text(res, row, first + O_PURPOSE);
	const char *state = row_text(res, row, first + O_STATE);

	*o = (struct rent_op){ .struct_size = sizeof(*o) };
	(void)rent_copy(o->id, sizeof(o->id), row_text(res, row, first + O_ID));
	(void)rent_copy(o->rental_id, sizeof(o->rental_id),
	                row_text(res, row, first + O_RENTAL_ID));
	(void)rent_copy(o->target_id, sizeof(o->target_id),
	                row_text(res, row, first + O_TARGET_ID));
	(void)rent_copy(o->ref, sizeof(o->ref), row_text(res, row, first + O_REF));
	(void)rent_copy(o->result, sizeof(o->result),
	                row_text(res, row, first + O_RESULT));
	(void)rent_copy(o->note, sizeof(o->note), row_text(res, row, first + O_NOTE));
	o->kind = (enum rent_op_kind)rent_value_of(rent_op_kind_names, kind);
	o->purpose = (enum rent_purpose)rent_value_of(rent_purpose_names, purpose);
	o->state = (enum rent_op_state)rent_value_of(rent_op_state_names, state);
	o->amount = row_int(res, row, first + O_AMOUNT);
	o->processed = row_int(res, row, first + O_PROCESSED);
	o->used = row_int(res, row, first + O_USED);
	o->tries = row_int(res, row, first + O_TRIES);
	o->created_at = row_int(res, row, first + O_CREATED_AT);
	o->resolved_at = row_int(res, row, first + O_RESOLVED_AT);
	o->expires_at = row_int(res, row, first + O_EXPIRES_AT);
}
