/* SPDX-License-Identifier: MIT
 *
 * outbox.c - what changes tell other systems: given out to be sent, ended, listed, counted. Tries are
 * begun on the writer's thread, which is what makes the sets of concurrent callers disjoint, and the
 * messages read afterwards on a reading connection.
 */
#include <stdlib.h>

#include "sqlite.h"

/* ---- claim */

struct claim_job {
	struct writer_job job;
	const char *endpoint;
	int64_t lease_us, limit;
	size_t n;
	char (*ids)[RENT_ID_SIZE]; /* limit of them */
};

static int list_due(struct db *db, struct claim_job *j, struct rent_error *err)
{
	sqlite3_stmt *row;
	int code =
		db_first(db, SQL_OUTBOX_DUE, &row, err, j->endpoint, db->now, j->limit);

	return db_ids(db, code, row, j->ids, &j->n, err);
}

static int begin_tries(struct db *db, struct writer_job *job, bool careful,
                       struct rent_error *err)
{
	struct claim_job *j = (struct claim_job *)job;
	int code;

	(void)careful;
	j->n = 0;
	code = list_due(db, j, err);
	for (size_t i = 0; i < j->n && code == 0; i++)
		code = db_do(db, SQL_OUTBOX_BEGIN, err, j->endpoint, j->ids[i],
		             db->now + j->lease_us);
	return code;
}

/* Gives the messages of a statement out. */
static int show_rows(struct db *db, int code, sqlite3_stmt *stmt, rent_message_fn fn,
                     void *arg, struct rent_error *err)
{
	struct rent_message message;

	while (code == DB_ROW) {
		row_message(&db_rows, stmt, 0, &message);
		code = fn(arg, &message);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

static int show_claimed(struct sqlite *self, const struct claim_job *j,
                        rent_message_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	for (size_t i = 0; i < j->n && code == 0; i++) {
		struct db *db = &((struct sqlite_reader *)reader)->db;
		sqlite3_stmt *stmt;

		code = db_first(db, SQL_OUTBOX_GET, &stmt, err, j->endpoint, j->ids[i]);
		code = show_rows(db, code, stmt, fn, arg, err);
	}
	readers_return(self->readers, reader);
	return code;
}

int sqlite_outbox_claim(struct sqlite *self, const char *endpoint, int64_t lease_us,
                        uint32_t limit, rent_message_fn fn, void *arg,
                        struct rent_error *err)
{
	struct claim_job j = { .job = { .apply = begin_tries },
		               .endpoint = endpoint,
		               .lease_us = lease_us,
		               .limit = storage_page(limit) };
	int code;

	j.ids = calloc((size_t)j.limit + 1, sizeof(*j.ids));
	if (j.ids == NULL)
		return rent_fail(err, RENT_ENOMEM, "outbox_claim: out of memory");
	code = writer_do(self->writer, &j.job, j.limit, err);
	if (code == 0 && j.n > 0)
		code = show_claimed(self, &j, fn, arg, err);
	free(j.ids);
	return code;
}

/* ---- end */

struct end_job {
	struct writer_job job;
	const struct rent_message_end *end;
	bool found;
};

static int end_try(struct db *db, struct writer_job *job, bool careful,
                   struct rent_error *err)
{
	struct end_job *j = (struct end_job *)job;
	const struct rent_message_end *end = j->end;
	const char *state = rent_name_of(rent_message_state_names, (int)end->state);
	bool open = end->state == RENT_MESSAGE_OPEN;
	int64_t next_at = db->now + end->wait_us;
	int code =
		db_do(db, SQL_OUTBOX_END, err, end->endpoint, end->id, end->expect_tries,
	              state, end->tries, next_at, open ? INT64_C(0) : db->now, end->note);

	(void)careful;
	j->found = code == 0 && db_changes(db) == 1;
	if (j->found)
		code = db_do(db, SQL_OUTBOX_BEHIND, err, end->endpoint, end->id, state,
		             next_at);
	return code;
}

int sqlite_outbox_end(struct sqlite *self, const struct rent_message_end *end,
                      struct rent_error *err)
{
	struct end_job j = { .job = { .apply = end_try }, .end = end };
	int code = writer_do(self->writer, &j.job, 1, err);

	return code != 0 ? code : j.found ? 0 : 1;
}

/* ---- purge */

struct purge_job {
	struct writer_job job;
	int64_t age_us, limit, n;
};

static int purge(struct db *db, struct writer_job *job, bool careful,
                 struct rent_error *err)
{
	struct purge_job *j = (struct purge_job *)job;
	int code = db_do(db, SQL_OUTBOX_PURGE, err, db->now - j->age_us, j->limit);

	(void)careful;
	j->n = code == 0 ? db_changes(db) : 0;
	return code;
}

int sqlite_outbox_purge(struct sqlite *self, int64_t age_us, uint32_t limit,
                        int64_t *ret_n, struct rent_error *err)
{
	struct purge_job j = { .job = { .apply = purge },
		               .age_us = age_us,
		               .limit = (int64_t)limit };
	int code = writer_do(self->writer, &j.job, (int64_t)limit, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return code;
}

/* ---- reading */

static enum sql_id page_of(enum rent_message_state state)
{
	switch (state) {
	case RENT_MESSAGE_OPEN:
		return SQL_OUTBOX_OPEN;
	case RENT_MESSAGE_DELIVERED:
		return SQL_OUTBOX_DELIVERED;
	case RENT_MESSAGE_SET_ASIDE:
		return SQL_OUTBOX_SET_ASIDE;
	case RENT_MESSAGE_NONE:
		break;
	}
	return SQL_OUTBOX_PAGE;
}

int sqlite_outbox_list(struct sqlite *self, const struct rent_message_query *query,
                       rent_message_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	sqlite3_stmt *stmt;
	struct db *db;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	db = &((struct sqlite_reader *)reader)->db;
	code = db_first(db, page_of(query->state), &stmt, err, query->endpoint,
	                query->after_id == NULL ? "" : query->after_id,
	                (int64_t)storage_page(query->limit));
	code = show_rows(db, code, stmt, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}

int sqlite_outbox_sums(struct sqlite *self, const char *endpoint,
                       struct rent_message_sums *ret, struct rent_error *err)
{
	struct reader *reader;
	sqlite3_stmt *row;
	struct db *db;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	db = &((struct sqlite_reader *)reader)->db;
	code = db_first(db, SQL_OUTBOX_SUMS, &row, err, endpoint);
	if (code == DB_ROW) {
		ret->open = sqlite3_column_int64(row, 0);
		ret->set_aside = sqlite3_column_int64(row, 1);
		ret->oldest_us =
			ret->open == 0 ? 0 : db->now - sqlite3_column_int64(row, 2);
		db_done(row);
		code = 0;
	}
	readers_return(self->readers, reader);
	return code;
}
