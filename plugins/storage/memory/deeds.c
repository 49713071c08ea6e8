/* SPDX-License-Identifier: MIT
 *
 * deeds.c - who did what: recorded beside a start or a change, and listed.
 */
#include "core/deed.h"

#include "memory.h"

#define KEEP(member, text) (void)rent_copy(deed->member, sizeof(deed->member), text)

void memory_put_deed(struct memory *m, const struct deed_row *row)
{
	struct memory_deed *deed = MEMORY_PUSH(m->deeds);

	deed->at = m->now(m->now_arg);
	deed->kind = (enum rent_deed_kind)rent_value_of(rent_deed_names, row->action);
	KEEP(rental_id, row->rental);
	KEEP(op_id, row->op);
	KEEP(subject, row->subject);
	KEEP(role, row->role);
	KEEP(issuer, row->issuer);
	KEEP(key_id, row->key);
	KEEP(peer, row->peer);
	KEEP(request_id, row->request);
	KEEP(by, row->by);
	KEEP(reason, row->reason);
}

static int show_deed(const struct memory_deed *d, size_t place, rent_deed_fn fn,
                     void *arg)
{
	const struct rent_actor actor = {
		.struct_size = sizeof(actor),
		.subject = d->subject,
		.role = d->role,
		.issuer = d->issuer,
		.key_id = d->key_id,
		.peer = d->peer,
		.request_id = d->request_id,
		.by = d->by,
		.reason = d->reason,
	};
	const struct rent_deed deed = {
		.struct_size = sizeof(deed),
		.kind = d->kind,
		.op_id = d->op_id,
		.actor = &actor,
		.id = (int64_t)place + 1,
		.at = d->at,
		.rental_id = d->rental_id,
	};

	return fn(arg, &deed);
}

int memory_deed_list(struct memory *m, const struct rent_deed_query *query,
                     rent_deed_fn fn, void *arg, struct rent_error *err)
{
	const char *rental = query->rental_id == NULL ? "" : query->rental_id;
	uint32_t left = storage_page(query->limit);
	size_t i;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	i = m->deeds.n;
	if (query->before_id > 0 && (size_t)query->before_id <= i)
		i = (size_t)query->before_id - 1;
	while (i-- > 0 && left > 0 && code == 0) {
		const struct memory_deed *d = &m->deeds.at[i];

		if (rental[0] != '\0' && strcmp(d->rental_id, rental) != 0)
			continue;
		code = show_deed(d, i, fn, arg);
		left--;
	}
	lock_release(&m->lock);
	return code;
}
