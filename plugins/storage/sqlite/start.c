/* SPDX-License-Identifier: MIT
 *
 * start.c - quotes, and start_begin: the key, the quote, the rental and its intents in one
 * transaction.
 */
#include "core/start.h"
#include "core/deed.h"

#include "sqlite.h"

/* ---- quotes */
struct quote_job {
	struct writer_job job;
	struct rent_quote *quote;
	int64_t ttl_us, now;
};

static int put_quote(struct db *db, struct writer_job *job, bool careful,
                     struct rent_error *err)
{
	struct quote_job *j = (struct quote_job *)job;
	const struct rent_quote *q = j->quote;
	char expires[RENT_TIME_SIZE];

	(void)careful;
	j->now = db->now;
	rent_time_text(db->now + j->ttl_us, ' ', expires);
	return db_do(db, SQL_QUOTE_PUT, err, q->id, q->user_id, q->station_id,
	             q->price_per_hour, q->free_period_min, q->deposit, expires,
	             db->now_text);
}

int sqlite_quote_put(struct sqlite *self, struct rent_quote *quote, int64_t ttl_us,
                     struct rent_error *err)
{
	struct quote_job j = { .job = { .apply = put_quote },
		               .quote = quote,
		               .ttl_us = ttl_us };
	int code = writer_do(self->writer, &j.job, 1, err);

	if (code == 0) {
		quote->created_at = j.now;
		quote->expires_at = j.now + ttl_us;
	}
	return code;
}

/* ---- starts */
struct start_job {
	struct writer_job job;
	struct rent_start *s;
	struct start_made made;     /* with NEW */
	char resumed[RENT_ID_SIZE]; /* with RESUME: the rental */
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

/* Judges a known key for this request; writes nothing. */
static int judge_key(const struct db *db, struct start_job *j, sqlite3_stmt *row,
                     struct rent_error *err)
{
	int64_t left = sqlite3_column_int64(row, K_LEASE_UNTIL) - db->now;
	bool token = sqlite3_column_type(row, K_LEASE_TOKEN) != SQLITE_NULL;
	struct start_key key = {
		.scope = db_text(row, K_SCOPE),
		.fingerprint = db_text(row, K_FINGERPRINT),
		.answered = sqlite3_column_type(row, K_OUTCOME) != SQLITE_NULL,
		.outcome = db_text(row, K_OUTCOME),
		.answer = db_text(row, K_ANSWER),
		.rental_id = db_text(row, K_RENTAL_ID),
		.rental_there = sqlite3_column_type(row, K_RENTAL) != SQLITE_NULL,
		.leased = token && left > 0,
		.lease_left = left,
	};

	(void)rent_copy(j->resumed, sizeof(j->resumed), key.rental_id);
	return start_judge_key(j->s, &key, err);
}

/* The row of the quote, which an operator may have changed, or what the caller's cache has
 * when there is none. *ret_there: there is either. */
static int read_quote(struct db *db, const struct rent_start *s, struct rent_quote *q,
                      bool *ret_there, struct rent_error *err)
{
	const struct rent_quote *cached = start_cached_quote(s);
	sqlite3_stmt *row;
	bool readable;
	int code = db_first(db, SQL_QUOTE_GET, &row, err, s->quote_id);

	*q = (struct rent_quote){ .struct_size = sizeof(*q) };
	*ret_there = code == DB_ROW || cached != NULL;
	if (code == 0 && cached != NULL)
		rent_adopt(q, sizeof(*q), cached, cached->struct_size);
	if (code != DB_ROW)
		return code;
	(void)rent_copy(q->user_id, sizeof(q->user_id), db_text(row, 0));
	(void)rent_copy(q->station_id, sizeof(q->station_id), db_text(row, 1));
	q->price_per_hour = sqlite3_column_int64(row, 2);
	q->free_period_min = sqlite3_column_int64(row, 3);
	q->deposit = sqlite3_column_int64(row, 4);
	readable = rent_time_parse(db_text(row, 5), &q->expires_at);
	db_done(row);
	return readable
	               ? 0
	               : rent_fail(err, RENT_ECORRUPT,
	                           "quote \"%s\": expires_at is not a time", s->quote_id);
}

/* DB_ROW: a rental of user was begun with it. */
static int quote_is_used(struct db *db, const struct rent_start *s,
                         char user[RENT_ID_SIZE], struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_first(db, SQL_QUOTE_IS_USED, &row, err, s->quote_id);

	if (code == DB_ROW) {
		(void)rent_copy(user, RENT_ID_SIZE, db_text(row, 0));
		db_done(row);
	}
	return code;
}

static int put_key(struct db *db, const struct rent_start *s, const char *user_id,
                   const struct rent_refusal *refusal, struct rent_error *err)
{
	bool refused = refusal != NULL;

	return db_do(db, SQL_KEY_PUT, err, s->key, s->scope, user_id,
	             refused ? refusal->answer : NULL, db->now_text, s->fingerprint,
	             refused ? refusal->outcome : NULL, refused ? NULL : s->rental_id);
}

static const char *text_or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static int put_rental(struct db *db, const struct start_made *made,
                      struct rent_error *err)
{
	const struct rent_rental *r = &made->rental;
	int code = db_do(db, SQL_RENTAL_PUT, err, r->id, r->user_id, r->station_id,
	                 r->quote_id, r->provider, r->price_per_hour, r->free_period_min,
	                 r->deposit, db->now_text, r->lease_token, r->lease_until,
	                 r->cabinet_id, r->station_instance, r->provider_plugin,
	                 r->station_plugin, r->payment_method);

	for (size_t i = 0; i < made->count && code == 0; i++) {
		const struct rent_op *op = &made->ops[i];

		code = db_do(db, SQL_OP_PUT, err, op->id, op->rental_id, NULL,
		             rent_name_of(rent_op_kind_names, (int)op->kind),
		             rent_name_of(rent_purpose_names, (int)op->purpose),
		             op->amount, op->created_at, text_or_null(op->method_ref),
		             text_or_null(op->return_url), NULL);
	}
	return code;
}

static int put_new(struct db *db, struct start_job *j, const struct rent_quote *quote,
                   struct rent_error *err)
{
	struct deed_row deed;
	int code;

	start_make(&j->made, j->s, quote, db->now);
	code = put_rental(db, &j->made, err);
	if (code == 0 && deed_of_start(j->s, &deed))
		code = sqlite_put_deed(db, &deed, err);
	return code;
}

static int start_new_key(struct db *db, struct start_job *j, struct rent_error *err)
{
	const struct rent_refusal *refusal;
	struct rent_quote quote;
	char user[RENT_ID_SIZE];
	int used = quote_is_used(db, j->s, user, err);
	bool there;
	int code;

	if (used < 0)
		return used;
	code = read_quote(db, j->s, &quote, &there, err);
	if (code != 0)
		return code;
	refusal = start_judge_quote(j->s, there ? &quote : NULL,
	                            used == DB_ROW ? user : NULL, db->now);
	if (j->s->ret == RENT_START_QUOTE_UNKNOWN)
		return 0;
	if (refusal == NULL)
		code = put_new(db, j, &quote, err);
	return code == 0 ? put_key(db, j->s, there ? quote.user_id : user, refusal, err)
	                 : code;
}

static int begin_start(struct db *db, struct writer_job *job, bool careful,
                       struct rent_error *err)
{
	struct start_job *j = (struct start_job *)job;
	int64_t until = db->now + j->s->lease_us;
	sqlite3_stmt *row;
	int code;

	(void)careful;
	start_reset(j->s);
	code = db_first(db, SQL_KEY_GET, &row, err, j->s->key, j->s->scope);
	if (code == 0)
		return start_new_key(db, j, err);
	if (code != DB_ROW)
		return code;
	code = judge_key(db, j, row, err);
	db_done(row);
	if (code == 0 && j->s->ret == RENT_START_RESUME)
		code = db_do(db, SQL_RENTAL_LEASE, err, j->resumed, j->s->token, until,
		             until);
	return code;
}

int sqlite_start_begin(struct sqlite *self, struct rent_start *s, struct rent_error *err)
{
	struct start_job j = { .job = { .apply = begin_start }, .s = s };
	int code = writer_do(self->writer, &j.job, 1, err);

	if (code == 0 && s->ret == RENT_START_NEW)
		code = start_show(&j.made, s);
	else if (code == 0 && s->ret == RENT_START_RESUME && s->fn != NULL)
		code = sqlite_show_rental(self, j.resumed, s->fn, s->arg, err);
	return code;
}
