/* SPDX-License-Identifier: MIT
 *
 * outbox.c - what changes tell other systems: given out to be sent, ended, listed, counted. A commit
 * whose reply was lost is not read back: the try that it began, or ended, counts as lost when its time
 * is over, and the message is sent again.
 */
#include "postgres.h"

#include "result.h"

struct outbox_job {
	struct job job;
	/* NULL: it is a claim, or with purges a purge. */
	const struct rent_message_end *end;
	bool purges;
	int64_t age_us, n;
	const char *endpoint;
	int64_t lease_us, limit;
	bool changed;
	PGresult *res; /* of a claim; handed to the caller's thread, which reads it */
};

static struct outbox_job *outbox_of(const struct slice *s, size_t i)
{
	return (struct outbox_job *)(void *)s->units[i].job;
}

/* Two transactions that end the same messages wait for each other in one order. Claims and purges, which
 * wait for nobody, come last. */
static void split_outbox(struct job *job, struct unit *units)
{
	struct outbox_job *j = (struct outbox_job *)(void *)job;

	units[0].order = j->end == NULL ? "~" : j->end->id;
}

static void send_end(struct conn *conn, const struct rent_message_end *end)
{
	struct bind *a = conn_bind(conn);

	bind_text(a, end->endpoint);
	bind_text(a, end->id);
	bind_int(a, end->expect_tries);
	bind_text(a, rent_name_of(rent_message_state_names, (int)end->state));
	bind_int(a, end->tries);
	bind_int(a, end->wait_us);
	bind_text(a, end->note);
	conn_send(conn, SQL_OUTBOX_END);
}

static void send_purge(struct conn *conn, const struct outbox_job *j)
{
	struct bind *a = conn_bind(conn);

	bind_int(a, j->age_us);
	bind_int(a, j->limit);
	conn_send(conn, SQL_OUTBOX_PURGE);
}

static void send_outbox(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct outbox_job *j = outbox_of(s, i);
		struct bind *a;

		if (j->end != NULL) {
			send_end(s->conn, j->end);
			continue;
		}
		if (j->purges) {
			send_purge(s->conn, j);
			continue;
		}
		a = conn_bind(s->conn);
		bind_text(a, j->endpoint);
		bind_int(a, j->lease_us);
		bind_int(a, j->limit);
		conn_send(s->conn, SQL_OUTBOX_CLAIM);
	}
}

static void take_outbox(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct outbox_job *j = outbox_of(s, i);

		if (j->end != NULL) {
			j->changed = result_changed(conn_take(s->conn)) == 1;
			continue;
		}
		if (j->purges) {
			j->n = result_changed(conn_take(s->conn));
			continue;
		}
		PQclear(j->res);
		j->res = conn_take(s->conn);
	}
}

const struct kind outbox_kind = {
	.name = "outbox_claim",
	.split = split_outbox,
	.send = send_outbox,
	.take = take_outbox,
};

static int show_rows(const PGresult *res, rent_message_fn fn, void *arg)
{
	struct rent_message message;
	int code = 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_message(res, row, &message);
		code = fn(arg, &message);
	}
	return code;
}

int postgres_outbox_claim(struct postgres *self, const char *endpoint, int64_t lease_us,
                          uint32_t limit, rent_message_fn fn, void *arg,
                          struct rent_error *err)
{
	struct outbox_job j = { .job = { .kind = JOB_OUTBOX, .units = 1 },
		                .endpoint = endpoint,
		                .lease_us = lease_us,
		                .limit = storage_page(limit) };
	int code = writers_do(self->writers, &j.job, err);

	if (code == 0 && j.res != NULL)
		code = show_rows(j.res, fn, arg);
	PQclear(j.res);
	return code;
}

int postgres_outbox_end(struct postgres *self, const struct rent_message_end *end,
                        struct rent_error *err)
{
	struct outbox_job j = { .job = { .kind = JOB_OUTBOX, .units = 1 }, .end = end };
	int code = writers_do(self->writers, &j.job, err);

	return code != 0 ? code : j.changed ? 0 : 1;
}

int postgres_outbox_purge(struct postgres *self, int64_t age_us, uint32_t limit,
                          int64_t *ret_n, struct rent_error *err)
{
	struct outbox_job j = { .job = { .kind = JOB_OUTBOX, .units = 1 },
		                .purges = true,
		                .age_us = age_us,
		                .limit = (int64_t)limit };
	int code = writers_do(self->writers, &j.job, err);

	if (code == 0 && ret_n != NULL)
		*ret_n = j.n;
	return code;
}

/* ---- reading */

static void bind_query(struct bind *a, void *arg)
{
	const struct rent_message_query *query = arg;

	bind_text(a, query->endpoint);
	bind_text(a, query->after_id == NULL ? "" : query->after_id);
	bind_int(a, storage_page(query->limit));
}

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

int postgres_outbox_list(struct postgres *self, const struct rent_message_query *query,
                         rent_message_fn fn, void *arg, struct rent_error *err)
{
	struct rent_message_query page = *query;
	PGresult *res;
	int code = reading_query(&self->reading, page_of(query->state), bind_query, &page,
	                         &res, err);

	if (code != 0)
		return code;
	code = show_rows(res, fn, arg);
	PQclear(res);
	return code;
}

int postgres_outbox_sums(struct postgres *self, const char *endpoint,
                         struct rent_message_sums *ret, struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(&self->reading, SQL_OUTBOX_SUMS, reading_bind_id,
	                         &endpoint, &res, err);

	if (code != 0)
		return code;
	ret->open = result_int(res, 0, 0);
	ret->set_aside = result_int(res, 0, 1);
	ret->oldest_us = result_int(res, 0, 2);
	PQclear(res);
	return 0;
}
