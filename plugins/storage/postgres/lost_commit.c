/* SPDX-License-Identifier: MIT
 *
 * lost_commit.c - reading back what a lost commit left; see lost_commit.h.
 *
 * Rows carry the mark of the transaction that changed them last, and one trace of a
 * transaction proves the whole. That there is no trace proves something only once the
 * transaction cannot run any more: it is ended first (by process id and start time, which no
 * other server can have), which a pooler that hides the process does not allow.
 */
#include "lost_commit.h"

#include "result.h"

#include "common/failpoint.h"

/* How long to try to connect again before giving up on knowing. */
#define PATIENCE (5 * RENT_SECOND)
#define RETRY    (100 * RENT_SECOND / 1000)

static int connect_again(struct batch *b, struct rent_error *err)
{
	const struct rent_host *host = b->options->host;
	int64_t until = host->mono_us(host) + PATIENCE;
	int code;

	for (;;) {
		code = conn_open(b->conn, b->options, "write", err);
		if (code != RENT_EUNAVAIL || host->mono_us(host) >= until)
			return code;
		host->sleep_us(host, RETRY);
	}
}

/* 1: it may still run. */
static int end_backend(struct conn *c, int64_t backend, int64_t started,
                       struct rent_error *err)
{
	struct bind *a = conn_bind(c);
	PGresult *res;
	int code;

	bind_int(a, backend);
	bind_time(a, started);
	code = conn_query(c, SQL_BACKEND_END, &res, err);
	if (code != 0)
		return code;
	code = PQntuples(res) > 0 && !result_bool(res, 0, 0);
	PQclear(res);
	return code;
}

struct search {
	int code;
	struct rent_error err;
};

static void find_slice(const struct kind *kind, struct slice *s, void *arg)
{
	struct search *search = arg;

	for (size_t i = 0; i < s->n; i++)
		s->units[i].found = kind->find == NULL ? FOUND_UNCLEAR : FOUND_NOTHING;
	if (kind->find != NULL && search->code == 0)
		search->code = kind->find(s, &search->err);
}

static void close_slice(const struct kind *kind, struct slice *s, void *arg)
{
	const struct search *search = arg;

	for (size_t i = 0; i < s->n; i++) {
		struct unit *unit = &s->units[i];

		unit->job->applied = true;
		if (unit->found == FOUND_NOTHING && kind->without_trace != NULL)
			kind->without_trace(unit);
		else if (unit->found != FOUND_DONE)
			unit_fail(unit, RENT_EINDOUBT, &search->err);
	}
}

static bool any(const struct unit *units, size_t n, enum unit_found found)
{
	for (size_t i = 0; i < n; i++) {
		if (units[i].found == found)
			return true;
	}
	return false;
}

static int give_up(struct unit *units, size_t n, int code, const struct rent_error *err)
{
	units_fail(units, n, code, err);
	return code;
}

/* Ends the session of an earlier confirm() that was left waiting for a standby. As long as no
 * standby comes, each such session takes up one of the server's connections. */
static int end_left(struct batch *b, struct rent_error *err)
{
	int code = 0;

	if (b->left != 0)
		code = end_backend(b->conn, b->left, b->left_started, err);
	b->left = 0;
	return code < 0 ? code : 0;
}

/* The rows read may exist on this server alone: ending a session that waits for a synchronous
 * standby makes its commit visible. And another server may have replaced this one without its
 * knowledge. A later commit on this server rules out both. */
static int confirm(struct batch *b, struct rent_error *err)
{
	PGresult *res;
	int code;

	(void)conn_bind(b->conn);
	code = conn_query(b->conn, SQL_CONFIRM, &res, err);
	if (code != 0 && b->conn->pg == NULL && !b->conn->pooled) {
		b->left = b->conn->backend;
		b->left_started = b->conn->started;
	}
	if (code != 0)
		return code;
	PQclear(res);
	return b->conn->warned ? RENT_EINDOUBT : 0;
}

int lost_commit_find(struct batch *b, struct unit *units, size_t n)
{
	struct search search = { .err = b->conn->err };
	bool pooled = b->conn->pooled, warned = b->conn->warned;
	int64_t backend = b->conn->backend, started = b->conn->started;
	struct rent_error lost = b->conn->err;
	int code = connect_again(b, &search.err);

	b->err = lost;
	RENT_FAILPOINT("postgres.lost");
	if (code == 0 && !pooled)
		code = end_backend(b->conn, backend, started, &search.err);
	if (code == 0 && !pooled)
		code = end_left(b, &search.err);
	if (code == 0)
		batch_each(b, units, n, find_slice, &search);
	if (code == 0 && search.code == 0)
		code = confirm(b, &search.err);
	if (code != 0 || search.code != 0 || warned)
		return give_up(units, n, RENT_EINDOUBT, &lost);
	if (any(units, n, FOUND_DONE)) {
		search.err = lost;
		batch_each(b, units, n, close_slice, &search);
		return 0;
	}
	if (pooled)
		return give_up(units, n, RENT_EINDOUBT, &lost);
	for (size_t i = 0; i < n; i++)
		unit_fail(&units[i],
		          units[i].found == FOUND_UNCLEAR ? RENT_EINDOUBT : RENT_EUNAVAIL,
		          &lost);
	return RENT_EUNAVAIL;
}
