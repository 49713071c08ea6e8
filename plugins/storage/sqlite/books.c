/* SPDX-License-Identifier: MIT
 *
 * books.c - the lines of books, and their seals. There is one writer, and lines come in the order of
 * their ids: where a book ends now, nothing comes in below any more.
 */
#include "sqlite.h"

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

static int show_line(sqlite3_stmt *stmt, rent_line_fn fn, void *arg)
{
	const char *values[VALUES_MAX];
	struct rent_line line = { .struct_size = sizeof(line), .values = values };
	int columns = sqlite3_column_count(stmt);

	line.id = sqlite3_column_int64(stmt, 0);
	for (int i = 1; i < columns && i <= VALUES_MAX; i++)
		values[line.count++] = sqlite3_column_type(stmt, i) == SQLITE_NULL
		                               ? NULL
		                               : db_text(stmt, i);
	return fn(arg, &line);
}

static int show_seal(sqlite3_stmt *stmt, enum rent_book book, rent_seal_fn fn, void *arg)
{
	struct rent_seal seal = { .struct_size = sizeof(seal),
		                  .book = book,
		                  .number = sqlite3_column_int64(stmt, 0),
		                  .upto_id = sqlite3_column_int64(stmt, 1),
		                  .lines = sqlite3_column_int64(stmt, 2),
		                  .digests = db_text(stmt, 3),
		                  .created_at = sqlite3_column_int64(stmt, 5) };

	(void)rent_copy(seal.hash, sizeof(seal.hash), db_text(stmt, 4));
	return fn(arg, &seal);
}

static int list_lines(struct db *db, const struct rent_line_query *query, rent_line_fn fn,
                      void *arg, struct rent_error *err)
{
	sqlite3_stmt *stmt;
	int code = db_first(db, books[query->book].lines, &stmt, err, query->after_id,
	                    query->upto_id, (int64_t)storage_page(query->limit));

	while (code == DB_ROW) {
		code = show_line(stmt, fn, arg);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_line_list(struct sqlite *self, const struct rent_line_query *query,
                     rent_line_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = storage_know_book(query->book, err);

	if (code == 0)
		code = readers_borrow(self->readers, &reader, err);
	if (code != 0)
		return code;
	code = list_lines(&((struct sqlite_reader *)reader)->db, query, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}

int sqlite_book_end(struct sqlite *self, enum rent_book book, int64_t *ret,
                    struct rent_error *err)
{
	struct reader *reader;
	sqlite3_stmt *stmt;
	int code = storage_know_book(book, err);

	if (code == 0)
		code = readers_borrow(self->readers, &reader, err);
	if (code != 0)
		return code;
	code = db_first(&((struct sqlite_reader *)reader)->db, books[book].end, &stmt,
	                err);
	if (code == DB_ROW) {
		*ret = sqlite3_column_int64(stmt, 0);
		db_done(stmt);
		code = 0;
	} else if (code == 0) {
		code = RENT_EFAIL;
	}
	readers_return(self->readers, reader);
	return code;
}

struct seal_job {
	struct writer_job job;
	const struct rent_seal *seal;
	bool is_new;
};

static int put_seal(struct db *db, struct writer_job *job, bool careful,
                    struct rent_error *err)
{
	struct seal_job *j = (struct seal_job *)job;
	const struct rent_seal *s = j->seal;
	int code =
		db_do(db, SQL_SEAL_PUT, err, rent_name_of(rent_book_names, (int)s->book),
	              s->number, s->upto_id, s->lines, s->digests, s->hash, db->now);

	(void)careful;
	j->is_new = code == 0 && db_changes(db) == 1;
	return code;
}

int sqlite_seal_put(struct sqlite *self, const struct rent_seal *seal,
                    struct rent_error *err)
{
	struct seal_job j = { .job = { .apply = put_seal }, .seal = seal };
	int code = writer_do(self->writer, &j.job, 1, err);

	return code != 0 ? code : j.is_new ? 0 : 1;
}

static int list_seals(struct db *db, const struct rent_seal_query *query, rent_seal_fn fn,
                      void *arg, struct rent_error *err)
{
	const char *book = rent_name_of(rent_book_names, (int)query->book);
	sqlite3_stmt *stmt;
	int code = query->last
	                   ? db_first(db, SQL_SEALS_LAST, &stmt, err, book)
	                   : db_first(db, SQL_SEALS_PAGE, &stmt, err, book, query->after,
	                              (int64_t)storage_page(query->limit));

	while (code == DB_ROW) {
		code = show_seal(stmt, query->book, fn, arg);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_seal_list(struct sqlite *self, const struct rent_seal_query *query,
                     rent_seal_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = list_seals(&((struct sqlite_reader *)reader)->db, query, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}
