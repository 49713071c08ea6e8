/* SPDX-License-Identifier: MIT
 *
 * claim.c - claim: leases of rentals whose time has come, given out with their operations.
 * One statement; concurrent callers skip each other's rows.
 */
#include "store.h"

#include <stdlib.h>

#include "view.h"

struct claim_job {
	struct job job;
	const char *token;
	int64_t lease_us, limit;
	PGresult *res; /* handed to the caller's thread, which reads it */
};

static struct claim_job *job_of(const struct slice *s, size_t i)
{
	return (struct claim_job *)(void *)s->units[i].job;
}

static void split(struct job *job, struct unit *units)
{
	(void)job;
	(void)units;
}

static void send(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct claim_job *j = job_of(s, i);
		struct args *a = conn_args(s->conn);

		args_int(a, j->limit);
		args_text(a, j->token);
		args_int(a, j->lease_us);
		args_bytes(a, s->mark, sizeof(s->mark));
		conn_send(s->conn, SQL_CLAIM);
	}
}

static void take(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		PQclear(job_of(s, i)->res);
		job_of(s, i)->res = conn_take(s->conn);
	}
}

const struct kind claim_kind = {
	.split = split,
	.send = send,
	.take = take,
};

static int show(const PGresult *res, rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct view *view = malloc(sizeof(*view));
	int row = 0, code = 0;

	if (view == NULL)
		return rent_fail(err, RENT_ENOMEM, "claim: out of memory");
	while (code == 0 && row < PQntuples(res)) {
		row = view_chosen(res, row, view);
		code = fn(arg, &view->rental, view->list, view->count);
	}
	free(view);
	return code;
}

int store_claim(void *self, const char *token, int64_t lease_us, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct claim_job j = { .job = { .kind = JOB_CLAIM, .units = 1 },
		               .token = token,
		               .lease_us = lease_us,
		               .limit = limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX };
	int code = writers_do(store->writers, &j.job, err);

	if (code == 0 && j.res != NULL)
		code = show(j.res, fn, arg, err);
	PQclear(j.res);
	return store_leave(store, CALL_CLAIM, since, code);
}
