/* SPDX-License-Identifier: MIT
 *
 * deed.c - see deed.h.
 */
#include "core/deed.h"

#include "core/start.h"

static const char *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

static void make_row(const char *rental, enum rent_deed_kind kind, const char *op,
                     const struct rent_actor *theirs, struct deed_row *ret)
{
	struct rent_actor a;

	rent_adopt(&a, sizeof(a), theirs, theirs->struct_size);
	*ret = (struct deed_row){
		.rental = rental,
		.action = rent_name_of(rent_deed_names, (int)kind),
		.op = text_or_null(op),
		.subject = text_or_null(a.subject),
		.role = text_or_null(a.role),
		.issuer = text_or_null(a.issuer),
		.key = text_or_null(a.key_id),
		.peer = text_or_null(a.peer),
		.request = text_or_null(a.request_id),
		.by = text_or_null(a.by),
		.reason = text_or_null(a.reason),
	};
}

bool deed_of_start(const struct rent_start *s, struct deed_row *ret)
{
	const struct rent_actor *actor = start_actor(s);

	if (actor == NULL)
		return false;
	make_row(s->rental_id, RENT_DEED_START, NULL, actor, ret);
	return true;
}

bool deed_of_change(const struct rent_change *c, size_t k, struct deed_row *ret)
{
	if (k > 0 || c->deed == NULL || c->deed->actor == NULL)
		return false;
	make_row(c->rental_id, c->deed->kind, c->deed->op_id, c->deed->actor, ret);
	return true;
}

static const char *text_of(const char *text)
{
	return text == NULL ? "" : text;
}

void deed_show(const struct deed_row *row, struct rent_actor *actor,
               struct rent_deed *ret)
{
	*actor = (struct rent_actor){
		.struct_size = sizeof(*actor),
		.subject = text_of(row->subject),
		.role = text_of(row->role),
		.issuer = text_of(row->issuer),
		.key_id = text_of(row->key),
		.peer = text_of(row->peer),
		.request_id = text_of(row->request),
		.by = text_of(row->by),
		.reason = text_of(row->reason),
	};
	*ret = (struct rent_deed){
		.struct_size = sizeof(*ret),
		.kind = (enum rent_deed_kind)rent_value_of(rent_deed_names,
		                                           text_of(row->action)),
		.op_id = text_of(row->op),
		.actor = actor,
		.rental_id = text_of(row->rental),
	};
}
