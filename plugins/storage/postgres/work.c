/* SPDX-License-Identifier: MIT
 *
 * work.c - claim: leases of rentals whose time has come, given out with their operations; and
 * purge. Concurrent callers skip each other's rows.
 */
#include "postgres.h"

#include <stdlib.h>

#include "common/wait.h"
#include "rental_view.h"
#include "result.h"

struct claim_job {
	struct job job;
	const char *token;
	int64_t lease_us, limit;
	PGresult *res; /* handed to the caller's thread, which reads it */
};

static struct claim_job *claim_of(const struct slice *s, size_t i)
{
	return (struct claim_job *)(void *)s->units[i].job;
}

static void send_claims(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct claim_job *j = claim_of(s, i);
		struct bind *a = conn_bind(s->conn);

		bind_int(a, j->limit);
		bind_text(a, j->token);
		bind_int(a, j->lease_us);
		bind_bytes(a, s->mark, sizeof(s->mark));
		conn_send(s->conn, SQL_CLAIM);
	}
}

static void take_claims(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		PQclear(claim_of(s, i)->res);
		claim_of(s, i)->res = conn_take(s->conn);
	}
}

const struct kind claim_kind = {
	.name = "claim",
	.send = send_claims,
	.take = take_claims,
};

static int show_claimed(const struct postgres *self, const PGresult *res,
                        rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rental_view *view = malloc(sizeof(*view));
	size_t shown = 0;
	int row = 0, code = 0;

	if (view == NULL)
		return rent_fail(err, RENT_ENOMEM, "claim: out of memory");
	while (code == 0 && row < PQntuples(res)) {
		wait_turn(self->instance.host->task, shown++);
		row = rental_view_chosen(res, row, view);
		code = fn(arg, &view->rental, view->list, view->count);
	}
	free(view);
	return code;
}

int postgres_claim(struct postgres *self, const char *token, int64_t lease_us,
                   uint32_t limit, rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct claim_job j = { .job = { .kind = JOB_CLAIM, .units = 1 },
		               .token = token,
		               .lease_us = lease_us,
		               .limit = storage_page(limit) };
	int code = writers_do(self->writers, &j.job, err);

	if (code == 0 && j.res != NULL)
		code = show_claimed(self, j.res, fn, arg, err);
	PQclear(j.res);
	return code;
}

/* ---- purge */

struct purge_job {
	struct job job;
	int64_t quote_age_us, key_age_us, limit;
	int64_t n;
};

static struct purge_job *purge_of(const struct slice *s, size_t i)
{
	return (struct purge_job *)(void *)s->units[i].job;
}

static void send_purge(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct purge_job *j = purge_of(s, i);
		struct bind *a = conn_bind(s->conn);

		bind_int(a, j->quote_age_us);
		bind_int(a, j->limit);
		conn_send(s->conn, SQL_PURGE_QUOTES);
		a = conn_bind(s->conn);
		bind_int(a, j->key_age_us);
		bind_int(a, j->limit);
		conn_send(s->conn, SQL_PURGE_KEYS);
	}
}

static void take_purge(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct purge_job *j = purge_of(s, i);

		j->n = result_changed(conn_take(s->conn));
		j->n += result_changed(conn_take(s->conn));
	}
}

const struct kind purge_kind = {
	.name = "purge",
	.send = send_purge,
	.take = take_purge,
};

int postgres_purge(struct postgres *self, int64_t quote_age_us, int64_t key_age_us,
                   uint32_t limit, int64_t *ret_n, struct rent_error *err)
{
	struct purge_job j = { .job = { .kind = JOB_PURGE, .units = 1 },
		               .quote_age_us = quote_age_us,
		               .key_age_us = key_age_us,
		               .limit = (int64_t)limit };
	int code = writers_do(self->writers, &j.job, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return code;
}
