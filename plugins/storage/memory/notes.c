/* SPDX-License-Identifier: MIT
 *
 * notes.c - the lines in the trail of a rental. Changes write them (advance.c).
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
