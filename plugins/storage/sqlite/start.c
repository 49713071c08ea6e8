/* SPDX-License-Identifier: MIT
 *
 * start.c - start_begin: the key, the quote, the rental and its intents in one transaction.
 */
#include "store.h"

#include "view.h"

struct start_job {
	struct job job;
	struct rent_start *s;
	struct rent_quote quote;      /* with NEW */
	char rental_id[RENT_ID_SIZE]; /* with NEW and RESUME */
	int64_t now;
};

/* Columns of SQL_KEY_GET. */
enum key_column {
	K_SCOPE,
	K_FINGERPRINT,
	K_OUTCOME,
	K_ANSWER,
	K_RENTAL_ID,
	K_RENTAL,
	K_LEASE_TOKEN,
	K_LEASE_UNTIL,
};

static int replay(struct rent_start *s, sqlite3_stmt *row, struct rent_error *err)
{
	s->ret_outcome = rent_strdup(s->arena, db_text(row, K_OUTCOME));
	s->ret_answer = rent_strdup(s->arena, db_text(row, K_ANSWER));
	if (s->ret_outcome == NULL || s->ret_answer == NULL)
		return rent_fail(err, RENT_ENOMEM,
		                 "start: no room for the stored answer");
	s->ret = RENT_START_REPLAY;
	return 0;
}

/* What a key that is known means for this request; writes nothing. */
static int judge_key(struct db *db, struct start_job *j, sqlite3_stmt *row,
                     struct rent_error *err)
{
	struct rent_start *s = j->s;
	int64_t left = sqlite3_column_int64(row, K_LEASE_UNTIL) - db->now;

	if (strcmp(db_text(row, K_SCOPE), s->scope) != 0 ||
	    strcmp(db_text(row, K_FINGERPRINT), s->fingerprint) != 0) {
		s->ret = RENT_START_MISMATCH;
		return 0;
	}
	if (sqlite3_column_type(row, K_OUTCOME) != SQLITE_NULL)
		return replay(s, row, err);
	if (sqlite3_column_type(row, K_RENTAL) == SQLITE_NULL)
		return rent_fail(
			err, RENT_ECORRUPT,
			"key \"%s\": has no answer, and its rental \"%s\" is not "
			"there",
			s->key, db_text(row, K_RENTAL_ID));
	(void)rent_copy(j->rental_id, sizeof(j->rental_id), db_text(row, K_RENTAL_ID));
	s->ret = RENT_START_RESUME;
	if (sqlite3_column_type(row, K_LEASE_TOKEN) != SQLITE_NULL && left > 0) {
		s->ret = RENT_START_RUNNING;
		s->ret_retry_us = left;
	}
	return 0;
}

static int take_over(struct db *db, struct start_job *j, struct rent_error *err)
{
	int64_t until = db->now + j->s->lease_us;

	return db_run(db, SQL_RENTAL_LEASE, err, "ttii", j->rental_id, j->s->token, until,
	              until);
}

/* The row of the quote, which an operator may have changed, or what the caller's cache has
 * when there is none. s->ret is set when it cannot be used. */
static int read_quote(struct db *db, struct start_job *j, struct rent_error *err)
{
	struct rent_start *s = j->s;
	struct rent_quote *q = &j->quote;
	sqlite3_stmt *row;
	bool good = true;
	int code = db_find(db, SQL_QUOTE_GET, &row, err, "t", s->quote_id);

	if (code < 0)
		return code;
	if (code == DB_ROW) {
		*q = (struct rent_quote){ .struct_size = sizeof(*q) };
		(void)rent_copy(q->user_id, sizeof(q->user_id), db_text(row, 0));
		(void)rent_copy(q->station_id, sizeof(q->station_id), db_text(row, 1));
		q->price_per_hour = sqlite3_column_int64(row, 2);
		q->free_period_min = sqlite3_column_int64(row, 3);
		q->deposit = sqlite3_column_int64(row, 4);
		good = rent_time_parse(db_text(row, 5), &q->expires_at);
		db_done(row);
	} else if (s->quote != NULL && strcmp(s->quote->id, s->quote_id) == 0) {
		rent_adopt(q, sizeof(*q), s->quote, s->quote->struct_size);
	} else {
		s->ret = RENT_START_QUOTE_UNKNOWN;
		return 0;
	}
	if (!good)
		return rent_fail(err, RENT_ECORRUPT,
		                 "quote \"%s\": expires_at is not a time", s->quote_id);
	if (q->expires_at <= db->now)
		s->ret = RENT_START_QUOTE_EXPIRED;
	return 0;
}

static int judge_quote(struct db *db, struct start_job *j, struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_find(db, SQL_QUOTE_IS_USED, &row, err, "t", j->s->quote_id);

	if (code == DB_ROW)
		db_done(row);
	if (code < 0)
		return code;
	if (code == 0)
		return read_quote(db, j, err);
	/* Whose it was, for the key's row, if it is still there. */
	code = read_quote(db, j, err);
	j->s->ret = RENT_START_QUOTE_USED;
	return code;
}

static int put_key(struct db *db, struct start_job *j, const struct rent_refusal *refusal,
                   struct rent_error *err)
{
	struct rent_start *s = j->s;

	return db_run(db, SQL_KEY_PUT, err, "tttttttt", s->key, s->scope,
	              j->quote.user_id, refusal == NULL ? NULL : refusal->answer,
	              db->now_text, s->fingerprint,
	              refusal == NULL ? NULL : refusal->outcome,
	              refusal == NULL ? s->rental_id : NULL);
}

static int put_op(struct db *db, const struct rent_start *s, const char *id,
                  enum rent_op_kind kind, int64_t amount, struct rent_error *err)
{
	return db_run(db, SQL_OP_PUT, err, "tttttii", id, s->rental_id, NULL,
	              rent_name_of(rent_op_kind_names, (int)kind),
	              rent_name_of(rent_purpose_names, RENT_FOR_START), amount, db->now);
}

static int put_rental(struct db *db, struct start_job *j, struct rent_error *err)
{
	const struct rent_start *s = j->s;
	const struct rent_quote *q = &j->quote;
	int64_t until = db->now + s->lease_us;
	int code = db_run(db, SQL_RENTAL_PUT, err, "tttttiiitti", s->rental_id,
	                  q->user_id, q->station_id, s->quote_id,
	                  s->provider == NULL ? "" : s->provider, q->price_per_hour,
	                  q->free_period_min, q->deposit, db->now_text, s->token, until);

	if (code == 0)
		code = put_key(db, j, NULL, err);
	if (code == 0 && q->deposit > 0)
		code = put_op(db, s, s->hold_id, RENT_OP_HOLD, q->deposit, err);
	if (code == 0 && s->eject_id != NULL)
		code = put_op(db, s, s->eject_id, RENT_OP_EJECT, 0, err);
	return code;
}

static int start_new_key(struct db *db, struct start_job *j, struct rent_error *err)
{
	struct rent_start *s = j->s;
	int code = judge_quote(db, j, err);

	if (code != 0)
		return code;
	if (s->ret == RENT_START_QUOTE_UNKNOWN)
		return put_key(db, j, &s->unknown, err);
	if (s->ret == RENT_START_QUOTE_EXPIRED)
		return put_key(db, j, &s->expired, err);
	if (s->ret == RENT_START_QUOTE_USED)
		return put_key(db, j, &s->used, err);
	s->ret = RENT_START_NEW;
	return put_rental(db, j, err);
}

static int run(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	struct start_job *j = (struct start_job *)job;
	struct rent_start *s = j->s;
	sqlite3_stmt *row;
	int code;

	(void)careful;
	s->ret = (enum rent_start_result)0;
	s->ret_outcome = s->ret_answer = NULL;
	s->ret_retry_us = 0;
	j->quote = (struct rent_quote){ .struct_size = sizeof(j->quote) };
	j->now = db->now;
	code = db_find(db, SQL_KEY_GET, &row, err, "t", s->key);
	if (code == 0)
		return start_new_key(db, j, err);
	if (code != DB_ROW)
		return code;
	code = judge_key(db, j, row, err);
	db_done(row);
	if (code == 0 && s->ret == RENT_START_RESUME)
		code = take_over(db, j, err);
	return code;
}

static void make_op(struct rent_op *op, const struct start_job *j, const char *id,
                    enum rent_op_kind kind, int64_t amount)
{
	*op = (struct rent_op){ .struct_size = sizeof(*op),
		                .kind = kind,
		                .purpose = RENT_FOR_START,
		                .state = RENT_OP_INTENT,
		                .amount = amount,
		                .created_at = j->now };
	(void)rent_copy(op->id, sizeof(op->id), id);
	(void)rent_copy(op->rental_id, sizeof(op->rental_id), j->s->rental_id);
}

/* The rental that put_rental() wrote, without reading it again. */
static void make_rental(struct rent_rental *r, const struct start_job *j, int64_t ops)
{
	const struct rent_start *s = j->s;

	*r = (struct rent_rental){ .struct_size = sizeof(*r),
		                   .price_per_hour = j->quote.price_per_hour,
		                   .free_period_min = j->quote.free_period_min,
		                   .deposit = j->quote.deposit,
		                   .status = RENT_STATUS_PENDING,
		                   .settlement = RENT_SETTLEMENT_OPEN,
		                   .created_at = j->now,
		                   .open_ops = ops,
		                   .version = 1,
		                   .lease_until = j->now + s->lease_us,
		                   .work_at = j->now + s->lease_us,
		                   .now = j->now };
	(void)rent_copy(r->id, sizeof(r->id), s->rental_id);
	(void)rent_copy(r->user_id, sizeof(r->user_id), j->quote.user_id);
	(void)rent_copy(r->station_id, sizeof(r->station_id), j->quote.station_id);
	(void)rent_copy(r->quote_id, sizeof(r->quote_id), s->quote_id);
	(void)rent_copy(r->provider, sizeof(r->provider), s->provider);
	(void)rent_copy(r->lease_token, sizeof(r->lease_token), s->token);
}

static int show_new(const struct start_job *j)
{
	const struct rent_start *s = j->s;
	struct rent_rental rental;
	struct rent_op hold, eject;
	const struct rent_op *ops[2];
	size_t n = 0;

	if (j->quote.deposit > 0) {
		make_op(&hold, j, s->hold_id, RENT_OP_HOLD, j->quote.deposit);
		ops[n++] = &hold;
	}
	if (s->eject_id != NULL) {
		make_op(&eject, j, s->eject_id, RENT_OP_EJECT, 0);
		ops[n++] = &eject;
	}
	make_rental(&rental, j, (int64_t)n);
	return s->fn == NULL ? 0 : s->fn(s->arg, &rental, ops, n);
}

int store_start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct start_job j = { .job = { .run = run, .weight = 1 }, .s = s };
	int code = writer_do(store->writer, &j.job, err);

	if (code == 0 && s->ret == RENT_START_NEW)
		code = show_new(&j);
	else if (code == 0 && s->ret == RENT_START_RESUME && s->fn != NULL)
		code = readers_view(store->readers, j.rental_id, s->fn, s->arg, err);
	return store_leave(store, CALL_START_BEGIN, since, code);
}
