/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/cabinet.c - what is in a cabinet, and what became of a command. A
 * snapshot proves ejects and returns, so one that contradicts itself is none.
 */
#include "reading.h"

/* Whether the slot, or its powerbank, is in the first n of the list already. */
static bool is_twice(struct rent_station_slot *const *list, size_t n,
                     const struct rent_station_slot *slot)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i]->slot == slot->slot ||
		    strcmp(list[i]->powerbank_id, slot->powerbank_id) == 0)
			return true;
	}
	return false;
}

/* slots: of the cabinet; a battery in none of them is a contradiction. */
static bool read_battery(const struct chargenow *c, const struct rent_json *battery,
                         int32_t slots, struct rent_station_slot *ret)
{
	int64_t slot, charge;

	if (!reading_number(c, battery, "slotNum", 1, slots, &slot) ||
	    !reading_id(c, battery, "batteryId", ret->powerbank_id))
		return false;
	ret->struct_size = sizeof(*ret);
	ret->slot = (int32_t)slot;
	if (reading_number(c, battery, "vol", 1, 100, &charge))
		ret->charge = (int32_t)charge;
	return true;
}

/* NULL: done, else what is wrong. */
static const char *read_batteries(const struct chargenow *c, const struct rent_json *data,
                                  struct rent_arena *arena,
                                  struct rent_station_snapshot *ret)
{
	size_t n = c->json->count(data, "batteries");
	struct rent_station_slot **list, *slots;

	if (c->json->type(data, "batteries") != RENT_JSON_ARRAY || n > (size_t)ret->slots)
		return "'batteries' is no list that fits the cabinet";
	list = rent_alloc(arena, (n + 1) * sizeof(void *));
	slots = rent_alloc(arena, (n + 1) * sizeof(*slots));
	if (list == NULL || slots == NULL)
		return "the snapshot is too large";
	for (size_t i = 0; i < n; i++) {
		list[i] = &slots[i];
		if (!read_battery(c, c->json->at(data, "batteries", i, NULL), ret->slots,
		                  &slots[i]))
			return "a battery is malformed";
		if (is_twice(list, i, &slots[i]))
			return "a slot or a battery is there twice";
	}
	ret->list = (const struct rent_station_slot *const *)list;
	ret->slot_count = n;
	ret->available = (int32_t)n;
	return NULL;
}

static enum rent_station_state read_state(const struct chargenow *c,
                                          const struct rent_json *cabinet)
{
	const char *text = c->json->text(cabinet, "online");
	bool online = strcmp(text, "true") == 0;
	int64_t number;

	if (online || strcmp(text, "false") == 0 ||
	    c->json->boolean(cabinet, "online", &online))
		return online ? RENT_STATION_ONLINE : RENT_STATION_OFFLINE;
	if (reading_number(c, cabinet, "online", 0, 1, &number))
		return number == 1 ? RENT_STATION_ONLINE : RENT_STATION_OFFLINE;
	return RENT_STATION_STATE_UNKNOWN;
}

static const char *read_cabinet(const struct chargenow *c, const struct rent_json *data,
                                const char *id, struct rent_arena *arena,
                                struct rent_station_snapshot *ret)
{
	const struct rent_json *cabinet = c->json->get(data, "cabinet");
	char answered[RENT_ID_SIZE];
	int64_t slots, empty, busy;
	const char *wrong;

	if (!reading_id(c, cabinet, "id", answered) || strcmp(answered, id) != 0)
		return "'id' is not the cabinet that was asked for";
	if (!reading_number(c, cabinet, "slots", 1, RENT_STATION_SLOTS_MAX, &slots) ||
	    !reading_number(c, cabinet, "emptySlots", 0, slots, &empty) ||
	    !reading_number(c, cabinet, "busySlots", 0, slots, &busy))
		return "the numbers of slots are missing or out of range";
	ret->slots = (int32_t)slots;
	ret->free_slots = (int32_t)empty;
	ret->state = read_state(c, cabinet);
	wrong = read_batteries(c, data, arena, ret);
	ret->complete = wrong == NULL && (int64_t)ret->slot_count == busy &&
	                empty + busy == slots;
	return wrong;
}

void cabinet_snapshot(void *self, const char *cabinet_id,
                      const struct rent_upstream_reply *reply,
                      struct rent_station_snapshot *ret)
{
	const struct chargenow *c = self;
	struct answer a = reading_envelope(c, reply);
	struct rent_station_snapshot s = { .struct_size = ret->struct_size };
	const char *wrong = a.note;

	if (a.root != NULL && a.code == CODE_DONE) {
		wrong = read_cabinet(c, c->json->get(a.root, "data"), cabinet_id,
		                     reply->arena, &s);
		if (wrong == NULL) {
			*ret = s;
			ret->outcome = RENT_SUCCEEDED;
			return;
		}
	} else if (a.root != NULL && a.code == CODE_UNBOUND) {
		ret->outcome = RENT_DECLINED;
		wrong = "the account has no such cabinet";
	} else if (a.root != NULL && a.code == CODE_NOT_ONLINE) {
		ret->state = RENT_STATION_OFFLINE;
		wrong = "the cabinet is offline";
	}
	(void)rent_copy(ret->note, sizeof(ret->note), wrong);
}

void cabinet_commanded(void *self, const struct rent_station_work *work,
                       const struct rent_upstream_reply *reply,
                       struct rent_station_result *ret)
{
	const struct chargenow *c = self;
	struct answer a = reading_envelope(c, reply);

	(void)work;
	(void)rent_copy(ret->note, sizeof(ret->note), a.note);
	if (a.forbidden) {
		ret->outcome = RENT_INVALID;
	} else if (a.root == NULL) {
		return;
	} else if (a.code == CODE_DONE) {
		ret->outcome = RENT_SUCCEEDED;
	} else if (a.code == CODE_NOT_ONLINE || a.code == CODE_UNBOUND) {
		ret->outcome = RENT_DECLINED;
		ret->reason = a.code == CODE_UNBOUND ? RENT_DECLINE_OTHER
		                                     : RENT_DECLINE_OFFLINE;
	}
}
