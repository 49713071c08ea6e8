/* SPDX-License-Identifier: MIT
 *
 * quotes.c - quote_put: quotes that are given, in one statement for all of a batch. Those that
 * may be lost do not stand in a queue with what waits for the disk.
 */
#include "postgres.h"

#include <stdlib.h>

#include "result.h"

struct quote_job {
	struct job job;
	struct rent_quote *quote;
	int64_t ttl_us, now;
};

static struct quote_job *quote_of(const struct slice *s, size_t i)
{
	return (struct quote_job *)(void *)s->units[i].job;
}

static void list_unit(struct job *job, struct unit *units)
{
	struct quote_job *j = (struct quote_job *)(void *)job;

	units[0].order = j->quote->id;
}

struct quote_row {
	int64_t n, price, free, deposit, ttl;
	const char *id, *user, *station;
};

/* The parameters of SQL_QUOTES_PUT; the first two are those of SQL_QUOTES_FOUND. */
static const struct bind_column found_columns[] = {
	{ BIND_INT, offsetof(struct quote_row, n) },
	{ BIND_TEXT, offsetof(struct quote_row, id) },
	BIND_END,
};
static const struct bind_column quote_columns[] = {
	{ BIND_INT, offsetof(struct quote_row, n) },
	{ BIND_TEXT, offsetof(struct quote_row, id) },
	{ BIND_TEXT, offsetof(struct quote_row, user) },
	{ BIND_TEXT, offsetof(struct quote_row, station) },
	{ BIND_INT, offsetof(struct quote_row, price) },
	{ BIND_INT, offsetof(struct quote_row, free) },
	{ BIND_INT, offsetof(struct quote_row, deposit) },
	{ BIND_INT, offsetof(struct quote_row, ttl) },
	BIND_END,
};

static void bind_quotes(const struct slice *s, const struct bind_column *columns)
{
	struct quote_row *rows = slice_rows(s, s->n, sizeof(*rows));
	struct bind *a = conn_bind(s->conn);

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
		bind_rows(a, columns, rows, sizeof(*rows), s->n);
	free(rows);
}

static void send_quotes(const struct slice *s)
{
	bind_quotes(s, quote_columns);
	conn_send(s->conn, SQL_QUOTES_PUT);
}

/* All rows of a transaction have its time. */
static void take_quotes(const struct slice *s)
{
	PGresult *res = conn_take(s->conn);

	for (size_t i = 0; res != NULL && PQntuples(res) > 0 && i < s->n; i++)
		quote_of(s, i)->now = result_time(res, 0, 1);
	PQclear(res);
}

static int read_back(const struct slice *s, struct rent_error *err)
{
	PGresult *res;
	int code;

	bind_quotes(s, found_columns);
	code = conn_query(s->conn, SQL_QUOTES_FOUND, &res, err);
	if (code != 0)
		return code;
	for (int row = 0; row < PQntuples(res); row++) {
		size_t i = (size_t)result_int(res, row, 0);

		quote_of(s, i)->now = result_time(res, row, 1);
		s->units[i].found = FOUND_DONE;
	}
	PQclear(res);
	return 0;
}

const struct kind quote_kind = {
	.name = "quote_put",
	.split = list_unit,
	.send = send_quotes,
	.take = take_quotes,
	.find = read_back,
};

static struct writers *writers_of_quotes(const struct postgres *self)
{
	return self->quoting != NULL && writers_up(self->quoting) ? self->quoting
	                                                          : self->writers;
}

int postgres_quote_put(struct postgres *self, struct rent_quote *quote, int64_t ttl_us,
                       struct rent_error *err)
{
	struct quote_job j = { .job = { .kind = JOB_QUOTE, .units = 1 },
		               .quote = quote,
		               .ttl_us = ttl_us };
	int code = writers_do(writers_of_quotes(self), &j.job, err);

	if (code == 0) {
		quote->created_at = j.now;
		quote->expires_at = j.now + ttl_us;
	}
	return code;
}
