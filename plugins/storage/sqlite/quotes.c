/* SPDX-License-Identifier: MIT
 *
 * quotes.c - quote_put and purge: what comes and goes without money.
 */
#include "store.h"

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

static int run_put(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	struct quote_job *j = (struct quote_job *)job;
	const struct rent_quote *q = j->quote;
	char expires[RENT_TIME_SIZE];

	(void)careful;
	j->now = db->now;
	rent_time_text(db->now + j->ttl_us, ' ', expires);
	return db_run(db, SQL_QUOTE_PUT, err, "tttiiitt", q->id, q->user_id,
	              q->station_id, q->price_per_hour, q->free_period_min, q->deposit,
	              expires, db->now_text);
}

int store_quote_put(void *self, struct rent_quote *quote, int64_t ttl_us,
                    struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct quote_job j = { .job = { .run = run_put, .weight = 1 },
		               .quote = quote,
		               .ttl_us = ttl_us };
	int code = writer_do(store->writer, &j.job, err);

	if (code == 0) {
		quote->created_at = j.now;
		quote->expires_at = j.now + ttl_us;
	}
	return store_leave(store, CALL_QUOTE_PUT, since, code);
}

static int run_purge(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	struct purge_job *j = (struct purge_job *)job;
	char before[RENT_TIME_SIZE];
	int code;

	(void)careful;
	rent_time_text(db->now - j->quote_age_us, ' ', before);
	code = db_run(db, SQL_PURGE_QUOTES, err, "ti", before, j->limit);
	j->n = db_changes(db);
	if (code != 0)
		return code;
	rent_time_text(db->now - j->key_age_us, ' ', before);
	code = db_run(db, SQL_PURGE_KEYS, err, "ti", before, j->limit);
	j->n += db_changes(db);
	return code;
}

int store_purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                int64_t *ret_n, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct purge_job j = { .job = { .run = run_purge, .weight = (int64_t)limit },
		               .quote_age_us = quote_age_us,
		               .key_age_us = key_age_us,
		               .limit = (int64_t)limit };
	int code = writer_do(store->writer, &j.job, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return store_leave(store, CALL_PURGE, since, code);
}
