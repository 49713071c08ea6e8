/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/kit.c - the order of the kit, and what holds for every answer.
 */
#include "kit.h"

#include <rent/options.h>

static const char *const what_names[] = {
	[KIT_EJECT] = "eject", [KIT_LOOKUP] = "lookup",   [KIT_SNAPSHOT] = "snapshot",
	[KIT_LIST] = "list",   [KIT_COMMAND] = "command",
};

const char *kit_what_name(enum kit_what what)
{
	return what < KIT_WHATS ? what_names[what] : "none";
}

enum kit_what kit_what_value(const char *name)
{
	int what = 0;

	while (what < KIT_WHATS && strcmp(what_names[what], name) != 0)
		what++;
	return (enum kit_what)what;
}

bool kit_has(const struct kit *k, enum kit_what what)
{
	const struct rent_station *s = k->api.station;
	const bool has[] = {
		[KIT_EJECT] = true,
		[KIT_LOOKUP] = s->build_lookup != NULL,
		[KIT_SNAPSHOT] = s->build_snapshot != NULL,
		[KIT_LIST] = s->build_list != NULL,
		[KIT_COMMAND] = s->build_command != NULL,
	};

	return has[what];
}

bool kit_has_command(const struct kit *k, enum rent_station_command command)
{
	return (k->caps.station.commands & RENT_STATION_BIT(command)) != 0;
}

struct kit_op kit_op(enum kit_what what)
{
	return (struct kit_op){
		.what = what,
		.order = { .struct_size = sizeof(struct rent_station_op),
		           .id = KIT_ID,
		           .rental_id = KIT_RENTAL,
		           .user_id = KIT_USER,
		           .station_id = KIT_CABINET,
		           .created_at = KIT_CREATED,
		           .cabinet_id = "",
		           .ref = what == KIT_LOOKUP ? KIT_REF : "",
		           .powerbank_id = "" },
		.cabinet = KIT_CABINET,
		.page = { .struct_size = sizeof(struct rent_station_page),
		          .since = KIT_CREATED,
		          .until = KIT_CREATED + RENT_HOUR,
		          .cabinet_id = "",
		          .cursor = "",
		          .limit = 50 },
		.work = { .struct_size = sizeof(struct rent_station_work),
		          .command = RENT_STATION_OPEN,
		          .id = KIT_ID,
		          .station_id = KIT_CABINET,
		          .cabinet_id = "",
		          .slot = KIT_SLOT,
		          .reason = "kit" },
	};
}

int kit_build(struct kit *k, const struct kit_op *op, struct rent_arena *arena,
              struct rent_upstream_request *ret)
{
	const struct rent_station *s = k->api.station;
	struct rent_error err = { 0 };

	*ret = (struct rent_upstream_request){ .struct_size = sizeof(*ret) };
	switch (op->what) {
	case KIT_EJECT:
		return s->build_eject(k->self, &op->order, arena, ret, &err);
	case KIT_LOOKUP:
		return s->build_lookup(k->self, &op->order, arena, ret, &err);
	case KIT_SNAPSHOT:
		return s->build_snapshot(k->self, op->cabinet, arena, ret, &err);
	case KIT_LIST:
		return s->build_list(k->self, &op->page, arena, ret, &err);
	case KIT_COMMAND:
		return s->build_command(k->self, &op->work, arena, ret, &err);
	case KIT_WHATS:
		break;
	}
	return RENT_EUNSUPPORTED;
}

/* ---- answers */

static const char *result_fault(const struct kit_op *op,
                                const struct rent_station_result *r)
{
	const char *fault = kit_outcome_fault(r->outcome, r->reason, r->not_found,
	                                      op->what == KIT_LOOKUP);

	if (r->struct_size != sizeof(*r))
		return "struct_size of the result was changed";
	if (fault != NULL)
		return fault;
	if (!kit_text_sound(r->note, sizeof(r->note)) ||
	    !kit_text_sound(r->ref, sizeof(r->ref)) ||
	    !kit_text_sound(r->powerbank_id, sizeof(r->powerbank_id)) ||
	    !kit_text_sound(r->returned_to, sizeof(r->returned_to)))
		return "a text is not terminated or not UTF-8";
	if (op->what != KIT_COMMAND && r->outcome == RENT_SUCCEEDED &&
	    !rent_id_valid(r->powerbank_id))
		return "success without the powerbank's id";
	if (r->slot < 0 || r->slot > RENT_STATION_SLOTS_MAX || r->charge < 0 ||
	    r->charge > 100)
		return "slot or charge is outside its range";
	if (r->returned_at < 0)
		return "returned_at is negative";
	return r->returned_at > 0 && r->outcome != RENT_SUCCEEDED
	               ? "it is back, and never came out"
	               : NULL;
}

static const char *slot_fault(const struct rent_station_snapshot *s, size_t i)
{
	const struct rent_station_slot *slot = s->list[i];

	if (slot == NULL)
		return "a slot of the list is NULL";
	if (slot->slot < 1 || slot->slot > s->slots)
		return "a slot's number is outside 1..slots";
	if (!kit_text_sound(slot->powerbank_id, sizeof(slot->powerbank_id)) ||
	    (slot->powerbank_id[0] != '\0' && !rent_id_valid(slot->powerbank_id)))
		return "a powerbank's id is none";
	if (slot->charge < 0 || slot->charge > 100)
		return "a charge is outside 0..100";
	for (size_t j = 0; j < i; j++) {
		if (s->list[j]->slot == slot->slot)
			return "a slot is there twice";
		if (slot->powerbank_id[0] != '\0' &&
		    strcmp(s->list[j]->powerbank_id, slot->powerbank_id) == 0)
			return "a powerbank is there twice";
	}
	return NULL;
}

const char *kit_snapshot_fault(const struct rent_station_snapshot *s)
{
	int32_t banks = 0;

	if (s->struct_size != sizeof(*s))
		return "struct_size of the snapshot was changed";
	if ((int)s->outcome < RENT_UNKNOWN || (int)s->outcome > RENT_UNSUPPORTED ||
	    (int)s->state < RENT_STATION_STATE_UNKNOWN ||
	    (int)s->state > RENT_STATION_OFFLINE)
		return "outcome or state is outside the set";
	if (!kit_text_sound(s->note, sizeof(s->note)))
		return "note is not terminated or not UTF-8";
	if (s->outcome != RENT_SUCCEEDED)
		return s->slot_count > 0 ? "slots without a success" : NULL;
	if (s->slots < 1 || s->slots > RENT_STATION_SLOTS_MAX || s->available < 0 ||
	    s->free_slots < 0 || s->slot_count > (size_t)s->slots)
		return "the numbers of slots are outside their range";
	if (s->available > s->slots - s->free_slots)
		return "more powerbanks and free slots than slots";
	for (size_t i = 0; i < s->slot_count; i++) {
		const char *fault = slot_fault(s, i);

		if (fault != NULL)
			return fault;
		banks += s->list[i]->powerbank_id[0] != '\0';
	}
	if (s->complete && s->available > banks)
		return "complete, and more powerbanks available than are listed";
	return s->complete && s->free_slots > s->slots - banks
	               ? "complete, and more slots free than are empty"
	               : NULL;
}

struct listing {
	struct kit *k;
	const struct kit_viewer *viewer;
	const char *about;
	size_t n;
};

static int on_entry(void *arg, const struct rent_station_entry *e)
{
	struct listing *l = arg;

	l->n++;
	if (!rent_visible_ascii(rent_text(e->ref), RENT_REF_SIZE - 1))
		kit_fault(l->k, "list, %s: an entry without the service's reference",
		          l->about);
	if (e->outcome != RENT_SUCCEEDED && e->outcome != RENT_PENDING &&
	    e->outcome != RENT_DECLINED)
		kit_fault(l->k, "list, %s: an entry with the outcome %d", l->about,
		          (int)e->outcome);
	if (e->at < 0 || e->returned_at < 0)
		kit_fault(l->k, "list, %s: an entry with a negative time", l->about);
	if (l->viewer != NULL && l->viewer->entry != NULL)
		l->viewer->entry(l->viewer->arg, e);
	return 0;
}

static void parse_result(struct kit *k, const struct kit_op *op,
                         const struct rent_upstream_reply *reply, struct kit_answer *ret,
                         const char **fault)
{
	const struct rent_station *s = k->api.station;
	struct rent_station_result *r = &ret->result;

	r->struct_size = sizeof(*r);
	if (op->what == KIT_EJECT)
		s->parse_eject(k->self, &op->order, reply, r);
	else if (op->what == KIT_LOOKUP)
		s->parse_lookup(k->self, &op->order, reply, r);
	else
		s->parse_command(k->self, &op->work, reply, r);
	ret->outcome = r->outcome;
	*fault = result_fault(op, r);
	if (*fault == NULL && (kit_has_secret(k, r->note) || kit_has_secret(k, r->ref)))
		*fault = "a secret of the options in note or ref";
}

static void parse_snapshot(struct kit *k, const struct kit_op *op,
                           const struct rent_upstream_reply *reply,
                           const struct kit_viewer *viewer, struct kit_answer *ret,
                           const char **fault)
{
	struct rent_station_snapshot *s = &ret->snapshot;

	s->struct_size = sizeof(*s);
	k->api.station->parse_snapshot(k->self, op->cabinet, reply, s);
	ret->outcome = s->outcome;
	*fault = kit_snapshot_fault(s);
	if (*fault == NULL && kit_has_secret(k, s->note))
		*fault = "a secret of the options in note";
	if (*fault == NULL && viewer != NULL && viewer->slots != NULL)
		viewer->slots(viewer->arg, s);
	s->list = NULL;
}

struct kit_answer kit_parse(struct kit *k, const struct kit_op *op,
                            const struct rent_upstream_reply *reply,
                            const struct kit_viewer *viewer, const char *about)
{
	struct rent_upstream_reply given = *reply, before;
	struct listing l = { k, viewer, about, 0 };
	struct kit_answer ret = { 0 };
	struct rent_error err = { 0 };
	const char *fault = NULL;

	given.arena = k->host->arena_new(k->host);
	before = given;
	kit_doing(k, "%s, status %d, %s, %zu bytes", kit_what_name(op->what),
	          (int)reply->status, about, reply->body_size);
	if (op->what == KIT_SNAPSHOT)
		parse_snapshot(k, op, &given, viewer, &ret, &fault);
	else if (op->what != KIT_LIST)
		parse_result(k, op, &given, &ret, &fault);
	else
		ret.page = k->api.station->parse_list(k->self, &op->page, &given,
		                                      on_entry, &l, ret.cursor, &err);
	ret.entries = l.n;
	if (fault == NULL && !kit_reply_same(&before, &given))
		fault = "the reply was changed";
	if (fault == NULL && !kit_text_sound(ret.cursor, sizeof(ret.cursor)))
		fault = "the cursor is not terminated or not UTF-8";
	if (fault != NULL)
		kit_fault(k, "%s, status %d, %s: %s (outcome %d)",
		          kit_what_name(op->what), (int)reply->status, about, fault,
		          (int)ret.outcome);
	k->host->arena_free(k->host, given.arena);
	return ret;
}

bool kit_claims(const struct kit_op *op, const struct kit_answer *answer)
{
	if (op->what == KIT_LIST)
		return answer->page == 0;
	return answer->outcome == RENT_SUCCEEDED || answer->outcome == RENT_PENDING;
}
