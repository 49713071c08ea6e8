/* SPDX-License-Identifier: MIT
 *
 * answers.c - what requests were answered: kept once, read.
 */
#include "core/change.h"

#include "sqlite.h"

struct answer_job {
	struct writer_job job;
	const struct rent_kept_answer *answer;
};

static int put_answer(struct db *db, struct writer_job *job, bool careful,
                      struct rent_error *err)
{
	const struct rent_kept_answer *a = ((struct answer_job *)job)->answer;

	(void)careful;
	return db_do(db, SQL_ANSWER_PUT, err, a->key, a->scope, a->fingerprint,
	             a->rental_id, a->outcome, a->answer, db->now_text);
}

int sqlite_answer_put(struct sqlite *self, const struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	struct answer_job j = { .job = { .apply = put_answer }, .answer = answer };

	return writer_do(self->writer, &j.job, 1, err);
}

static int read_answer(struct db *db, struct rent_kept_answer *answer,
                       struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_first(db, SQL_ANSWER_GET, &row, err, answer->key, answer->scope);

	if (code != DB_ROW)
		return code == 0 ? 1 : code;
	answer->ret_fingerprint = rent_strdup(answer->arena, db_text(row, 0));
	answer->ret_outcome = rent_strdup(answer->arena, db_text(row, 1));
	answer->ret_answer = rent_strdup(answer->arena, db_text(row, 2));
	db_done(row);
	return answer_is_whole(answer, err);
}

int sqlite_answer_get(struct sqlite *self, struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = read_answer(&((struct sqlite_reader *)reader)->db, answer, err);
	readers_return(self->readers, reader);
	return code;
}
