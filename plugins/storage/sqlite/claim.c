/* SPDX-License-Identifier: MIT
 *
 * claim.c - claim: leases of rentals whose time has come. Taken on the writer's thread,
 * which is what makes the sets of concurrent callers disjoint; read afterwards on a reading
 * connection.
 */
#include "store.h"

#include <stdlib.h>

struct claim_job {
	struct job job;
	const char *token;
	int64_t lease_us;
	uint32_t limit;
	size_t n;
	char (*ids)[RENT_ID_SIZE]; /* limit of them */
};

static int find_due(struct db *db, struct claim_job *j, struct rent_error *err)
{
	sqlite3_stmt *row;
	int code =
		db_find(db, SQL_CLAIM_DUE, &row, err, "ii", db->now, (int64_t)j->limit);

	while (code == DB_ROW) {
		(void)rent_copy(j->ids[j->n++], RENT_ID_SIZE, db_text(row, 0));
		code = db_next(db, row, err);
	}
	return code;
}

static int run(struct db *db, struct job *job, bool careful, struct rent_error *err)
{
	struct claim_job *j = (struct claim_job *)job;
	int code;

	(void)careful;
	j->n = 0;
	code = find_due(db, j, err);
	for (size_t i = 0; i < j->n && code == 0; i++)
		code = db_run(db, SQL_RENTAL_LEASE, err, "ttiz", j->ids[i], j->token,
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

int store_claim(void *self, const char *token, int64_t lease_us, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct ours ours = { token, fn, arg };
	struct claim_job j = { .job = { .run = run },
		               .token = token,
		               .lease_us = lease_us,
		               .limit = limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX };
	int code;

	j.job.weight = (int64_t)j.limit;
	j.ids = calloc((size_t)j.limit + 1, sizeof(*j.ids));
	if (j.ids == NULL)
		code = rent_fail(err, RENT_ENOMEM, "claim: out of memory");
	else
		code = writer_do(store->writer, &j.job, err);
	for (size_t i = 0; i < j.n && code == 0; i++)
		code = readers_view(store->readers, j.ids[i], show_ours, &ours, err);
	free(j.ids);
	return store_leave(store, CALL_CLAIM, since, code);
}
