/* SPDX-License-Identifier: MIT
 *
 * work.c - claim: leases of rentals whose time has come; and purge. Leases are taken on the
 * writer's thread, which is what makes the sets of concurrent callers disjoint, and the rentals
 * read afterwards on a reading connection.
 */
#include <stdlib.h>

#include "common/wait.h"

#include "sqlite.h"

struct claim_job {
	struct writer_job job;
	const char *token;
	int64_t lease_us, limit;
	size_t n;
	char (*ids)[RENT_ID_SIZE]; /* limit of them */
};

static int list_due(struct db *db, struct claim_job *j, struct rent_error *err)
{
	sqlite3_stmt *row;
	int code = db_first(db, SQL_CLAIM_DUE, &row, err, db->now, j->limit);

	return db_ids(db, code, row, j->ids, &j->n, err);
}

static int lease_due(struct db *db, struct writer_job *job, bool careful,
                     struct rent_error *err)
{
	struct claim_job *j = (struct claim_job *)job;
	int code;

	(void)careful;
	j->n = 0;
	code = list_due(db, j, err);
	for (size_t i = 0; i < j->n && code == 0; i++)
		code = db_do(db, SQL_RENTAL_LEASE, err, j->ids[i], j->token,
		             db->now + j->lease_us, INT64_C(0));
	return code;
}

/* Shows only what is still ours when it is read. */
struct ours {
	const char *token;
	rent_rental_fn fn;
	void *arg;
};

static int show_ours(void *arg, const struct rent_rental *rental,
                     const struct rent_op *const *ops, size_t n)
{
	const struct ours *ours = arg;

	if (strcmp(rental->lease_token, ours->token) != 0)
		return 0;
	return ours->fn(ours->arg, rental, ops, n);
}

int sqlite_claim(struct sqlite *self, const char *token, int64_t lease_us, uint32_t limit,
                 rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct ours ours = { token, fn, arg };
	struct claim_job j = { .job = { .apply = lease_due },
		               .token = token,
		               .lease_us = lease_us,
		               .limit = storage_page(limit) };
	int code;

	j.ids = calloc((size_t)j.limit + 1, sizeof(*j.ids));
	if (j.ids == NULL)
		return rent_fail(err, RENT_ENOMEM, "claim: out of memory");
	code = writer_do(self->writer, &j.job, j.limit, err);
	for (size_t i = 0; i < j.n && code == 0; i++) {
		wait_turn(self->instance.host->task, i);
		code = sqlite_show_rental(self, j.ids[i], show_ours, &ours, err);
	}
	free(j.ids);
	return code;
}

/* ---- purge */
struct purge_job {
	struct writer_job job;
	int64_t quote_age_us, key_age_us, limit;
	int64_t n;
};

static int purge(struct db *db, struct writer_job *job, bool careful,
                 struct rent_error *err)
{
	struct purge_job *j = (struct purge_job *)job;
	char before[RENT_TIME_SIZE];
	int code;

	(void)careful;
	rent_time_text(db->now - j->quote_age_us, ' ', before);
	code = db_do(db, SQL_PURGE_QUOTES, err, before, j->limit);
	j->n = db_changes(db);
	if (code != 0)
		return code;
	rent_time_text(db->now - j->key_age_us, ' ', before);
	code = db_do(db, SQL_PURGE_KEYS, err, before, j->limit);
	j->n += db_changes(db);
	return code;
}

int sqlite_purge(struct sqlite *self, int64_t quote_age_us, int64_t key_age_us,
                 uint32_t limit, int64_t *ret_n, struct rent_error *err)
{
	struct purge_job j = { .job = { .apply = purge },
		               .quote_age_us = quote_age_us,
		               .key_age_us = key_age_us,
		               .limit = (int64_t)limit };
	int code = writer_do(self->writer, &j.job, (int64_t)limit, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return code;
}
