/* SPDX-License-Identifier: MIT
 *
 * notes.c - the lines in the trail of a rental, and those of its debt. Changes write them (advance.c).
 */
#include "memory.h"

int memory_notes(struct memory *m, const char *rental_id, rent_note_fn fn, void *arg,
                 struct rent_error *err)
{
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->notes.n && code == 0; i++) {
		if (strcmp(m->notes.at[i].rental_id, rental_id) == 0)
			code = fn(arg, &m->notes.at[i]);
	}
	lock_release(&m->lock);
	return code;
}

int memory_debt_lines(struct memory *m, const char *rental_id, rent_debt_line_fn fn,
                      void *arg, struct rent_error *err)
{
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->journal.n && code == 0; i++) {
		const struct memory_journal *row = &m->journal.at[i];
		struct rent_debt_line line = { .struct_size = sizeof(line),
			                       .delta = row->delta,
			                       .after = row->after,
			                       .created_at = row->created_at };

		if (strcmp(row->rental_id, rental_id) != 0)
			continue;
		rent_copy(line.rental_id, sizeof(line.rental_id), row->rental_id);
		rent_copy(line.op_id, sizeof(line.op_id), row->op_id);
		rent_copy(line.reason, sizeof(line.reason), row->reason);
		code = fn(arg, &line);
	}
	lock_release(&m->lock);
	return code;
}
