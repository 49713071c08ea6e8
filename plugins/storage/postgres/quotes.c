/* SPDX-License-Identifier: MIT
 *
 * quotes.c - quote_put and purge: what comes and goes without money.
 */
#include "store.h"

#include <stdlib.h>

#include "row.h"

struct quote_job {
	struct job job;
	struct rent_quote *quote;
	int64_t ttl_us, now;
};

struct purge_job {
	struct job job;
	int64_t quote_age_us, key_age_us, limit;
	int64_t n;
};

static struct quote_job *quote_of(const struct slice *s, size_t i)
{
	return (struct quote_job *)(void *)s->units[i].job;
}

static void split_quote(struct job *job, struct unit *units)
{
	struct quote_job *j = (struct quote_job *)(void *)job;

	units[0].order = j->quote->id;
}

struct quote_row {
	int64_t n, price, free, deposit, ttl;
	const char *id, *user, *station;
};

/* The parameters of SQL_QUOTES_PUT; the first two are those of SQL_QUOTES_FOUND. */
static const struct args_column found_columns[] = {
	{ ARGS_INT, offsetof(struct quote_row, n) },
	{ ARGS_TEXT, offsetof(struct quote_row, id) },
	ARGS_END,
};
static const struct args_column quote_columns[] = {
	{ ARGS_INT, offsetof(struct quote_row, n) },
	{ ARGS_TEXT, offsetof(struct quote_row, id) },
	{ ARGS_TEXT, offsetof(struct quote_row, user) },
	{ ARGS_TEXT, offsetof(struct quote_row, station) },
	{ ARGS_INT, offsetof(struct quote_row, price) },
	{ ARGS_INT, offsetof(struct quote_row, free) },
	{ ARGS_INT, offsetof(struct quote_row, deposit) },
	{ ARGS_INT, offsetof(struct quote_row, ttl) },
	ARGS_END,
};

static void fill(const struct slice *s, const struct args_column *columns)
{
	struct quote_row *rows = slice_rows(s, s->n, sizeof(*rows));
	struct args *a = conn_args(s->conn);

	for (size_t i = 0; rows != NULL && i < s->n; i++) {
		const struct rent_quote *q = quote_of(s, i)->quote;

		rows[i] = (struct quote_row){ .n = (int64_t)i,
			                      .price = q->price_per_hour,
			                      .free = q->free_period_min,
			                      .deposit = q->deposit,
			                      .ttl = quote_of(s, i)->ttl_us,
			                      .id = q->id,
			                      .user = q->user_id,
			                      .station = q->station_id };
	}
	if (rows != NULL)
		args_rows(a, columns, rows, sizeof(*rows), s->n);
	free(rows);
}

static void send_quotes(const struct slice *s)
{
	fill(s, quote_columns);
	conn_send(s->conn, SQL_QUOTES_PUT);
}

/* All rows of a transaction have its time. */
static void take_quotes(const struct slice *s)
{
	PGresult *res = conn_take(s->conn);

	for (size_t i = 0; res != NULL && PQntuples(res) > 0 && i < s->n; i++)
		quote_of(s, i)->now = row_time(res, 0, 1);
	PQclear(res);
}

static int find_quotes(const struct slice *s, struct rent_error *err)
{
	PGresult *res;
	int code;

	fill(s, found_columns);
	code = conn_query(s->conn, SQL_QUOTES_FOUND, &res, err);
	if (code != 0)
		return code;
	for (int row = 0; row < PQntuples(res); row++) {
		size_t i = (size_t)row_int(res, row, 0);

		quote_of(s, i)->now = row_time(res, row, 1);
		s->units[i].found = FOUND_DONE;
	}
	PQclear(res);
	return 0;
}

const struct kind quote_kind = {
	.split = split_quote,
	.send = send_quotes,
	.take = take_quotes,
	.find = find_quotes,
};

int store_quote_put(void *self, struct rent_quote *quote, int64_t ttl_us,
                    struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct quote_job j = { .job = { .kind = JOB_QUOTE, .units = 1 },
		               .quote = quote,
		               .ttl_us = ttl_us };
	int code = writers_do(store->writers, &j.job, err);

	if (code == 0) {
		quote->created_at = j.now;
		quote->expires_at = j.now + ttl_us;
	}
	return store_leave(store, CALL_QUOTE_PUT, since, code);
}

static void split_purge(struct job *job, struct unit *units)
{
	(void)job;
	(void)units;
}

static struct purge_job *purge_of(const struct slice *s, size_t i)
{
	return (struct purge_job *)(void *)s->units[i].job;
}

static void send_purge(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct purge_job *j = purge_of(s, i);
		struct args *a = conn_args(s->conn);

		args_int(a, j->quote_age_us);
		args_int(a, j->limit);
		conn_send(s->conn, SQL_PURGE_QUOTES);
		a = conn_args(s->conn);
		args_int(a, j->key_age_us);
		args_int(a, j->limit);
		conn_send(s->conn, SQL_PURGE_KEYS);
	}
}

static int64_t affected(PGresult *res)
{
	int64_t n = 0;

	for (const char *p = res == NULL ? "" : PQcmdTuples(res); *p != '\0'; p++)
		n = n * 10 + (*p - '0');
	PQclear(res);
	return n;
}

static void take_purge(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct purge_job *j = purge_of(s, i);

		j->n = affected(conn_take(s->conn));
		j->n += affected(conn_take(s->conn));
	}
}

const struct kind purge_kind = {
	.split = split_purge,
	.send = send_purge,
	.take = take_purge,
};

int store_purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                int64_t *ret_n, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct purge_job j = { .job = { .kind = JOB_PURGE, .units = 1 },
		               .quote_age_us = quote_age_us,
		               .key_age_us = key_age_us,
		               .limit = (int64_t)limit };
	int code = writers_do(store->writers, &j.job, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return store_leave(store, CALL_PURGE, since, code);
}
