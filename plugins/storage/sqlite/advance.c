/* SPDX-License-Identifier: MIT
 *
 * advance.c - advance: changes of rentals, each applied wholly or not at all. Everything
 * that a correct caller can run into is checked before the first write, so that only a
 * caller's bug meets a constraint.
 */
#include "store.h"

#include "debt.h"
#include "ops.h"
#include "row.h"

struct advance_job {
	struct job job;
	struct rent_change *const *changes;
	size_t n;
	const struct rent_host *host;
};

/* The rental as the change finds it. */
struct guards {
	int64_t version, paid, lease_until;
	enum rent_status status;
	char lease_token[RENT_ID_SIZE];
};

/* Rows: from, columns: to. */
static const bool may_become[RENT_STATUS_FAILED + 1][RENT_STATUS_FAILED + 1] = {
	[RENT_STATUS_PENDING] = { [RENT_STATUS_PENDING] = true,
	                          [RENT_STATUS_ACTIVE] = true,
	                          [RENT_STATUS_FAILED] = true },
	[RENT_STATUS_ACTIVE] = { [RENT_STATUS_ACTIVE] = true,
	                         [RENT_STATUS_FINISHED] = true,
	                         [RENT_STATUS_BUYOUT] = true },
	[RENT_STATUS_FINISHED] = { [RENT_STATUS_FINISHED] = true },
	[RENT_STATUS_BUYOUT] = { [RENT_STATUS_BUYOUT] = true },
	[RENT_STATUS_FAILED] = { [RENT_STATUS_FAILED] = true },
};

/* DB_ROW, 0 when there is no such rental, or negative. */
static int read_guards(struct db *db, const char *id, struct guards *ret,
                       struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_find(db, SQL_RENTAL_GUARDS, &row, err, "t", id);

	if (code != DB_ROW)
		return code;
	ret->version = sqlite3_column_int64(row, 0);
	ret->status = (enum rent_status)rent_value_of(rent_status_names, db_text(row, 1));
	ret->paid = sqlite3_column_int64(row, 2);
	(void)rent_copy(ret->lease_token, sizeof(ret->lease_token), db_text(row, 3));
	ret->lease_until = sqlite3_column_int64(row, 4);
	db_done(row);
	return DB_ROW;
}

static bool lease_allows(const struct db *db, const struct rent_change *c,
                         const struct guards *g)
{
	bool ours = c->token != NULL && g->lease_token[0] != '\0' &&
	            strcmp(g->lease_token, c->token) == 0;
	bool free = g->lease_token[0] == '\0' || g->lease_until <= db->now;

	if (c->lease == RENT_LEASE_NONE)
		return true;
	return ours || (c->lease == RENT_LEASE_TAKE && free && c->token != NULL);
}

static bool as_stated(const struct db *db, const struct rent_change *c,
                      const struct guards *g)
{
	return g->version == c->expect_version && lease_allows(db, c, g) &&
	       (c->status == RENT_STATUS_NONE ||
	        ((unsigned)c->status <= RENT_STATUS_FAILED &&
	         may_become[g->status][c->status]));
}

/* 1: the powerbank is in another live rental. */
static int powerbank_taken(struct db *db, const struct rent_change *c,
                           struct rent_error *err)
{
	sqlite3_stmt *row;
	int code;

	if (c->powerbank_id == NULL || c->powerbank_id[0] == '\0')
		return 0;
	code = db_find(db, SQL_POWERBANK_LIVE, &row, err, "tt", c->powerbank_id,
	               c->rental_id);
	if (code == DB_ROW)
		db_done(row);
	return code;
}

/* A time of a change as the text to be stored; NULL leaves what stands there. */
static const char *time_text(const struct db *db, int64_t t, char buffer[RENT_TIME_SIZE])
{
	if (t == 0)
		return NULL;
	if (t == RENT_DB_NOW)
		return db->now_text;
	rent_time_text(t, ' ', buffer);
	return buffer;
}

static const char *name_or_null(const struct rent_name *names, int value)
{
	return value == 0 ? NULL : rent_name_of(names, value);
}

static int set_rental(struct db *db, const struct rent_change *c, const struct guards *g,
                      struct rent_error *err)
{
	bool plain = c->status == RENT_STATUS_NONE && c->powerbank_id == NULL &&
	             c->settlement == RENT_SETTLEMENT_NONE && c->started_at == 0 &&
	             c->finished_at == 0 && !c->set_final && c->provider == NULL;
	bool hold = c->lease == RENT_LEASE_TAKE || c->lease == RENT_LEASE_KEEP;
	bool none = c->lease == RENT_LEASE_NONE;
	const char *token = hold ? c->token : none ? g->lease_token : NULL;
	int64_t until = hold ? db->now + c->lease_us : none ? g->lease_until : 0;
	int64_t work = c->work_in_us == RENT_NO_WORK ? 0 : db->now + c->work_in_us;
	char started[RENT_TIME_SIZE], finished[RENT_TIME_SIZE];
	const char *powerbank = c->powerbank_id;
	int64_t paid;

	if (__builtin_add_overflow(g->paid, c->paid_delta, &paid))
		return rent_fail(err, RENT_EINVAL,
		                 "rental \"%s\": total_amount overflows", c->rental_id);
	if (powerbank != NULL && powerbank[0] == '\0')
		powerbank = ROW_NO_POWERBANK;
	return db_run(db, plain ? SQL_RENTAL_SET : SQL_RENTAL_SET_STATUS, err,
	              plain ? "tiezzii" : "tiezziitttttzt", c->rental_id, g->version + 1,
	              token, until, work, c->work_tries, paid,
	              name_or_null(rent_status_names, (int)c->status), powerbank,
	              time_text(db, c->started_at, started),
	              time_text(db, c->finished_at, finished),
	              name_or_null(rent_settlement_names, (int)c->settlement),
	              c->set_final ? c->final_amount + 1 : 0, c->provider);
}

static int write_change(struct db *db, struct rent_change *c, const struct guards *g,
                        const struct ops_found *found, struct rent_error *err)
{
	int code = set_rental(db, c, g, err);

	if (code == 0)
		code = ops_apply(db, c, found, err);
	if (code == 0)
		code = debt_apply(db, c, err);
	if (code == 0 && c->outcome != NULL)
		code = db_run(db, SQL_KEY_ANSWER, err, "ttt", c->rental_id, c->outcome,
		              c->answer);
	if (code == 0) {
		c->ret = RENT_CHANGE_APPLIED;
		c->ret_version = g->version + 1;
		c->ret_now = db->now;
	}
	return code;
}

/* 0 with c->ret set; DB_CONSTRAINT or negative when there may be changes to undo. */
static int apply(struct db *db, struct rent_change *c, struct rent_error *err)
{
	struct ops_found found[RENT_CHANGE_OPS];
	struct guards g = { 0 };
	int code = read_guards(db, c->rental_id, &g, err);

	c->ret_version = c->ret_now = 0;
	if (code == 0)
		c->ret = RENT_CHANGE_GONE;
	if (code != DB_ROW)
		return code;
	c->ret = RENT_CHANGE_CONFLICT;
	if (!as_stated(db, c, &g))
		return 0;
	code = ops_find(db, c, found, err);
	if (code != 0)
		return code < 0 ? code : 0;
	code = powerbank_taken(db, c, err);
	if (code == DB_ROW) {
		c->ret = RENT_CHANGE_POWERBANK_TAKEN;
		return 0;
	}
	return code < 0 ? code : write_change(db, c, &g, found, err);
}

/* What the database refuses is the caller's bug: it must not take the others with it, and
 * must be seen. */
static int apply_careful(struct db *db, const struct rent_host *host,
                         struct rent_change *c, struct rent_error *err)
{
	struct rent_field fields[] = { { "rental", c->rental_id }, { NULL, NULL } };
	int code = db_run(db, SQL_SAVE_CHANGE, err, "");

	if (code != 0)
		return code;
	code = apply(db, c, err);
	if (db->failed)
		return code;
	if (code != 0) {
		host->log(host, RENT_LOG_WARN, fields, "change refused: %s", err->text);
		c->ret = RENT_CHANGE_CONFLICT;
		c->ret_version = c->ret_now = 0;
		code = db_run(db, SQL_UNDO_CHANGE, err, "");
	}
	return code == 0 ? db_run(db, SQL_KEEP_CHANGE, err, "") : code;
}

static int run(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	struct advance_job *j = (struct advance_job *)job;
	int code = 0;

	for (size_t i = 0; i < j->n && code == 0; i++) {
		code = careful ? apply_careful(db, j->host, j->changes[i], err)
		               : apply(db, j->changes[i], err);
	}
	return code;
}

int store_advance(void *self, struct rent_change *const *changes, size_t n,
                  struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct advance_job j = { .job = { .run = run, .weight = (int64_t)n },
		                 .changes = changes,
		                 .n = n,
		                 .host = store->host };
	int code;

	if (n > RENT_ADVANCE_MAX)
		code = rent_fail(err, RENT_EINVAL, "advance: %zu changes, allowed are %d",
		                 n, RENT_ADVANCE_MAX);
	else
		code = n == 0 ? 0 : writer_do(store->writer, &j.job, err);
	return store_leave(store, CALL_ADVANCE, since, code);
}
