/* SPDX-License-Identifier: MIT
 *
 * read.c - the intentions that only read.
 */
#include "postgres.h"

#include "common/wait.h"

#include "result.h"

int postgres_rental_get(struct postgres *self, const char *id, rent_rental_fn fn,
                        void *arg, struct rent_error *err)
{
	return rental_reads_show(self->reads, id, fn, arg, err);
}

/* ---- pages of rentals */

/* Shows rentals without operations, or with the one that is in their row. */
static int show_page(const struct postgres *self, PGresult *res, bool with_op,
                     rent_rental_fn fn, void *arg)
{
	const struct rent_task_api *task = self->instance.host->task;
	struct rent_rental rental;
	struct rent_op op;
	const struct rent_op *const ops[] = { &op };
	int code = 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		bool has_op = with_op && !PQgetisnull(res, row, RESULT_RENTAL);

		wait_turn(task, (size_t)row);
		result_rental(res, row, &rental);
		if (has_op)
			result_op(res, row, RESULT_RENTAL, &op);
		code = fn(arg, &rental, has_op ? ops : NULL, has_op ? 1 : 0);
	}
	PQclear(res);
	return code;
}

static void bind_list(struct bind *a, void *arg)
{
	const struct rent_list_query *q = arg;
	bool newest = q->before_created_at == 0;

	bind_time(a, newest ? INT64_MAX : q->before_created_at);
	bind_text(a, q->before_id == NULL ? "" : q->before_id);
	bind_text(a, q->status == RENT_STATUS_NONE
	                     ? NULL
	                     : rent_name_of(rent_status_names, (int)q->status));
	bind_int(a, storage_page(q->limit));
	if (!storage_lists_all(q))
		bind_text(a, q->user_id);
}

int postgres_rental_list(struct postgres *self, const struct rent_list_query *query,
                         rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rent_list_query q;
	enum sql_id id = SQL_LIST_USER;
	PGresult *res;
	int code;

	rent_adopt(&q, sizeof(q), query, query->struct_size);
	if (storage_lists_all(&q))
		id = storage_is_rare(q.status) ? SQL_LIST_RARE : SQL_LIST_ALL;
	code = reading_query(id == SQL_LIST_USER ? &self->reading : &self->lists, id,
	                     bind_list, &q, &res, err);
	return code == 0 ? show_page(self, res, false, fn, arg) : code;
}

/* A page of ids. */
struct page {
	const char *after_id;
	uint32_t limit;
};

static void bind_page(struct bind *a, void *arg)
{
	const struct page *page = arg;

	bind_text(a, page->after_id == NULL ? "" : page->after_id);
	bind_int(a, storage_page(page->limit));
}

int postgres_scan(struct postgres *self, enum rent_scan what, const char *after_id,
                  uint32_t limit, rent_rental_fn fn, void *arg, struct rent_error *err)
{
	static const enum sql_id ids[] = { [RENT_SCAN_ACTIVE] = SQL_SCAN_ACTIVE,
		                           [RENT_SCAN_DEBTS] = SQL_SCAN_DEBTS,
		                           [RENT_SCAN_HELD] = SQL_SCAN_HELD };
	struct page page = { after_id, limit };
	PGresult *res;
	int code = reading_query(&self->reading, ids[what], bind_page, &page, &res, err);

	return code == 0 ? show_page(self, res, what == RENT_SCAN_HELD, fn, arg) : code;
}

int postgres_rental_holding(struct postgres *self, const char *powerbank_id,
                            rent_rental_fn fn, void *arg, struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(&self->reading, SQL_RENTAL_HOLDING, reading_bind_id,
	                         &powerbank_id, &res, err);
	bool none;

	if (code != 0)
		return code;
	none = PQntuples(res) == 0;
	code = show_page(self, res, false, fn, arg);
	return none ? 1 : code;
}

int postgres_totals(struct postgres *self, struct rent_totals *ret,
                    struct rent_error *err)
{
	struct rent_totals t = { .struct_size = sizeof(t) };
	int64_t *const sums[] = { &t.active,   &t.pending,    &t.unsettled,     &t.debt,
		                  &t.open_ops, &t.manual_ops, &t.oldest_work_us };
	PGresult *res;
	int code = reading_query(&self->reading, SQL_TOTALS, reading_bind_nothing, NULL,
	                         &res, err);

	if (code != 0)
		return code;
	for (int i = 0; i < (int)(sizeof(sums) / sizeof(*sums)); i++)
		*sums[i] = result_int(res, 0, i);
	PQclear(res);
	rent_adopt(ret, ret->struct_size, &t, sizeof(t));
	return 0;
}

int postgres_user_sums(struct postgres *self, const char *user_id,
                       struct rent_user_sums *ret, struct rent_error *err)
{
	struct rent_user_sums s = { .struct_size = sizeof(s) };
	int64_t *const sums[] = { &s.rentals,  &s.live,      &s.paid,
		                  &s.debt,     &s.in_flight, &s.in_flight_debt,
		                  &s.in_doubt, &s.unsettled };
	bool everybody = user_id[0] == '\0';
	PGresult *res;
	int code = reading_query(
		&self->reading, everybody ? SQL_EVERYBODY_SUMS : SQL_USER_SUMS,
		everybody ? reading_bind_nothing : reading_bind_id, &user_id, &res, err);

	if (code != 0)
		return code;
	for (int i = 0; i < (int)(sizeof(sums) / sizeof(*sums)); i++)
		*sums[i] = result_int(res, 0, i);
	PQclear(res);
	rent_adopt(ret, ret->struct_size, &s, sizeof(s));
	return 0;
}

/* ---- the audit: a page in one statement, and so in one snapshot */

/* Columns of SQL_AUDIT_PAGE behind those of the rental, and where they go. */
static const size_t members[] = {
	offsetof(struct rent_audit_row, attempts_taken),
	offsetof(struct rent_audit_row, charged),
	offsetof(struct rent_audit_row, refunded),
	offsetof(struct rent_audit_row, refunding),
	offsetof(struct rent_audit_row, journal_debt),
	offsetof(struct rent_audit_row, open_takes),
	offsetof(struct rent_audit_row, holds),
	offsetof(struct rent_audit_row, held),
	offsetof(struct rent_audit_row, hold_used),
	offsetof(struct rent_audit_row, captured),
	offsetof(struct rent_audit_row, released),
	offsetof(struct rent_audit_row, hold_expires_at),
	offsetof(struct rent_audit_row, overused),
	offsetof(struct rent_audit_row, ejects),
	offsetof(struct rent_audit_row, manual),
	offsetof(struct rent_audit_row, oldest_open_at),
	offsetof(struct rent_audit_row, same_quote),
	offsetof(struct rent_audit_row, same_powerbank_live),
	offsetof(struct rent_audit_row, keys),
	offsetof(struct rent_audit_row, resolved),
	offsetof(struct rent_audit_row, resolved_otherwise),
	offsetof(struct rent_audit_row, settle_takes),
	offsetof(struct rent_audit_row, outside),
	offsetof(struct rent_audit_row, unnamed),
};

static int show_audit_row(const PGresult *res, int row, rent_audit_fn fn, void *arg)
{
	struct rent_rental rental;
	struct rent_audit_row a = { .struct_size = sizeof(a), .rental = &rental };

	result_rental(res, row, &rental);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		int64_t v = result_int(res, row, RESULT_RENTAL + (int)i);

		memcpy((char *)&a + members[i], &v, sizeof(v));
	}
	return fn(arg, &a);
}

int postgres_audit_scan(struct postgres *self, const char *after_id, uint32_t limit,
                        rent_audit_fn fn, void *arg, struct rent_error *err)
{
	struct page page = { after_id, limit };
	PGresult *res;
	int code = reading_query(&self->reading, SQL_AUDIT_PAGE, bind_page, &page, &res,
	                         err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		wait_turn(self->instance.host->task, (size_t)row);
		code = show_audit_row(res, row, fn, arg);
	}
	PQclear(res);
	return code;
}

/* ---- operations, and how persons resolved them */

/* A rental without operations is one row of nulls. */
static int show_ops(PGresult *res, rent_op_fn fn, void *arg)
{
	struct rent_op op;
	int code = 0;

	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		if (PQgetisnull(res, row, 0))
			continue;
		result_op(res, row, 0, &op);
		code = fn(arg, &op);
	}
	PQclear(res);
	return code;
}

/* Shows the rows that belong to one id. 1: there are none. */
static int show_ops_of(struct postgres *self, enum sql_id sql, const char *id,
                       rent_op_fn fn, void *arg, struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(&self->reading, sql, reading_bind_id, &id, &res, err);

	if (code != 0)
		return code;
	if (PQntuples(res) > 0)
		return show_ops(res, fn, arg);
	PQclear(res);
	return 1;
}

int postgres_rental_trail(struct postgres *self, const char *id, rent_op_fn fn, void *arg,
                          struct rent_error *err)
{
	return show_ops_of(self, SQL_TRAIL, id, fn, arg, err);
}

int postgres_op_get(struct postgres *self, const char *id, rent_op_fn fn, void *arg,
                    struct rent_error *err)
{
	return show_ops_of(self, SQL_OP_GET, id, fn, arg, err);
}

int postgres_op_taken(struct postgres *self, const char *ref, rent_op_fn fn, void *arg,
                      struct rent_error *err)
{
	return show_ops_of(self, SQL_OP_TAKEN, ref, fn, arg, err);
}

int postgres_outside_list(struct postgres *self, const char *rental_id,
                          rent_outside_fn fn, void *arg, struct rent_error *err)
{
	struct rent_outside outside;
	PGresult *res;
	int code = reading_query(&self->reading, SQL_OUTSIDE_LIST, reading_bind_id,
	                         &rental_id, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_outside(res, row, &outside);
		code = fn(arg, &outside);
	}
	PQclear(res);
	return code;
}

int postgres_op_requested(struct postgres *self, const char *key, rent_op_fn fn,
                          void *arg, struct rent_error *err)
{
	return show_ops_of(self, SQL_OP_REQUESTED, key, fn, arg, err);
}

int postgres_op_scan(struct postgres *self, enum rent_ops what, const char *after_id,
                     uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct page page = { after_id, limit };
	PGresult *res;
	int code = reading_query(&self->reading,
	                         what == RENT_OPS_MANUAL ? SQL_OPS_MANUAL : SQL_OPS_PAGE,
	                         bind_page, &page, &res, err);

	return code == 0 ? show_ops(res, fn, arg) : code;
}

int postgres_resolutions(struct postgres *self, const char *rental_id,
                         rent_resolution_fn fn, void *arg, struct rent_error *err)
{
	struct rent_resolution resolution;
	PGresult *res;
	int code = reading_query(&self->reading, SQL_RESOLUTIONS, reading_bind_id,
	                         &rental_id, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_resolution(res, row, &resolution);
		code = fn(arg, &resolution);
	}
	PQclear(res);
	return code;
}

/* ---- rentals that are not finished */

int postgres_unfinished(struct postgres *self, rent_unfinished_fn fn, void *arg,
                        struct rent_error *err)
{
	struct rent_unfinished group = { .struct_size = sizeof(group) };
	PGresult *res;
	int code = reading_query(&self->reading, SQL_UNFINISHED, reading_bind_nothing,
	                         NULL, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		(void)rent_copy(group.provider, RENT_ID_SIZE, result_text(res, row, 0));
		(void)rent_copy(group.provider_plugin, RENT_ID_SIZE,
		                result_text(res, row, 1));
		(void)rent_copy(group.station_instance, RENT_ID_SIZE,
		                result_text(res, row, 2));
		(void)rent_copy(group.station_plugin, RENT_ID_SIZE,
		                result_text(res, row, 3));
		group.rentals = result_int(res, row, 4);
		code = fn(arg, &group);
	}
	PQclear(res);
	return code;
}
