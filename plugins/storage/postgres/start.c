/* SPDX-License-Identifier: MIT
 *
 * start.c - start_begin: the key, the quote, the rental and its intents in one transaction.
 *
 * Four statements for all starts of a batch. The first claims the keys that are new and
 * records the rentals whose quotes can be used; the second answers the claimed keys that
 * got no rental; the third takes over what was left lying; the fourth reads what now stands
 * there, which is what is answered.
 */
#include "store.h"

#include <stdlib.h>

#include "row.h"

struct start_job {
	struct job job;
	struct rent_start *s;
	struct rent_quote cached;     /* what the caller's cache had; id "" nothing */
	int64_t refusal;              /* 1 unknown, 2 expired, 3 used; 0 none */
	struct rent_quote quote;      /* with NEW: of the rental */
	char rental_id[RENT_ID_SIZE]; /* with NEW and RESUME */
	int64_t now;
	int code;
	struct rent_error err;
};

/* Columns of SQL_START_JUDGE. */
enum {
	K_N,
	K_SCOPE,
	K_FINGERPRINT,
	K_OUTCOME,
	K_ANSWER,
	K_RENTAL_ID,
	K_RENTAL,
	K_LEASE_TOKEN,
	K_LEASE_UNTIL,
	K_USER_ID,
	K_STATION_ID,
	K_PRICE,
	K_FREE,
	K_DEPOSIT,
	K_CHANGED_AT,
	K_VERSION,
	K_OURS, /* this transaction made or took over the rental */
	K_NOW,
};

static struct start_job *job_of(const struct slice *s, size_t i)
{
	return (struct start_job *)(void *)s->units[i].job;
}

static void split(struct job *job, struct unit *units)
{
	units[0].order = ((struct start_job *)(void *)job)->s->key;
}

static bool claims(struct job *job, bool (*add)(void *arg, char type, const char *text),
                   void *arg)
{
	const struct rent_start *s = ((struct start_job *)(void *)job)->s;

	return add(arg, 'k', s->key) && add(arg, 'q', s->quote_id) &&
	       add(arg, 'r', s->rental_id);
}

struct start_row {
	int64_t n, lease_us;
	const char *key, *scope, *fingerprint, *quote_id, *rental_id, *hold_id, *eject_id;
	const char *provider, *token;
	/* the cached quote; user NULL: there is none */
	bool cached;
	const char *user, *station;
	int64_t price, free, deposit, expires_at;
	struct rent_refusal unknown, expired, used;
};

#define TEXT(member)                                          \
	{                                                     \
		ARGS_TEXT, offsetof(struct start_row, member) \
	}
#define INT(member)                                          \
	{                                                    \
		ARGS_INT, offsetof(struct start_row, member) \
	}

static const struct args_column new_columns[] = {
	TEXT(key),         TEXT(scope),
	TEXT(fingerprint), TEXT(quote_id),
	TEXT(rental_id),   TEXT(hold_id),
	TEXT(eject_id),    TEXT(provider),
	TEXT(token),       INT(lease_us),
	TEXT(user),        TEXT(station),
	INT(price),        INT(free),
	INT(deposit),      { ARGS_TIME, offsetof(struct start_row, expires_at) },
	ARGS_END,
};
static const struct args_column refuse_columns[] = {
	INT(n),
	TEXT(key),
	TEXT(rental_id),
	TEXT(quote_id),
	{ ARGS_BOOL, offsetof(struct start_row, cached) },
	TEXT(unknown.outcome),
	TEXT(unknown.answer),
	TEXT(expired.outcome),
	TEXT(expired.answer),
	TEXT(used.outcome),
	TEXT(used.answer),
	ARGS_END,
};
static const struct args_column resume_columns[] = {
	TEXT(key), TEXT(scope), TEXT(fingerprint), TEXT(token), INT(lease_us), ARGS_END,
};
static const struct args_column judge_columns[] = { INT(n), TEXT(key), ARGS_END };

static void make_row(struct start_row *row, size_t n, const struct start_job *j)
{
	const struct rent_start *s = j->s;
	bool cached = j->cached.id[0] != '\0';

	*row = (struct start_row){ .n = (int64_t)n,
		                   .lease_us = s->lease_us,
		                   .key = s->key,
		                   .scope = s->scope,
		                   .fingerprint = s->fingerprint,
		                   .quote_id = s->quote_id,
		                   .rental_id = s->rental_id,
		                   .hold_id = s->hold_id,
		                   .eject_id = s->eject_id,
		                   .provider = s->provider == NULL ? "" : s->provider,
		                   .token = s->token,
		                   .cached = cached,
		                   .user = cached ? j->cached.user_id : NULL,
		                   .station = j->cached.station_id,
		                   .price = j->cached.price_per_hour,
		                   .free = j->cached.free_period_min,
		                   .deposit = j->cached.deposit,
		                   .expires_at = j->cached.expires_at,
		                   .unknown = s->unknown,
		                   .expired = s->expired,
		                   .used = s->used };
}

static struct start_row *make_rows(const struct slice *s)
{
	struct start_row *rows = slice_rows(s, s->n, sizeof(*rows));

	for (size_t i = 0; rows != NULL && i < s->n; i++)
		make_row(&rows[i], i, job_of(s, i));
	return rows;
}

/* The columns and, where the statement asks for it, the mark. */
static void fill(const struct slice *s, const struct start_row *rows,
                 const struct args_column *columns, bool mark)
{
	struct args *a = conn_args(s->conn);

	args_rows(a, columns, rows, sizeof(*rows), s->n);
	if (mark)
		args_bytes(a, s->mark, sizeof(s->mark));
}

static void send(const struct slice *s)
{
	struct start_row *rows = make_rows(s);

	if (rows == NULL)
		return;
	fill(s, rows, new_columns, true);
	conn_send(s->conn, SQL_START);
	fill(s, rows, refuse_columns, false);
	conn_send(s->conn, SQL_START_REFUSE);
	fill(s, rows, resume_columns, true);
	conn_send(s->conn, SQL_START_RESUME);
	fill(s, rows, judge_columns, true);
	conn_send(s->conn, SQL_START_JUDGE);
	free(rows);
}

static void take_refusals(const struct slice *s)
{
	PGresult *res = conn_take(s->conn);

	for (size_t i = 0; i < s->n; i++)
		job_of(s, i)->refusal = 0;
	for (int row = 0; res != NULL && row < PQntuples(res); row++)
		job_of(s, (size_t)row_int(res, row, 0))->refusal = row_int(res, row, 1);
	PQclear(res);
}

static void replay(struct start_job *j, const PGresult *res, int row)
{
	struct rent_start *s = j->s;

	s->ret_outcome = rent_strdup(s->arena, row_text(res, row, K_OUTCOME));
	s->ret_answer = rent_strdup(s->arena, row_text(res, row, K_ANSWER));
	s->ret = RENT_START_REPLAY;
	if (s->ret_outcome == NULL || s->ret_answer == NULL)
		j->code = rent_fail(&j->err, RENT_ENOMEM,
		                    "start: no room for the stored answer");
}

static void take_quote(struct start_job *j, const PGresult *res, int row)
{
	struct rent_quote *q = &j->quote;

	(void)rent_copy(q->user_id, sizeof(q->user_id), row_text(res, row, K_USER_ID));
	(void)rent_copy(q->station_id, sizeof(q->station_id),
	                row_text(res, row, K_STATION_ID));
	q->price_per_hour = row_int(res, row, K_PRICE);
	q->free_period_min = row_int(res, row, K_FREE);
	q->deposit = row_int(res, row, K_DEPOSIT);
	j->now = row_int(res, row, K_CHANGED_AT);
}

/* The key has a rental and no answer. */
static void judge_rental(struct start_job *j, const PGresult *res, int row)
{
	struct rent_start *s = j->s;
	int64_t left = row_int(res, row, K_LEASE_UNTIL) - row_int(res, row, K_NOW);
	const char *rental = row_text(res, row, K_RENTAL_ID);

	(void)rent_copy(j->rental_id, sizeof(j->rental_id), rental);
	if (PQgetisnull(res, row, K_RENTAL)) {
		j->code = rent_fail(
			&j->err, RENT_ECORRUPT,
			"key \"%s\": has no answer, and its rental \"%s\" is not "
			"there",
			s->key, rental);
	} else if (!row_bool(res, row, K_OURS)) {
		s->ret = RENT_START_RUNNING;
		s->ret_retry_us = left > 0 ? left : 1;
	} else if (row_int(res, row, K_VERSION) == 1 &&
	           strcmp(rental, s->rental_id) == 0) {
		s->ret = RENT_START_NEW;
		take_quote(j, res, row);
	} else {
		s->ret = RENT_START_RESUME;
	}
}

static void judge(struct start_job *j, const PGresult *res, int row)
{
	static const enum rent_start_result refusals[] = { RENT_START_QUOTE_UNKNOWN,
		                                           RENT_START_QUOTE_EXPIRED,
		                                           RENT_START_QUOTE_USED };
	struct rent_start *s = j->s;

	j->code = 0;
	if (j->refusal != 0)
		s->ret = refusals[j->refusal - 1];
	else if (strcmp(row_text(res, row, K_SCOPE), s->scope) != 0 ||
	         strcmp(row_text(res, row, K_FINGERPRINT), s->fingerprint) != 0)
		s->ret = RENT_START_MISMATCH;
	else if (!PQgetisnull(res, row, K_OUTCOME))
		replay(j, res, row);
	else
		judge_rental(j, res, row);
}

static void judge_all(const struct slice *s, const PGresult *res)
{
	for (size_t i = 0; i < s->n; i++) {
		struct start_job *j = job_of(s, i);

		j->s->ret = (enum rent_start_result)0;
		j->s->ret_outcome = j->s->ret_answer = NULL;
		j->s->ret_retry_us = 0;
		j->code = rent_fail(&j->err, RENT_EUNAVAIL,
		                    "key \"%s\": was purged meanwhile", j->s->key);
	}
	for (int row = 0; row < PQntuples(res); row++)
		judge(job_of(s, (size_t)row_int(res, row, K_N)), res, row);
}

static void take(const struct slice *s)
{
	PGresult *res;

	conn_skip(s->conn);
	take_refusals(s);
	conn_skip(s->conn);
	res = conn_take(s->conn);
	if (res != NULL)
		judge_all(s, res);
	PQclear(res);
}

/* Only what bears the mark is a trace; an answer under the key may be anybody's. */
static int find(const struct slice *s, struct rent_error *err)
{
	struct start_row *rows = make_rows(s);
	PGresult *res;
	int code;

	if (rows == NULL)
		return rent_fail(err, RENT_ENOMEM, "start: out of memory");
	fill(s, rows, judge_columns, true);
	free(rows);
	code = conn_query(s->conn, SQL_START_JUDGE, &res, err);
	if (code != 0)
		return code;
	for (size_t i = 0; i < s->n; i++)
		job_of(s, i)->refusal = 0;
	judge_all(s, res);
	for (size_t i = 0; i < s->n; i++) {
		const struct start_job *j = job_of(s, i);
		bool ours = j->code == 0 && (j->s->ret == RENT_START_NEW ||
		                             j->s->ret == RENT_START_RESUME);
		bool gone = j->code == RENT_EUNAVAIL;

		s->units[i].found = ours   ? FOUND_DONE
		                    : gone ? FOUND_NOTHING
		                           : FOUND_UNCLEAR;
	}
	PQclear(res);
	return 0;
}

const struct kind start_kind = {
	.split = split,
	.claims = claims,
	.send = send,
	.take = take,
	.find = find,
};

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

/* The rental that was just recorded, without reading it again. */
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

static void adopt_cached(struct start_job *j)
{
	const struct rent_quote *quote = j->s->quote;

	if (quote != NULL && strcmp(quote->id, j->s->quote_id) == 0)
		rent_adopt(&j->cached, sizeof(j->cached), quote, quote->struct_size);
}

int store_start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct start_job j = { .job = { .kind = JOB_START, .units = 1 }, .s = s };
	int code;

	adopt_cached(&j);
	code = writers_do(store->writers, &j.job, err);
	if (code == 0 && j.code != 0) {
		code = j.code;
		if (err != NULL)
			*err = j.err;
	}
	if (code == 0 && s->ret == RENT_START_NEW)
		code = show_new(&j);
	else if (code == 0 && s->ret == RENT_START_RESUME && s->fn != NULL)
		code = views_show(store->views, j.rental_id, s->fn, s->arg, err);
	return store_leave(store, CALL_START_BEGIN, since, code);
}
