/* SPDX-License-Identifier: MIT
 *
 * ops.c - the operations of a change; see ops.h.
 */
#include "ops.h"

#include "resolutions.h"

static bool is_final(enum rent_op_state s)
{
	return s == RENT_OP_SUCCEEDED || s == RENT_OP_DECLINED ||
	       s == RENT_OP_NOT_EXECUTED;
}

static bool named_before(const struct rent_change *change, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (change->ends[k].id != NULL &&
		    strcmp(change->ends[k].id, change->ends[i].id) == 0)
			return true;
	}
	return false;
}

static int find_one(struct db *db, const struct rent_change *change, size_t i,
                    struct ops_found *ret, struct rent_error *err)
{
	sqlite3_stmt *row;
	enum rent_op_state state;
	int code = db_find(db, SQL_OP_GUARDS, &row, err, "tt", change->ends[i].id,
	                   change->rental_id);

	if (code != DB_ROW)
		return code == 0 ? 1 : code;
	ret->seq = sqlite3_column_int64(row, 0);
	ret->kind = (enum rent_op_kind)rent_value_of(rent_op_kind_names, db_text(row, 1));
	state = (enum rent_op_state)rent_value_of(rent_op_state_names, db_text(row, 2));
	ret->amount = sqlite3_column_int64(row, 3);
	(void)rent_copy(ret->target_id, sizeof(ret->target_id), db_text(row, 4));
	(void)rent_copy(ret->note, sizeof(ret->note), db_text(row, 5));
	db_done(row);
	return !rent_change_may_end(change, i, state) || named_before(change, i);
}

int ops_find(struct db *db, const struct rent_change *change,
             struct ops_found found[RENT_CHANGE_OPS], struct rent_error *err)
{
	int code = resolution_fits(change) ? 0 : 1;

	for (size_t i = 0; i < RENT_CHANGE_OPS && code == 0; i++) {
		if (change->ends[i].id != NULL)
			code = find_one(db, change, i, &found[i], err);
	}
	return code;
}

/* The target must be an operation of the same rental. */
static int use_target(struct db *db, const char *rental_id, const char *target_id,
                      int64_t amount, struct rent_error *err)
{
	int code;

	if (target_id == NULL || target_id[0] == '\0' || amount == 0)
		return 0;
	code = db_run(db, SQL_OP_USE, err, "tti", target_id, rental_id, amount);
	if (code == 0 && db_changes(db) != 1) {
		(void)rent_fail(err, RENT_EFAIL,
		                "target \"%s\" is not an operation of it", target_id);
		code = DB_CONSTRAINT;
	}
	return code;
}

static int put_attempt(struct db *db, const char *rental_id,
                       const struct rent_op_end *end, const struct ops_found *found,
                       struct rent_error *err)
{
	bool success = end->state == RENT_OP_SUCCEEDED;
	const char *note = end->note != NULL ? end->note : found->note;

	return db_run(db, SQL_ATTEMPT_PUT, err, "tiitt", rental_id,
	              success ? end->processed : found->amount, (int64_t)success,
	              success ? NULL : note, db->now_text);
}

static int end_one(struct db *db, const char *rental_id, const struct rent_op_end *end,
                   const struct ops_found *found, struct rent_error *err)
{
	int64_t processed = end->state == RENT_OP_SUCCEEDED ? end->processed : 0;
	int64_t resolved = rent_op_is_open(end->state) ? 0 : db->now;
	int code = db_run(db, SQL_OP_END, err, "itizzttt", found->seq,
	                  rent_name_of(rent_op_state_names, (int)end->state), processed,
	                  resolved, end->expires_at, end->ref, end->result, end->note);

	if (code == 0 && is_final(end->state))
		code = use_target(db, rental_id, found->target_id,
		                  processed - found->amount, err);
	if (code == 0 && is_final(end->state) && rent_op_takes(found->kind))
		code = put_attempt(db, rental_id, end, found, err);
	return code;
}

static int begin_one(struct db *db, const char *rental_id, const struct rent_op_new *op,
                     struct rent_error *err)
{
	int code = db_run(db, SQL_OP_PUT, err, "ttettii", op->id, rental_id,
	                  op->target_id, rent_name_of(rent_op_kind_names, (int)op->kind),
	                  rent_name_of(rent_purpose_names, (int)op->purpose), op->amount,
	                  db->now);

	return code == 0 ? use_target(db, rental_id, op->target_id, op->amount, err)
	                 : code;
}

int ops_apply(struct db *db, const struct rent_change *change,
              const struct ops_found found[RENT_CHANGE_OPS], struct rent_error *err)
{
	int code = 0;

	for (size_t i = 0; i < RENT_CHANGE_OPS && code == 0; i++) {
		if (change->ends[i].id != NULL)
			code = end_one(db, change->rental_id, &change->ends[i], &found[i],
			               err);
	}
	for (size_t i = 0; i < RENT_CHANGE_OPS && code == 0; i++) {
		if (change->news[i].id != NULL)
			code = begin_one(db, change->rental_id, &change->news[i], err);
	}
	return code == 0 ? resolution_put(db, change, err) : code;
}
