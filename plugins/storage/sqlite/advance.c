/* SPDX-License-Identifier: MIT
 *
 * advance.c - advance: changes of rentals, each applied wholly or not at all. Everything
 * that a correct caller can run into is checked before the first write, so that only a
 * caller's bug meets a constraint.
 */
#include "core/change.h"
#include "core/deed.h"

#include "sqlite.h"

/* An operation that a change ends, as it was found. */
struct ended_op {
	int64_t seq, amount;
	enum rent_op_kind kind;
	char target_id[RENT_ID_SIZE];
	char note[RENT_NOTE_SIZE];
};

/* ---- guards; nothing is written */

/* DB_ROW, 0 when there is no such rental, or negative. */
static int read_guards(struct db *db, const char *id, struct change_guards *ret,
                       struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_first(db, SQL_RENTAL_GUARDS, &row, err, id);

	if (code != DB_ROW)
		return code;
	ret->version = sqlite3_column_int64(row, 0);
	ret->status = (enum rent_status)rent_value_of(rent_status_names, db_text(row, 1));
	ret->paid = sqlite3_column_int64(row, 2);
	(void)rent_copy(ret->lease_token, sizeof(ret->lease_token), db_text(row, 3));
	ret->lease_until = sqlite3_column_int64(row, 4);
	db_done(row);
	return DB_ROW;
}

/* 1: the k-th named operation is not one that the change may end. */
static int read_ended_op(struct db *db, const struct rent_change *c, size_t k,
                         struct ended_op *ret, struct rent_error *err)
{
	sqlite3_stmt *row;
	enum rent_op_state state;
	int code = db_first(db, SQL_OP_GUARDS, &row, err, c->ends[k].id, c->rental_id);

	if (code != DB_ROW)
		return code == 0 ? 1 : code;
	ret->seq = sqlite3_column_int64(row, 0);
	ret->kind = (enum rent_op_kind)rent_value_of(rent_op_kind_names, db_text(row, 1));
	state = (enum rent_op_state)rent_value_of(rent_op_state_names, db_text(row, 2));
	ret->amount = sqlite3_column_int64(row, 3);
	(void)rent_copy(ret->target_id, sizeof(ret->target_id), db_text(row, 4));
	(void)rent_copy(ret->note, sizeof(ret->note), db_text(row, 5));
	db_done(row);
	return !change_may_end(c, k, state);
}

static int read_ended_ops(struct db *db, const struct rent_change *c,
                          struct ended_op ops[RENT_CHANGE_OPS], struct rent_error *err)
{
	int code = 0;

	for (size_t k = 0; k < RENT_CHANGE_OPS && code == 0; k++) {
		if (c->ends[k].id != NULL)
			code = read_ended_op(db, c, k, &ops[k], err);
	}
	return code;
}

/* DB_ROW: the powerbank is in another live rental. */
static int powerbank_taken(struct db *db, const struct rent_change *c,
                           struct rent_error *err)
{
	sqlite3_stmt *row;
	int code;

	if (c->powerbank_id == NULL || c->powerbank_id[0] == '\0')
		return 0;
	code = db_first(db, SQL_POWERBANK_LIVE, &row, err, c->powerbank_id, c->rental_id);
	if (code == DB_ROW)
		db_done(row);
	return code;
}

/* A place for a rental that goes on without a deposit. Written before the rest of the change: what
 * is undone with it. 1: there is none left. */
static int take_undeposited(struct db *db, const struct rent_change *c,
                            struct rent_error *err)
{
	sqlite3_stmt *row;
	int code;

	if (c->undeposited_max == 0)
		return 0;
	code = db_first(db, SQL_UNDEPOSITED_IS, &row, err, c->rental_id);
	if (code == DB_ROW)
		db_done(row);
	if (code != 0)
		return code == DB_ROW ? 0 : code;
	code = db_do(db, SQL_UNDEPOSITED_GONE, err);
	if (code == 0)
		code = db_do(db, SQL_UNDEPOSITED_TAKE, err, c->rental_id,
		             c->undeposited_max, db->now);
	return code == 0 ? db_changes(db) == 0 : code;
}

/* ---- writing: 0, DB_CONSTRAINT or negative */

static const char *time_text(int64_t t, char buffer[RENT_TIME_SIZE])
{
	if (t == 0)
		return NULL;
	rent_time_text(t, ' ', buffer);
	return buffer;
}

static int set_rental(struct db *db, const struct rent_change *c,
                      const struct change_guards *found, struct rent_error *err)
{
	char started[RENT_TIME_SIZE], finished[RENT_TIME_SIZE];
	struct change_rental r;
	int code = change_rental_row(c, found, db->now, &r, err);

	if (code != 0)
		return code;
	if (!r.sets_columns)
		return db_do(db, SQL_RENTAL_SET, err, r.id, r.version, r.token,
		             r.lease_until, r.work_at, r.work_tries, r.paid);
	return db_do(db, SQL_RENTAL_SET_STATUS, err, r.id, r.version, r.token,
	             r.lease_until, r.work_at, r.work_tries, r.paid, r.status,
	             r.powerbank, time_text(r.started_at, started),
	             time_text(r.finished_at, finished), r.settlement,
	             r.set_final ? r.final_amount + 1 : INT64_C(0), r.provider,
	             r.ended_by, r.return_station, r.stop_asked_at, r.provider_plugin,
	             r.payment_method, r.payer_needed_at);
}

/* The target must be an operation of the same rental. */
static int use_target(struct db *db, const char *rental_id, const char *target_id,
                      int64_t amount, struct rent_error *err)
{
	int code;

	if (target_id == NULL || target_id[0] == '\0' || amount == 0)
		return 0;
	code = db_do(db, SQL_OP_USE, err, target_id, rental_id, amount);
	if (code == 0 && db_changes(db) != 1) {
		(void)rent_fail(err, RENT_EFAIL,
		                "target \"%s\" is not an operation of it", target_id);
		code = DB_CONSTRAINT;
	}
	return code;
}

static int put_attempt(struct db *db, const struct change_end *end,
                       const struct ended_op *op, bool success, struct rent_error *err)
{
	const char *note = end->note != NULL ? end->note : op->note;

	return db_do(db, SQL_ATTEMPT_PUT, err, end->rental,
	             success ? end->processed : op->amount, (int64_t)success,
	             success ? NULL : note, db->now_text);
}

static int end_op(struct db *db, const struct rent_change *c, size_t k,
                  const struct ended_op *op, struct rent_error *err)
{
	bool success = c->ends[k].state == RENT_OP_SUCCEEDED;
	struct change_end end;
	int code;

	if (!change_end_row(c, k, &end))
		return 0;
	code = db_do(db, SQL_OP_END, err, op->seq, end.state, end.processed,
	             end.open ? INT64_C(0) : db->now, end.expires_at, end.ref, end.result,
	             end.note, end.action, end.action_value, end.action_until);
	if (code == 0 && end.good)
		code = use_target(db, end.rental, op->target_id,
		                  end.processed - op->amount, err);
	if (code == 0 && end.good && rent_op_takes(op->kind))
		code = put_attempt(db, &end, op, success, err);
	return code;
}

static int begin_op(struct db *db, const struct rent_change *c, size_t k,
                    struct rent_error *err)
{
	struct change_new op;
	int code;

	if (!change_new_row(c, k, &op))
		return 0;
	code = db_do(db, SQL_OP_PUT, err, op.id, op.rental, op.target, op.kind,
	             op.purpose, op.amount, db->now, op.method_ref, op.return_url,
	             op.request_key);
	return code == 0 ? use_target(db, op.rental, op.target, op.amount, err) : code;
}

static int put_resolution(struct db *db, const struct rent_change *c, size_t k,
                          struct rent_error *err)
{
	struct change_resolution r;

	if (!change_resolution_row(c, k, &r))
		return 0;
	return db_do(db, SQL_RESOLUTION_PUT, err, r.op, r.rental, r.state, r.amount,
	             r.ref, r.reason, r.by, db->now);
}

static int put_note(struct db *db, const struct rent_change *c, size_t k,
                    struct rent_error *err)
{
	struct change_note note;

	if (!change_note_row(c, k, &note))
		return 0;
	return db_do(db, SQL_NOTE_PUT, err, note.rental, note.kind, note.text, db->now);
}

/* Ends before news. */
static int set_operations(struct db *db, const struct rent_change *c,
                          const struct ended_op ops[RENT_CHANGE_OPS],
                          struct rent_error *err)
{
	int code = 0;

	for (size_t k = 0; k < RENT_CHANGE_OPS && code == 0; k++)
		code = end_op(db, c, k, &ops[k], err);
	for (size_t k = 0; k < RENT_CHANGE_OPS && code == 0; k++)
		code = begin_op(db, c, k, err);
	for (size_t k = 0; k < RENT_CHANGE_OPS && code == 0; k++)
		code = put_resolution(db, c, k, err);
	for (size_t k = 0; k < RENT_CHANGE_OPS && code == 0; k++)
		code = put_note(db, c, k, err);
	return code;
}

static int set_debt_row(struct db *db, const struct change_debt *debt, int64_t amount,
                        int64_t attempts, struct rent_error *err)
{
	/* The codes by which SQL_DEBT_SET sets last_attempt_at. */
	static const int64_t last[] = { [RENT_DEBT_TRY_NONE] = 0,
		                        [RENT_DEBT_TRY_OK] = 1,
		                        [RENT_DEBT_TRY_FAILED] = 2 };

	if (debt->attempt == RENT_DEBT_TRY_OK)
		attempts = 0;
	else if (debt->attempt == RENT_DEBT_TRY_FAILED)
		attempts++;
	return db_do(db, SQL_DEBT_SET, err, debt->rental, amount, attempts, db->now_text,
	             last[debt->attempt]);
}

/* DB_ROW, or 0 when there is no row yet. */
static int read_debt(struct db *db, const char *rental_id, int64_t *ret_amount,
                     int64_t *ret_attempts, struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_first(db, SQL_DEBT_GET, &row, err, rental_id);

	*ret_amount = *ret_attempts = 0;
	if (code == DB_ROW) {
		*ret_amount = sqlite3_column_int64(row, 0);
		*ret_attempts = sqlite3_column_int64(row, 1);
		db_done(row);
	}
	return code;
}

/* The row of `debts`, read each time since an operator may insert or raise one whenever they
 * like, and the line of the journal that explains what becomes of it. */
static int set_debt(struct db *db, const struct rent_change *c, struct rent_error *err)
{
	struct change_debt debt;
	int64_t before, after, attempts;
	bool there;
	int code;

	if (!change_debt_row(c, 0, &debt))
		return 0;
	code = read_debt(db, debt.rental, &before, &attempts, err);
	if (code < 0)
		return code;
	there = code == DB_ROW;
	code = change_debt_after(c, before, &after, err);
	if (code != 0 || (!there && after == 0))
		return code;
	if (!there)
		code = db_do(db, SQL_DEBT_PUT, err, debt.rental, after, db->now_text);
	if (code == 0 && (there || debt.attempt != RENT_DEBT_TRY_NONE))
		code = set_debt_row(db, &debt, after, attempts, err);
	if (code == 0 && after != before)
		code = db_do(db, SQL_JOURNAL_PUT, err, debt.rental, after - before, after,
		             debt.reason, debt.op, db->now_text);
	return code;
}

static int set_answer(struct db *db, const struct rent_change *c, struct rent_error *err)
{
	struct change_answer a;

	if (!change_answer_row(c, 0, &a))
		return 0;
	return db_do(db, SQL_KEY_ANSWER, err, a.rental, a.outcome, a.answer);
}

static int put_deed(struct db *db, const struct rent_change *c, struct rent_error *err)
{
	struct deed_row row;

	return deed_of_change(c, 0, &row) ? sqlite_put_deed(db, &row, err) : 0;
}

static int put_messages(struct db *db, const struct rent_change *c,
                        struct rent_error *err)
{
	struct change_message m;
	int code = 0;

	for (size_t k = 0; code == 0 && change_message_row(c, k, &m); k++)
		code = db_do(db, SQL_MESSAGE_PUT, err, m.rental, m.id, m.endpoint, m.type,
		             m.data, db->now);
	return code;
}

static int put_outside(struct db *db, const struct rent_change *c, struct rent_error *err)
{
	struct change_outside o;
	int code;

	if (!change_outside_row(c, 0, &o))
		return 0;
	code = db_do(db, SQL_OUTSIDE_PUT, err, o.event, o.rental, o.op, o.kind, o.amount,
	             o.ref, o.note, db->now);
	return code == 0 ? db_do(db, SQL_RENTAL_OUTSIDE, err, o.rental, o.amount, db->now)
	                 : code;
}

/* ---- a change */

static int write_change(struct db *db, struct rent_change *c,
                        const struct change_guards *found,
                        const struct ended_op ops[RENT_CHANGE_OPS],
                        struct rent_error *err)
{
	int code = set_rental(db, c, found, err);

	if (code == 0)
		code = set_operations(db, c, ops, err);
	if (code == 0)
		code = set_debt(db, c, err);
	if (code == 0)
		code = set_answer(db, c, err);
	if (code == 0)
		code = put_deed(db, c, err);
	if (code == 0)
		code = put_outside(db, c, err);
	if (code == 0)
		code = put_messages(db, c, err);
	if (code == 0)
		change_set_applied(c, found->version + 1, db->now);
	return code;
}

/* 0 with c->ret set; DB_CONSTRAINT or negative when there may be changes to undo. */
static int apply_change(struct db *db, struct rent_change *c, struct rent_error *err)
{
	struct ended_op ops[RENT_CHANGE_OPS];
	struct change_guards found = { 0 };
	int code = read_guards(db, c->rental_id, &found, err);

	change_set_refused(c, code == 0 ? RENT_CHANGE_GONE : RENT_CHANGE_CONFLICT);
	if (code != DB_ROW)
		return code;
	if (change_is_void(c) || !change_is_as_stated(c, &found, db->now))
		return 0;
	code = read_ended_ops(db, c, ops, err);
	if (code != 0)
		return code < 0 ? code : 0;
	code = powerbank_taken(db, c, err);
	if (code == DB_ROW) {
		change_set_refused(c, RENT_CHANGE_POWERBANK_TAKEN);
		return 0;
	}
	if (code == 0)
		code = take_undeposited(db, c, err);
	if (code == 1) {
		change_set_refused(c, RENT_CHANGE_UNDEPOSITED);
		return 0;
	}
	return code != 0 ? code : write_change(db, c, &found, ops, err);
}

/* A refusal of the database is the caller's bug: it must not take the others with it, and
 * must be seen. */
static int apply_careful(struct db *db, struct rent_change *c, struct rent_error *err)
{
	struct rent_field fields[] = { { "rental", c->rental_id }, { NULL, NULL } };
	int code = db_do(db, SQL_SAVE_CHANGE, err);

	if (code != 0)
		return code;
	code = apply_change(db, c, err);
	if (db->failed)
		return code;
	if (code != 0) {
		db->host->log(db->host, RENT_LOG_WARN, fields, "change refused: %s",
		              err->text);
		change_set_refused(c, RENT_CHANGE_CONFLICT);
		code = db_do(db, SQL_UNDO_CHANGE, err);
	}
	return code == 0 ? db_do(db, SQL_KEEP_CHANGE, err) : code;
}

struct advance_job {
	struct writer_job job;
	const struct changes *changes;
};

static int apply_changes(struct db *db, struct writer_job *job, bool careful,
                         struct rent_error *err)
{
	const struct changes *changes = ((struct advance_job *)job)->changes;
	int code = 0;

	for (size_t i = 0; i < changes->n && code == 0; i++)
		code = careful ? apply_careful(db, changes->list[i], err)
		               : apply_change(db, changes->list[i], err);
	return code;
}

int sqlite_advance(struct sqlite *self, struct rent_change *const *given, size_t n,
                   struct rent_error *err)
{
	struct changes changes;
	struct advance_job j = { .job = { .apply = apply_changes }, .changes = &changes };
	int code = changes_adopt(&changes, given, n, err);

	if (code != 0 || n == 0)
		return code;
	code = writer_do(self->writer, &j.job, (int64_t)n, err);
	changes_done(&changes);
	return code;
}
