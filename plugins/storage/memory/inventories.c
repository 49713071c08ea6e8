/* SPDX-License-Identifier: MIT
 *
 * inventories.c - what was in cabinets before ejects: recorded, listed by cabinet.
 */
#include "memory.h"

#include <stdlib.h>

static bool is_of_cabinet(const struct rent_inventory *inv, const char *instance,
                          const char *cabinet_id)
{
	return strcmp(inv->cabinet_id, cabinet_id) == 0 &&
	       strcmp(inv->instance, instance) == 0;
}

/* Forgets the old ones of its cabinet. Whether the eject has one. */
static bool make_place(struct memory *m, const struct rent_inventory *inv, int64_t before)
{
	size_t kept = 0;
	bool known = false;

	for (size_t i = 0; i < m->inventories.n; i++) {
		struct memory_inventory *row = &m->inventories.at[i];

		if (is_of_cabinet(&row->row, inv->instance, inv->cabinet_id) &&
		    row->row.taken_at < before) {
			free(row->powerbanks);
			continue;
		}
		known |= strcmp(row->row.op_id, inv->op_id) == 0;
		m->inventories.at[kept++] = *row;
	}
	m->inventories.n = kept;
	return known;
}

int memory_inventory_put(struct memory *m, const struct rent_inventory *inventory,
                         int64_t keep_us, struct rent_error *err)
{
	char *text = strdup(inventory->powerbanks);
	struct memory_inventory *row = NULL;
	bool known = false;
	int64_t now;

	lock_acquire(&m->lock);
	now = m->now(m->now_arg);
	if (text != NULL)
		known = make_place(m, inventory, now - keep_us);
	if (text != NULL && !known && MEMORY_RESERVE(m->inventories, 1))
		row = MEMORY_PUSH(m->inventories);
	if (row != NULL) {
		*row = (struct memory_inventory){ .row = *inventory, .powerbanks = text };
		row->row.taken_at = now;
	}
	lock_release(&m->lock);
	if (row == NULL)
		free(text);
	return row != NULL || known
	               ? 0
	               : rent_fail(err, RENT_ENOMEM, "inventory_put: out of memory");
}

static struct rent_inventory as_it_is_now(struct memory *m,
                                          const struct memory_inventory *kept)
{
	const struct memory_op *op = memory_op(m, kept->row.op_id);
	struct rent_inventory row = kept->row;

	row.struct_size = sizeof(row);
	row.powerbanks = kept->powerbanks;
	row.state = op == NULL ? RENT_OP_STATE_NONE : op->op.state;
	(void)rent_copy(row.result, sizeof(row.result), op == NULL ? "" : op->op.result);
	return row;
}

/* They stand in the order of time. */
int memory_inventory_list(struct memory *m, const struct rent_inventory_query *query,
                          rent_inventory_fn fn, void *arg, struct rent_error *err)
{
	uint32_t left = storage_page(query->limit);
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = m->inventories.n; i > 0 && left > 0 && code == 0; i--) {
		const struct memory_inventory *kept = &m->inventories.at[i - 1];
		struct rent_inventory row;

		if (kept->row.taken_at < query->since ||
		    !is_of_cabinet(&kept->row, query->instance, query->cabinet_id))
			continue;
		row = as_it_is_now(m, kept);
		code = fn(arg, &row);
		left--;
	}
	lock_release(&m->lock);
	return code;
}
