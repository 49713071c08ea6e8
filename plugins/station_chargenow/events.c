/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/events.c - what the service reports: callbacks of an order, to an
 * address made for that order, and pushes about cabinets. It signs neither. The address proves
 * only that the caller knows it, and nothing of what he reports: every event is a hint.
 */
#include "reading.h"
#include "token.h"

#include <ctype.h>

#define FAULT_FINE 0
/* The codes of `status` in a callback. */
#define STATUS_FAILED   0
#define STATUS_OUT      1
#define STATUS_RETURNED 2

/* A message on its way into events. */
struct reader {
	const struct chargenow *c;
	struct rent_arena *arena;
	/* The body, or a form that was made one. */
	const struct rent_json *json;
	rent_event_fn fn;
	void *arg;
	int emitted;
	/* The ids in the event. */
	char ref[RENT_ID_SIZE], cabinet[RENT_ID_SIZE], powerbank[RENT_ID_SIZE];
};

static int emit(struct reader *r, struct rent_event *e)
{
	if (r->emitted == RENT_EVENTS_MAX)
		return 0;
	r->emitted++;
	e->struct_size = sizeof(*e);
	e->station_id = r->cabinet;
	return r->fn(r->arg, e);
}

/* ---- forms */

static int hex_digit(char ch)
{
	int lower = tolower((unsigned char)ch);

	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes n bytes of a form. NULL: the arena is full. */
static char *form_decode(struct rent_arena *arena, const char *s, size_t n)
{
	char *out = rent_strndup(arena, s, n), *to = out;

	for (size_t i = 0; out != NULL && i < n; i++) {
		int high = s[i] == '%' && i + 2 < n ? hex_digit(s[i + 1]) : -1;
		int low = high < 0 ? -1 : hex_digit(s[i + 2]);

		if (low >= 0)
			*to++ = (char)(high * 16 + low);
		else if (s[i] == '+')
			*to++ = ' ';
		else
			*to++ = s[i];
		i += low >= 0 ? 2 : 0;
	}
	if (to != NULL)
		*to = '\0';
	return out;
}

/* A form as the object that the same message has in JSON. NULL: it is no form. */
static const struct rent_json *form_json(struct reader *r, const char *form)
{
	static const char *const names[] = { "tradeNo",   "status",  "deviceId",
		                             "batteryId", "slotNum", "cabinetId" };
	struct rent_value members[sizeof(names) / sizeof(names[0]) + 1];
	size_t count = 0;
	const char *object;

	for (const char *at = form;
	     *at != '\0' && count + 1 < sizeof(members) / sizeof(members[0]);) {
		size_t n = strcspn(at, "&"), equals = strcspn(at, "=&");
		const char *next = at[n] == '&' ? at + n + 1 : at + n;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (equals < n && strlen(names[i]) == equals &&
			    memcmp(at, names[i], equals) == 0)
				members[count++] = (struct rent_value)RENT_TEXT(
					names[i], form_decode(r->arena, at + equals + 1,
				                              n - equals - 1));
		}
		at = next;
	}
	members[count] = (struct rent_value)RENT_VALUES_END;
	object = count == 0 ? NULL : r->c->json->build(r->arena, members);
	return object == NULL ? NULL
	                      : r->c->json->parse(r->arena, object, strlen(object));
}

static const struct rent_json *read_body(struct reader *r,
                                         const struct rent_event_message *m)
{
	const struct rent_json *json = r->c->json->parse(r->arena, m->body, m->body_size);

	if (r->c->json->type(json, "") == RENT_JSON_OBJECT)
		return json;
	return form_json(r, m->body_size > 0 ? m->body : m->query);
}

/* ---- callbacks of an order */

static int callback_event(struct reader *r, const char *operation)
{
	static const enum rent_event_kind kinds[] = {
		[STATUS_FAILED] = RENT_EVENT_EJECT_FAILED,
		[STATUS_OUT] = RENT_EVENT_EJECTED,
		[STATUS_RETURNED] = RENT_EVENT_RETURNED,
	};
	const struct chargenow *c = r->c;
	struct rent_event e = { .operation_id = operation,
		                .ref = r->ref,
		                .powerbank_id = r->powerbank };
	int64_t status = -1, slot;

	if (!reading_id(c, r->json, "tradeNo", r->ref))
		return RENT_EINVAL;
	if (reading_number(c, r->json, "status", STATUS_FAILED, STATUS_RETURNED, &status))
		e.kind = kinds[status];
	if (e.kind == RENT_EVENT_EJECT_FAILED)
		e.reason = RENT_DECLINE_OTHER;
	if (!reading_id(c, r->json, "cabinetId", r->cabinet))
		(void)reading_id(c, r->json, "deviceId", r->cabinet);
	(void)reading_id(c, r->json, "batteryId", r->powerbank);
	if (reading_number(c, r->json, "slotNum", 1, RENT_STATION_SLOTS_MAX, &slot))
		e.slot = (int32_t)slot;
	return emit(r, &e);
}

/* ---- pushes */

static const struct push {
	const char *name;
	enum rent_event_kind kind;
	/* Where powerbank and slot stand, if the event is about one. */
	const char *powerbank, *slot;
} pushes[] = {
	/* clang-format off */
	{ "CABINET_ONLINE",           RENT_EVENT_STATION_ONLINE,  NULL, NULL },
	{ "CABINET_OFFLINE",          RENT_EVENT_STATION_OFFLINE, NULL, NULL },
	{ "CABINET_STATUS",           RENT_EVENT_STATION_CHANGED, NULL, NULL },
	{ "BATTERY_POPUP",            RENT_EVENT_STATION_CHANGED, NULL, NULL },
	{ "BATTERY_ABNORMAL_WARNING", RENT_EVENT_STATION_CHANGED, NULL, NULL },
	{ "BATTERY_IN",               RENT_EVENT_RETURNED, "returnBatteryId", "returnSlot" },
	{ "BATTERY_BORROW_OUT",       RENT_EVENT_EJECTED,  "outBatteryId",    "outSlot" },
	{ NULL, RENT_EVENT_OTHER, NULL, NULL },
	/* clang-format on */
};

static const struct push *push_find(const char *name)
{
	const struct push *p = pushes;

	while (p->name != NULL && strcmp(p->name, name) != 0)
		p++;
	return p;
}

/* Slots and powerbanks that the cabinet calls faulty. */
static int push_faults(struct reader *r, const struct rent_json *data)
{
	const struct chargenow *c = r->c;
	size_t n = c->json->count(data, "batteryList");
	int code = 0;

	for (size_t i = 0; i < n && code == 0; i++) {
		const struct rent_json *at = c->json->at(data, "batteryList", i, NULL);
		char bank[RENT_ID_SIZE];
		char note[RENT_NOTE_SIZE];
		struct rent_event e = { .note = note };
		int64_t fault, slot;

		if (reading_number(c, at, "faultType", 1, INT32_MAX, &fault) &&
		    reading_number(c, at, "slot", 1, RENT_STATION_SLOTS_MAX, &slot)) {
			(void)snprintf(note, sizeof(note), "fault %d", (int)fault);
			e.kind = RENT_EVENT_SLOT_FAULTY;
			e.slot = (int32_t)slot;
			code = emit(r, &e);
		}
		if (code == 0 && reading_id(c, at, "batteryId", bank) &&
		    reading_number(c, at, "batteryFaultType", 1, INT32_MAX, &fault)) {
			(void)snprintf(note, sizeof(note), "fault %d", (int)fault);
			e.kind = RENT_EVENT_POWERBANK_FAULTY;
			e.slot = 0;
			e.powerbank_id = bank;
			code = emit(r, &e);
		}
	}
	return code;
}

static int push_event(struct reader *r)
{
	const struct chargenow *c = r->c;
	const char *name = c->json->text(r->json, "event");
	const struct rent_json *data = c->json->get(r->json, "eventData");
	const struct push *p = push_find(name);
	struct rent_event e = { .kind = p->kind, .ref = r->ref, .note = name };
	int64_t slot;
	bool known;
	int code;

	if (name[0] == '\0' || c->json->type(data, "") != RENT_JSON_OBJECT)
		return RENT_EINVAL;
	known = reading_id(c, data, "cabinetId", r->cabinet);
	(void)reading_id(c, data, "orderId", r->ref);
	if (p->powerbank != NULL) {
		known = reading_id(c, data, p->powerbank, r->powerbank) && known;
		e.powerbank_id = r->powerbank;
		if (reading_number(c, data, p->slot, 1, RENT_STATION_SLOTS_MAX, &slot))
			e.slot = (int32_t)slot;
	}
	if (!known)
		e.kind = RENT_EVENT_OTHER;
	e.at = reading_time(c, r->json, "timestamp");
	code = emit(r, &e);
	return code == 0 && known ? push_faults(r, data) : code;
}

int events_parse(void *self, const struct rent_event_message *message, rent_event_fn fn,
                 void *arg, struct rent_event_answer *ret, struct rent_error *err)
{
	const struct chargenow *c = self;
	struct reader r = { .c = c, .arena = message->arena, .fn = fn, .arg = arg };
	const char *name = token_open(c, message->arena, message->rest);
	int code;

	if (name == NULL)
		return rent_fail(err, RENT_EPERM,
		                 "the address was not made by this instance");
	r.json = read_body(&r, message);
	if (r.json == NULL)
		return rent_fail(err, RENT_EINVAL, "the body is neither JSON nor a form");
	if (strcmp(name, TOKEN_PUSH) != 0)
		code = callback_event(&r, name);
	else if (c->account[0] != '\0' &&
	         strcmp(c->json->text(r.json, "agentAccount"), c->account) != 0)
		return rent_fail(err, RENT_EPERM, "a push for another account");
	else
		code = push_event(&r);
	if (code == RENT_EINVAL)
		return rent_fail(err, code, "the message names no order and no event");
	if (code == 0)
		ret->body = "{\"code\":0}";
	ret->body_size = code == 0 ? strlen(ret->body) : 0;
	return code;
}
