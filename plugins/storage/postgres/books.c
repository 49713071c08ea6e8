/* SPDX-License-Identifier: MIT
 *
 * books.c - the lines of books, and their seals.
 *
 * Lines do not become visible in the order of their ids: a transaction takes an id, and commits
 * later. A book ends, for good, at the greatest id of an earlier look once every transaction has ended
 * that had begun by the look after it. Two looks, because a transaction may have taken its id an
 * instant before it is seen to be running.
 */
#include "postgres.h"

#include "result.h"

#define VALUES_MAX 16

static const struct {
	enum sql_id lines, end;
} books[] = {
	[RENT_BOOK_DEBTS] = { SQL_LINES_DEBTS, SQL_END_DEBTS },
	[RENT_BOOK_ATTEMPTS] = { SQL_LINES_ATTEMPTS, SQL_END_ATTEMPTS },
	[RENT_BOOK_DEEDS] = { SQL_LINES_DEEDS, SQL_END_DEEDS },
	[RENT_BOOK_OUTSIDE] = { SQL_LINES_OUTSIDE, SQL_END_OUTSIDE },
	[RENT_BOOK_RESOLUTIONS] = { SQL_LINES_RESOLUTIONS, SQL_END_RESOLUTIONS },
	[RENT_BOOK_NOTES] = { SQL_LINES_NOTES, SQL_END_NOTES },
};

static void bind_lines(struct bind *a, void *arg)
{
	const struct rent_line_query *query = arg;

	bind_int(a, query->after_id);
	bind_int(a, query->upto_id);
	bind_int(a, storage_page(query->limit));
}

static int show_line(const PGresult *res, int row, rent_line_fn fn, void *arg)
{
	const char *values[VALUES_MAX];
	struct rent_line line = { .struct_size = sizeof(line), .values = values };
	int columns = PQnfields(res);

	line.id = result_int(res, row, 0);
	for (int i = 1; i < columns && i <= VALUES_MAX; i++)
		values[line.count++] =
			PQgetisnull(res, row, i) ? NULL : result_text(res, row, i);
	return fn(arg, &line);
}

int postgres_line_list(struct postgres *self, const struct rent_line_query *query,
                       rent_line_fn fn, void *arg, struct rent_error *err)
{
	struct rent_line_query wanted = *query;
	PGresult *res;
	int code = storage_know_book(query->book, err);

	if (code == 0)
		code = reading_query(&self->reading, books[query->book].lines, bind_lines,
		                     &wanted, &res, err);
	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++)
		code = show_line(res, row, fn, arg);
	PQclear(res);
	return code;
}

/* ---- where a book ends */

/* An xid that is smaller than an earlier one: it is another server. */
static int64_t look_at_end(struct book_end *end, int64_t last, int64_t xmin, int64_t xmax)
{
	if (xmax < end->begun)
		*end = (struct book_end){ 0 };
	if (end->begun != 0 && xmin >= end->begun) {
		end->complete = end->before;
		end->before = end->last;
		end->last = last;
		end->begun = xmax;
	} else if (end->begun == 0) {
		end->last = last;
		end->begun = xmax;
	}
	return end->complete;
}

int postgres_book_end(struct postgres *self, enum rent_book book, int64_t *ret,
                      struct rent_error *err)
{
	PGresult *res;
	int code = storage_know_book(book, err);

	if (code == 0)
		code = reading_query(&self->reading, books[book].end,
		                     reading_bind_nothing, NULL, &res, err);
	if (code != 0)
		return code;
	(void)pthread_mutex_lock(&self->ends_lock);
	*ret = look_at_end(&self->ends[book], result_int(res, 0, 0),
	                   result_int(res, 0, 1), result_int(res, 0, 2));
	(void)pthread_mutex_unlock(&self->ends_lock);
	PQclear(res);
	return 0;
}

/* ---- seals */

struct seal_job {
	struct job job;
	const struct rent_seal *seal;
	bool changed;
};

static struct seal_job *seal_of(const struct slice *s, size_t i)
{
	return (struct seal_job *)(void *)s->units[i].job;
}

static const char *book_of(const struct rent_seal *seal)
{
	return rent_name_of(rent_book_names, (int)seal->book);
}

static void split_seal(struct job *job, struct unit *units)
{
	units[0].order = book_of(((struct seal_job *)(void *)job)->seal);
}

static void send_seals(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct rent_seal *seal = seal_of(s, i)->seal;
		struct bind *a = conn_bind(s->conn);

		bind_text(a, book_of(seal));
		bind_int(a, seal->number);
		bind_int(a, seal->upto_id);
		bind_int(a, seal->lines);
		bind_text(a, seal->digests);
		bind_text(a, seal->hash);
		conn_send(s->conn, SQL_SEAL_PUT);
	}
}

static void take_seals(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++)
		seal_of(s, i)->changed = result_changed(conn_take(s->conn)) == 1;
}

const struct kind seal_kind = {
	.name = "seal_put",
	.split = split_seal,
	.send = send_seals,
	.take = take_seals,
};

int postgres_seal_put(struct postgres *self, const struct rent_seal *seal,
                      struct rent_error *err)
{
	struct seal_job j = { .job = { .kind = JOB_SEAL, .units = 1 }, .seal = seal };
	int code = writers_do(self->writers, &j.job, err);

	return code != 0 ? code : j.changed ? 0 : 1;
}

static void bind_seals(struct bind *a, void *arg)
{
	const struct rent_seal_query *query = arg;

	bind_text(a, rent_name_of(rent_book_names, (int)query->book));
	if (query->last)
		return;
	bind_int(a, query->after);
	bind_int(a, storage_page(query->limit));
}

static int show_seal(const PGresult *res, int row, enum rent_book book, rent_seal_fn fn,
                     void *arg)
{
	struct rent_seal seal = { .struct_size = sizeof(seal),
		                  .book = book,
		                  .number = result_int(res, row, 0),
		                  .upto_id = result_int(res, row, 1),
		                  .lines = result_int(res, row, 2),
		                  .digests = result_text(res, row, 3),
		                  .created_at = result_int(res, row, 5) };

	(void)rent_copy(seal.hash, sizeof(seal.hash), result_text(res, row, 4));
	return fn(arg, &seal);
}

int postgres_seal_list(struct postgres *self, const struct rent_seal_query *query,
                       rent_seal_fn fn, void *arg, struct rent_error *err)
{
	struct rent_seal_query wanted = *query;
	PGresult *res;
	int code = reading_query(&self->reading,
	                         query->last ? SQL_SEALS_LAST : SQL_SEALS_PAGE,
	                         bind_seals, &wanted, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++)
		code = show_seal(res, row, query->book, fn, arg);
	PQclear(res);
	return code;
}
