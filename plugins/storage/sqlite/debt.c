/* SPDX-License-Identifier: MIT
 *
 * debt.c - the debt part of a change; see debt.h. The row is read anew each time: an
 * operator may insert or raise one whenever they like.
 */
#include "debt.h"

/* What SQL_DEBT_SET does with last_attempt_at. */
enum last_attempt {
	LAST_KEEP,
	LAST_CLEAR,
	LAST_NOW
};

/* The operation that a change of debt follows from: the first that the change ends. */
static const char *cause_of(const struct rent_change *change)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		if (change->ends[i].id != NULL)
			return change->ends[i].id;
	}
	return NULL;
}

static int set_row(struct db *db, const struct rent_change *change, int64_t amount,
                   int64_t attempts, struct rent_error *err)
{
	enum last_attempt last = LAST_KEEP;

	if (change->debt_try == RENT_DEBT_TRY_OK) {
		attempts = 0;
		last = LAST_CLEAR;
	} else if (change->debt_try == RENT_DEBT_TRY_FAILED) {
		attempts++;
		last = LAST_NOW;
	}
	return db_run(db, SQL_DEBT_SET, err, "tiiti", change->rental_id, amount, attempts,
	              db->now_text, (int64_t)last);
}

int debt_apply(struct db *db, const struct rent_change *change, struct rent_error *err)
{
	int64_t before = 0, attempts = 0, after;
	sqlite3_stmt *row;
	bool there;
	int code;

	if (change->debt_delta == 0 && change->debt_try == RENT_DEBT_TRY_NONE)
		return 0;
	code = db_find(db, SQL_DEBT_GET, &row, err, "t", change->rental_id);
	if (code < 0)
		return code;
	there = code == DB_ROW;
	if (there) {
		before = sqlite3_column_int64(row, 0);
		attempts = sqlite3_column_int64(row, 1);
		db_done(row);
	}
	if (__builtin_add_overflow(before, change->debt_delta, &after))
		return rent_fail(err, RENT_EINVAL, "rental \"%s\": debt overflows",
		                 change->rental_id);
	after = after < 0 ? 0 : after;
	code = 0;
	if (!there && after == 0)
		return 0;
	if (!there)
		code = db_run(db, SQL_DEBT_PUT, err, "tit", change->rental_id, after,
		              db->now_text);
	if (code == 0 && (there || change->debt_try != RENT_DEBT_TRY_NONE))
		code = set_row(db, change, after, attempts, err);
	if (code == 0 && after != before)
		code = db_run(db, SQL_JOURNAL_PUT, err, "tiittt", change->rental_id,
		              after - before, after,
		              change->debt_reason == NULL ? "" : change->debt_reason,
		              cause_of(change), db->now_text);
	return code;
}
