/* SPDX-License-Identifier: MIT
 *
 * outside.c - what a provider did by itself: listed, and what it names found.
 */
#include "memory.h"

int memory_outside_list(struct memory *m, const char *rental_id, rent_outside_fn fn,
                        void *arg, struct rent_error *err)
{
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->outside.n && code == 0; i++) {
		if (strcmp(m->outside.at[i].rental_id, rental_id) == 0)
			code = fn(arg, &m->outside.at[i]);
	}
	lock_release(&m->lock);
	return code;
}

int memory_op_taken(struct memory *m, const char *ref, rent_op_fn fn, void *arg,
                    struct rent_error *err)
{
	int code = 1;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = m->ops.n; i > 0 && code == 1; i--) {
		const struct rent_op *op = &m->ops.at[i - 1].op;

		if (rent_op_takes(op->kind) && op->state == RENT_OP_SUCCEEDED &&
		    strcmp(op->ref, ref) == 0)
			code = fn(arg, op);
	}
	lock_release(&m->lock);
	return code;
}
