/* SPDX-License-Identifier: MIT
 *
 * start.c - start_begin: the key, the quote, the rental and its intents in one transaction.
 *
 * Four statements for all starts of a batch. The first claims the keys that are new and
 * records the rentals whose quotes can be used; the second answers the claimed keys that
 * got no rental; the third takes over what was left lying; the fourth reads what now stands
 * there, which is what is answered.
 */
#include "postgres.h"

#include <stdlib.h>

#include "core/deed.h"
#include "core/start.h"
#include "deeds.h"
#include "result.h"

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

static void list_unit(struct job *job, struct unit *units)
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
	const char *provider, *token, *cabinet, *instance, *provider_plugin,
		*station_plugin, *own, *method, *back;
	/* the cached quote; user NULL: there is none */
	bool cached;
	const char *user, *station;
	int64_t price, free, deposit, expires_at;
	struct rent_refusal unknown, expired, used;
};

#define TEXT(member)                                          \
	{                                                     \
		BIND_TEXT, offsetof(struct start_row, member) \
	}
#define INT(member)                                          \
	{                                                    \
		BIND_INT, offsetof(struct start_row, member) \
	}

static const struct bind_column new_columns[] = {
	TEXT(key),
	TEXT(scope),
	TEXT(fingerprint),
	TEXT(quote_id),
	TEXT(rental_id),
	TEXT(hold_id),
	TEXT(eject_id),
	TEXT(provider),
	TEXT(token),
	INT(lease_us),
	TEXT(user),
	TEXT(station),
	INT(price),
	INT(free),
	INT(deposit),
	{ BIND_TIME, offsetof(struct start_row, expires_at) },
	TEXT(cabinet),
	TEXT(instance),
	TEXT(provider_plugin),
	TEXT(station_plugin),
	TEXT(own),
	TEXT(method),
	TEXT(back),
	BIND_END,
};
static const struct bind_column refuse_columns[] = {
	INT(n),
	TEXT(key),
	TEXT(rental_id),
	TEXT(quote_id),
	{ BIND_BOOL, offsetof(struct start_row, cached) },
	TEXT(unknown.outcome),
	TEXT(unknown.answer),
	TEXT(expired.outcome),
	TEXT(expired.answer),
	TEXT(used.outcome),
	TEXT(used.answer),
	BIND_END,
};
static const struct bind_column resume_columns[] = {
	TEXT(key), TEXT(scope), TEXT(fingerprint), TEXT(token), INT(lease_us), BIND_END,
};
static const struct bind_column judge_columns[] = { INT(n), TEXT(key), TEXT(scope),
	                                            BIND_END };

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
		                   .cabinet = start_cabinet(s),
		                   .instance = start_instance(s),
		                   .provider_plugin = start_provider_plugin(s),
		                   .station_plugin = start_station_plugin(s),
		                   .own = start_user(s),
		                   .method = start_method(s),
		                   .back = start_return_url(s),
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

static size_t list_deeds(const struct slice *s, struct deed_row *rows)
{
	struct deed_row row;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!deed_of_start(job_of(s, i)->s, &row))
			continue;
		if (rows != NULL)
			rows[n] = row;
		n++;
	}
	return n;
}

/* Only of rentals that this transaction made: an older one under a key has another id. */
static void send_deeds(const struct slice *s)
{
	size_t n = list_deeds(s, NULL);
	struct deed_row *rows = n == 0 ? NULL : slice_rows(s, n, sizeof(*rows));
	struct bind *a = conn_bind(s->conn);

	if (rows == NULL)
		return;
	(void)list_deeds(s, rows);
	bind_bytes(a, s->mark, sizeof(s->mark));
	bind_rows(a, deed_columns, rows, sizeof(*rows), n);
	conn_send(s->conn, SQL_DEEDS_PUT);
	free(rows);
}

/* The columns and, where the statement asks for it, the mark. */
static void bind_starts(const struct slice *s, const struct start_row *rows,
                        const struct bind_column *columns, bool mark)
{
	struct bind *a = conn_bind(s->conn);

	bind_rows(a, columns, rows, sizeof(*rows), s->n);
	if (mark)
		bind_bytes(a, s->mark, sizeof(s->mark));
}

static void send_starts(const struct slice *s)
{
	struct start_row *rows = make_rows(s);

	if (rows == NULL)
		return;
	bind_starts(s, rows, new_columns, true);
	conn_send(s->conn, SQL_START);
	send_deeds(s);
	bind_starts(s, rows, refuse_columns, false);
	conn_send(s->conn, SQL_START_REFUSE);
	bind_starts(s, rows, resume_columns, true);
	conn_send(s->conn, SQL_START_RESUME);
	bind_starts(s, rows, judge_columns, true);
	conn_send(s->conn, SQL_START_JUDGE);
	free(rows);
}

static void take_refusals(const struct slice *s)
{
	PGresult *res = conn_take(s->conn);

	for (size_t i = 0; i < s->n; i++)
		job_of(s, i)->refusal = 0;
	for (int row = 0; res != NULL && row < PQntuples(res); row++)
		job_of(s, (size_t)result_int(res, row, 0))->refusal =
			result_int(res, row, 1);
	PQclear(res);
}

static void take_quote(struct start_job *j, const PGresult *res, int row)
{
	struct rent_quote *q = &j->quote;

	(void)rent_copy(q->user_id, sizeof(q->user_id), result_text(res, row, K_USER_ID));
	(void)rent_copy(q->station_id, sizeof(q->station_id),
	                result_text(res, row, K_STATION_ID));
	q->price_per_hour = result_int(res, row, K_PRICE);
	q->free_period_min = result_int(res, row, K_FREE);
	q->deposit = result_int(res, row, K_DEPOSIT);
	j->now = result_int(res, row, K_CHANGED_AT);
}

static void judge_key(struct start_job *j, const PGresult *res, int row, bool ours)
{
	const struct start_key key = {
		.scope = result_text(res, row, K_SCOPE),
		.fingerprint = result_text(res, row, K_FINGERPRINT),
		.answered = !PQgetisnull(res, row, K_OUTCOME),
		.outcome = result_text(res, row, K_OUTCOME),
		.answer = result_text(res, row, K_ANSWER),
		.rental_id = j->rental_id,
		.rental_there = !PQgetisnull(res, row, K_RENTAL),
		.leased = !ours,
		.lease_left =
			result_int(res, row, K_LEASE_UNTIL) - result_int(res, row, K_NOW),
	};

	j->code = start_judge_key(j->s, &key, &j->err);
}

static void judge_start(struct start_job *j, const PGresult *res, int row)
{
	static const enum rent_start_result refusals[] = { RENT_START_QUOTE_UNKNOWN,
		                                           RENT_START_QUOTE_EXPIRED,
		                                           RENT_START_QUOTE_USED };
	struct rent_start *s = j->s;
	bool ours = result_bool(res, row, K_OURS);

	j->code = 0;
	(void)rent_copy(j->rental_id, sizeof(j->rental_id),
	                result_text(res, row, K_RENTAL_ID));
	if (j->refusal != 0) {
		s->ret = refusals[j->refusal - 1];
		return;
	}
	judge_key(j, res, row, ours);
	if (j->code == 0 && s->ret == RENT_START_RESUME &&
	    result_int(res, row, K_VERSION) == 1 &&
	    strcmp(j->rental_id, s->rental_id) == 0) {
		s->ret = RENT_START_NEW;
		take_quote(j, res, row);
	}
}

/* No row: the quote is not there, or not the caller's, so that the key was not claimed. */
static void judge_all(const struct slice *s, const PGresult *res)
{
	for (size_t i = 0; i < s->n; i++) {
		struct start_job *j = job_of(s, i);

		start_reset(j->s);
		j->s->ret = RENT_START_QUOTE_UNKNOWN;
		j->code = 0;
	}
	for (int row = 0; row < PQntuples(res); row++)
		judge_start(job_of(s, (size_t)result_int(res, row, K_N)), res, row);
}

static void take_starts(const struct slice *s)
{
	PGresult *res;

	conn_skip(s->conn);
	if (list_deeds(s, NULL) > 0)
		conn_skip(s->conn);
	take_refusals(s);
	conn_skip(s->conn);
	res = conn_take(s->conn);
	if (res != NULL)
		judge_all(s, res);
	PQclear(res);
}

/* Only what bears the mark is a trace; an answer under the key may be anybody's. */
static int read_back(const struct slice *s, struct rent_error *err)
{
	struct start_row *rows = make_rows(s);
	PGresult *res;
	int code;

	if (rows == NULL)
		return rent_fail(err, RENT_ENOMEM, "start: out of memory");
	bind_starts(s, rows, judge_columns, true);
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
		bool gone = j->code == 0 && j->s->ret == RENT_START_QUOTE_UNKNOWN;

		s->units[i].found = ours   ? FOUND_DONE
		                    : gone ? FOUND_NOTHING
		                           : FOUND_UNCLEAR;
	}
	PQclear(res);
	return 0;
}

const struct kind start_kind = {
	.name = "start_begin",
	.split = list_unit,
	.claims = claims,
	.send = send_starts,
	.take = take_starts,
	.find = read_back,
};

/* The rental that was just recorded, without reading it again. */
static int show_new(const struct start_job *j)
{
	struct start_made made;

	start_make(&made, j->s, &j->quote, j->now);
	return start_show(&made, j->s);
}

int postgres_start_begin(struct postgres *self, struct rent_start *s,
                         struct rent_error *err)
{
	struct start_job j = { .job = { .kind = JOB_START, .units = 1 }, .s = s };
	const struct rent_quote *cached = start_cached_quote(s);
	int code;

	if (cached != NULL)
		rent_adopt(&j.cached, sizeof(j.cached), cached, cached->struct_size);
	code = writers_do(self->writers, &j.job, err);
	if (code == 0 && j.code != 0) {
		code = j.code;
		if (err != NULL)
			*err = j.err;
	}
	if (code == 0 && s->ret == RENT_START_NEW)
		code = show_new(&j);
	else if (code == 0 && s->ret == RENT_START_RESUME && s->fn != NULL)
		code = rental_reads_show(self->reads, j.rental_id, s->fn, s->arg, err);
	return code;
}
