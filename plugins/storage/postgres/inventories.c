/* SPDX-License-Identifier: MIT
 *
 * inventories.c - what was in cabinets before ejects: recorded, listed by cabinet. A commit whose
 * reply was lost is not read back: the caller does without.
 */
#include "postgres.h"

#include "result.h"

struct inventory_job {
	struct job job;
	const struct rent_inventory *inventory;
	int64_t keep_us;
};

static struct inventory_job *inventory_of(const struct slice *s, size_t i)
{
	return (struct inventory_job *)(void *)s->units[i].job;
}

/* The old ones of a cabinet go with each new one: two transactions do that one after the other,
 * cabinet by cabinet in one order. */
static void split_inventory(struct job *job, struct unit *units)
{
	units[0].order = ((struct inventory_job *)(void *)job)->inventory->cabinet_id;
}

static void send_inventories(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct inventory_job *j = inventory_of(s, i);
		const struct rent_inventory *inv = j->inventory;
		struct bind *a = conn_bind(s->conn);

		bind_text(a, inv->op_id);
		bind_text(a, inv->instance);
		bind_text(a, inv->cabinet_id);
		bind_int(a, inv->known);
		bind_text(a, inv->powerbanks);
		bind_int(a, j->keep_us);
		conn_send(s->conn, SQL_INVENTORY_PUT);
	}
}

static void take_inventories(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++)
		(void)result_changed(conn_take(s->conn));
}

const struct kind inventory_kind = {
	.name = "inventory_put",
	.split = split_inventory,
	.send = send_inventories,
	.take = take_inventories,
};

int postgres_inventory_put(struct postgres *self, const struct rent_inventory *inventory,
                           int64_t keep_us, struct rent_error *err)
{
	struct inventory_job j = { .job = { .kind = JOB_INVENTORY, .units = 1 },
		                   .inventory = inventory,
		                   .keep_us = keep_us };

	return writers_do(self->writers, &j.job, err);
}

static void bind_query(struct bind *a, void *arg)
{
	const struct rent_inventory_query *query = arg;

	bind_text(a, query->instance);
	bind_text(a, query->cabinet_id);
	bind_int(a, query->since);
	bind_int(a, storage_page(query->limit));
}

int postgres_inventory_list(struct postgres *self,
                            const struct rent_inventory_query *query,
                            rent_inventory_fn fn, void *arg, struct rent_error *err)
{
	struct rent_inventory_query wanted = *query;
	struct rent_inventory row = { .struct_size = sizeof(row) };
	PGresult *res;
	int code = reading_query(&self->reading, SQL_INVENTORIES, bind_query, &wanted,
	                         &res, err);

	if (code != 0)
		return code;
	(void)rent_copy(row.instance, sizeof(row.instance), query->instance);
	(void)rent_copy(row.cabinet_id, sizeof(row.cabinet_id), query->cabinet_id);
	for (int i = 0; code == 0 && i < PQntuples(res); i++) {
		(void)rent_copy(row.op_id, sizeof(row.op_id), result_text(res, i, 0));
		row.known = result_int(res, i, 1) != 0;
		row.powerbanks = result_text(res, i, 2);
		row.taken_at = result_int(res, i, 3);
		row.state = (enum rent_op_state)rent_value_of(rent_op_state_names,
		                                              result_text(res, i, 4));
		(void)rent_copy(row.result, sizeof(row.result), result_text(res, i, 5));
		code = fn(arg, &row);
	}
	PQclear(res);
	return code;
}
