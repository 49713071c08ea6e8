/* SPDX-License-Identifier: MIT
 *
 * advance.c - advance: changes of rentals, each applied wholly or not at all. One statement
 * checks every guard and moves the rentals, marking those it let through; the statements of
 * change_rows.c apply the rest to the marked ones.
 */
#include "postgres.h"

#include <stdlib.h>

#include "change_rows.h"
#include "core/change.h"
#include "result.h"

struct advance_job {
	struct job job;
	struct rent_change *const *changes;
};

/* A version that no row has. */
#define NEVER INT64_C(-1)

static const struct rent_change *change_of(const struct slice *s, size_t i)
{
	return s->units[i].change;
}

/* A change that is impossible whatever the database has. Units are sorted, so two changes of
 * one rental are neighbours: the second was decided on a version that the first replaces. */
static bool is_void(const struct slice *s, size_t i)
{
	const struct rent_change *c = change_of(s, i);

	return (i > 0 && strcmp(c->rental_id, change_of(s, i - 1)->rental_id) == 0) ||
	       change_is_void(c);
}

static void list_units(struct job *job, struct unit *units)
{
	const struct advance_job *j = (const struct advance_job *)(void *)job;

	for (size_t i = 0; i < job->units; i++) {
		units[i].change = j->changes[i];
		units[i].order = j->changes[i]->rental_id;
	}
}

static bool claims(struct job *job, bool (*add)(void *arg, char type, const char *text),
                   void *arg)
{
	const struct advance_job *j = (const struct advance_job *)(void *)job;

	for (size_t i = 0; i < job->units; i++) {
		const struct rent_change *c = j->changes[i];

		if (!add(arg, 'r', c->rental_id) ||
		    (c->powerbank_id != NULL && c->powerbank_id[0] != '\0' &&
		     !add(arg, 'p', c->powerbank_id)))
			return false;
	}
	return true;
}

static const char *name_or_null(const struct rent_name *names, int value)
{
	return value == 0 ? NULL : rent_name_of(names, value);
}

static const char *powerbank_of(const struct rent_change *c)
{
	return c->powerbank_id != NULL && c->powerbank_id[0] == '\0' ? RENT_NO_POWERBANK
	                                                             : c->powerbank_id;
}

static int64_t time_of(int64_t t)
{
	return t == RENT_DB_NOW ? INT64_MIN : t;
}

/* A target that is looked for: only with an amount is anything taken from it. */
static const char *target_of(const struct rent_change *c, size_t k)
{
	const struct rent_op_new *op = &c->news[k];
	bool any = op->id != NULL && op->target_id != NULL && op->target_id[0] != '\0';

	return any && op->amount != 0 ? op->target_id : NULL;
}

struct change_row {
	int64_t n, version, lease, lease_us, started_at, finished_at, paid, work_in,
		work_tries, final_amount; /* -1: none */
	int64_t stop_asked_at, undeposited_max, payer_needed_at;
	const char *id, *token, *status, *settlement, *powerbank, *provider,
		*provider_plugin, *resolves, *ended_by, *return_station, *payment_method;
	const char *ends[RENT_CHANGE_OPS], *targets[RENT_CHANGE_OPS];
};

#define TEXT(member)                                           \
	{                                                      \
		BIND_TEXT, offsetof(struct change_row, member) \
	}
#define INT(member)                                           \
	{                                                     \
		BIND_INT, offsetof(struct change_row, member) \
	}
#define TIME(member)                                           \
	{                                                      \
		BIND_TIME, offsetof(struct change_row, member) \
	}

static const struct bind_column change_columns[] = {
	INT(n),
	TEXT(id),
	INT(version),
	INT(lease),
	TEXT(token),
	INT(lease_us),
	TEXT(status),
	TEXT(settlement),
	TEXT(powerbank),
	TIME(started_at),
	TIME(finished_at),
	INT(paid),
	INT(work_in),
	INT(work_tries),
	TEXT(ends[0]),
	TEXT(ends[1]),
	TEXT(ends[2]),
	TEXT(ends[3]),
	TEXT(targets[0]),
	TEXT(targets[1]),
	TEXT(targets[2]),
	TEXT(targets[3]),
	INT(final_amount),
	TEXT(provider),
	TEXT(resolves),
	TEXT(ended_by),
	TEXT(return_station),
	INT(stop_asked_at),
	INT(undeposited_max),
	TEXT(provider_plugin),
	TEXT(payment_method),
	INT(payer_needed_at),
	BIND_END,
};
static const struct bind_column why_columns[] = { INT(n), TEXT(id), TEXT(powerbank),
	                                          INT(undeposited_max), BIND_END };
static const struct bind_column undeposited_columns[] = { TEXT(id), INT(undeposited_max),
	                                                  BIND_END };

_Static_assert(RENT_CHANGE_OPS == 4, "columns of SQL_CHANGE_RENTALS");

static void make_row(struct change_row *row, const struct slice *s, size_t i)
{
	const struct rent_change *c = change_of(s, i);
	const struct rent_resolution *resolution = c->resolution;

	*row = (struct change_row){
		.n = (int64_t)i,
		.version = is_void(s, i) ? NEVER : c->expect_version,
		.lease = (int64_t)c->lease,
		.lease_us = c->lease_us,
		.started_at = time_of(c->started_at),
		.finished_at = time_of(c->finished_at),
		.paid = c->paid_delta,
		.work_in = c->work_in_us,
		.work_tries = c->work_tries,
		.final_amount = c->set_final ? c->final_amount : -1,
		.provider = c->provider,
		.provider_plugin = c->provider_plugin,
		.resolves = resolution == NULL ? NULL : resolution->op_id,
		.ended_by = name_or_null(rent_ended_by_names, (int)c->ended_by),
		.return_station = c->return_station_id,
		.stop_asked_at = c->stop_asked_at,
		.undeposited_max = c->undeposited_max,
		.payment_method = c->payment_method,
		.payer_needed_at = c->payer_needed_at,
		.id = c->rental_id,
		.token = c->token,
		.status = name_or_null(rent_status_names, (int)c->status),
		.settlement = name_or_null(rent_settlement_names, (int)c->settlement),
		.powerbank = powerbank_of(c),
	};
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		row->ends[k] = c->ends[k].id;
		row->targets[k] = target_of(c, k);
	}
}

static void bind_changes(const struct slice *s, const struct bind_column *columns)
{
	struct change_row *rows = slice_rows(s, s->n, sizeof(*rows));
	struct bind *a = conn_bind(s->conn);

	for (size_t i = 0; rows != NULL && i < s->n; i++)
		make_row(&rows[i], s, i);
	if (rows != NULL)
		bind_rows(a, columns, rows, sizeof(*rows), s->n);
	bind_bytes(a, s->mark, sizeof(s->mark));
	free(rows);
}

static bool goes_undeposited(const struct slice *s, size_t i)
{
	return !is_void(s, i) && change_of(s, i)->undeposited_max != 0;
}

static size_t count_undeposited(const struct slice *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += goes_undeposited(s, i);
	return n;
}

/* Places for rentals that go on without a deposit. One transaction at a time gives them out, so
 * that what it counts is all there is. A place of a change that is not let through
 * afterwards is its rental's all the same, until that ends. */
static void send_undeposited(const struct slice *s)
{
	size_t n = count_undeposited(s), k = 0;
	struct change_row *rows = n == 0 ? NULL : slice_rows(s, n, sizeof(*rows));

	if (rows == NULL)
		return;
	(void)conn_bind(s->conn);
	conn_send(s->conn, SQL_UNDEPOSITED_LOCK);
	for (size_t i = 0; i < s->n; i++) {
		if (goes_undeposited(s, i))
			make_row(&rows[k++], s, i);
	}
	bind_rows(conn_bind(s->conn), undeposited_columns, rows, sizeof(*rows), n);
	conn_send(s->conn, SQL_UNDEPOSITED_TAKE);
	free(rows);
}

static void send_changes(const struct slice *s)
{
	send_undeposited(s);
	bind_changes(s, change_columns);
	conn_send(s->conn, SQL_CHANGE_RENTALS);
	for (size_t i = 0; i < s->n; i++)
		s->units[i].skip = is_void(s, i);
	change_rows_send(s);
}

static void conflict(struct unit *unit)
{
	change_set_refused(unit->change, RENT_CHANGE_CONFLICT);
}

static void take_results(const struct slice *s)
{
	PGresult *res;

	if (count_undeposited(s) > 0) {
		conn_skip(s->conn);
		conn_skip(s->conn);
	}
	res = conn_take(s->conn);
	for (size_t i = 0; i < s->n; i++)
		conflict(&s->units[i]);
	for (int row = 0; res != NULL && row < PQntuples(res); row++)
		change_set_applied(s->units[result_int(res, row, 0)].change,
		                   result_int(res, row, 1), result_int(res, row, 2));
	PQclear(res);
	change_rows_take(s);
}

/* Columns of SQL_WHY_REFUSED. */
enum {
	W_N,
	W_THERE,
	W_VERSION,
	W_OURS,
	W_CHANGED_AT,
	W_TAKEN,
	W_UNDEPOSITED
};

static int ask_why(const struct slice *s, PGresult **ret, struct rent_error *err)
{
	bind_changes(s, why_columns);
	return conn_query(s->conn, SQL_WHY_REFUSED, ret, err);
}

static void set_reason(struct rent_change *c, const PGresult *res, int row)
{
	if (c->ret == RENT_CHANGE_APPLIED)
		return;
	if (!result_bool(res, row, W_THERE))
		c->ret = RENT_CHANGE_GONE;
	else if (result_int(res, row, W_VERSION) != c->expect_version)
		return;
	else if (result_bool(res, row, W_TAKEN))
		c->ret = RENT_CHANGE_POWERBANK_TAKEN;
	else if (result_bool(res, row, W_UNDEPOSITED))
		c->ret = RENT_CHANGE_UNDEPOSITED;
}

/* A change whose reason cannot be read stays a conflict. */
static void committed(const struct slice *s)
{
	struct rent_error err;
	PGresult *res;
	size_t i = 0;

	while (i < s->n && change_of(s, i)->ret == RENT_CHANGE_APPLIED)
		i++;
	if (i == s->n || ask_why(s, &res, &err) != 0)
		return;
	for (int row = 0; row < PQntuples(res); row++)
		set_reason(s->units[result_int(res, row, W_N)].change, res, row);
	PQclear(res);
}

/* A change that the database refuses is a bug of the caller and is logged, with one exception:
 * two rentals may get the same powerbank at the same moment. */
static void refused(struct unit *unit, const struct conn *conn)
{
	const struct rent_host *host = conn->o->host;
	struct rent_field fields[] = { { "rental", unit->change->rental_id },
		                       { NULL, NULL } };

	conflict(unit);
	if (strcmp(conn->constraint, "rentals_powerbank") == 0)
		unit->change->ret = RENT_CHANGE_POWERBANK_TAKEN;
	else
		host->log(host, RENT_LOG_WARN, fields, "change refused: %s",
		          conn->err.text);
}

static int read_back(const struct slice *s, struct rent_error *err)
{
	PGresult *res;
	int code = ask_why(s, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; row < PQntuples(res); row++) {
		struct unit *unit = &s->units[result_int(res, row, W_N)];
		int64_t version = result_int(res, row, W_VERSION);

		if (result_bool(res, row, W_OURS)) {
			change_set_applied(unit->change, version,
			                   result_int(res, row, W_CHANGED_AT));
			unit->found = FOUND_DONE;
		} else if (result_bool(res, row, W_THERE) &&
		           version > unit->change->expect_version) {
			unit->found = FOUND_UNCLEAR;
		}
	}
	PQclear(res);
	return 0;
}

const struct kind advance_kind = {
	.name = "advance",
	.split = list_units,
	.claims = claims,
	.send = send_changes,
	.take = take_results,
	.committed = committed,
	.refused = refused,
	.find = read_back,
	.without_trace = conflict,
};

int postgres_advance(struct postgres *self, struct rent_change *const *changes, size_t n,
                     struct rent_error *err)
{
	struct changes adopted;
	struct advance_job j = { .job = { .kind = JOB_ADVANCE, .units = n } };
	int code = changes_adopt(&adopted, changes, n, err);

	if (code != 0)
		return code;
	j.changes = adopted.list;
	code = n == 0 ? 0 : writers_do(self->writers, &j.job, err);
	changes_done(&adopted);
	return code;
}
