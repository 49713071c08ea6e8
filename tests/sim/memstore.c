/* SPDX-License-Identifier: MIT
 *
 * memstore.c - the simulator's database; see memstore.h.
 */
#include "memstore.h"

#define INTENTION(name, access, commit, parameters, arguments)           \
	static int slot_##name(void *self, STORAGE_LIST parameters,      \
	                       struct rent_error *err)                   \
	{                                                                \
		return memory_##name(self, STORAGE_LIST arguments, err); \
	}
#define INTENTION_CACHE(name, access, commit, parameters, arguments)
#include "core/intentions.def"
#undef INTENTION

#define INTENTION(name, access, commit, parameters, arguments) .name = slot_##name,
const struct rent_storage memstore_api = {
	.struct_size = sizeof(struct rent_storage),
#include "core/intentions.def"
};

size_t memstore_rentals(struct memory *m, struct memory_rental **ret)
{
	*ret = m->rentals.at;
	return m->rentals.n;
}

size_t memstore_ops(struct memory *m, struct memory_op **ret)
{
	*ret = m->ops.at;
	return m->ops.n;
}

size_t memstore_events(struct memory *m, struct rent_inbound **ret)
{
	*ret = m->events.at;
	return m->events.n;
}

const struct rent_op *memstore_op(struct memory *m, const char *id)
{
	const struct memory_op *op = memory_op(m, id);

	return op == NULL ? NULL : &op->op;
}

void memstore_raise_debt(struct memory *m, const char *rental_id, int64_t by)
{
	struct memory_rental *rental = memory_rental(m, rental_id);

	if (rental == NULL)
		return;
	rental->r.debt += by;
	rental->debt_row = true;
}

void memstore_move_start(struct memory *m, const char *rental_id, int64_t by)
{
	struct memory_rental *rental = memory_rental(m, rental_id);

	if (rental != NULL && rental->r.status == RENT_STATUS_ACTIVE)
		rental->r.started_at -= by;
}

void memstore_lose_quotes(struct memory *m)
{
	m->quotes.n /= 2;
	memory_reindex(m);
}
