/* SPDX-License-Identifier: MIT
 *
 * sheet.c - a station's row, and what its cabinet says, as the answer of a catalogue.
 */
#include "common/sheet.h"

#include <errno.h>
#include <stdlib.h>

bool sheet_degrees(const char *text, int64_t max)
{
	size_t whole, part = 0;
	int64_t value;

	text += *text == '-';
	whole = strspn(text, "0123456789");
	if (whole == 0 || whole > 3)
		return false;
	value = strtoll(text, NULL, 10);
	if (text[whole] == '.') {
		part = 1 + strspn(text + whole + 1, "0123456789");
		if (part == 1 || part > 16)
			return false;
	}
	return text[whole + part] == '\0' &&
	       (value < max || (value == max && strspn(text + whole, ".0") == part));
}

bool sheet_whole(const char *text, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' &&
	       strspn(text, "-0123456789") == strlen(text);
}

bool sheet_ppm(const char *text, int64_t *ret)
{
	const char *point = strchr(text, '.');
	size_t digits = point == NULL ? 0 : strlen(point + 1);
	int64_t part = 0, whole, scale = 1000000;

	if (strspn(text, "0123456789.") != strlen(text) || text[0] == '.' ||
	    strlen(text) > 12 || (point != NULL && (digits == 0 || digits > 6)))
		return false;
	whole = strtoll(text, NULL, 10);
	if (point != NULL) {
		if (strchr(point + 1, '.') != NULL)
			return false;
		part = strtoll(point + 1, NULL, 10);
		for (size_t i = digits; i < 6; i++)
			part *= 10;
	}
	*ret = whole * scale + part;
	return true;
}

/* The list of slots, as the wire of the external services has it. NULL: the arena is full. */
static const char *slots_json(const struct rent_station_snapshot *s,
                              struct rent_arena *arena)
{
	static const char one[] = "{\"index\":0000,\"empty\":false,\"charge\":100},";
	size_t size = (size_t)s->slots * sizeof(one) + 1, at = 0;
	char *text = rent_alloc(arena, size);

	for (int32_t slot = 1; text != NULL && slot <= s->slots; slot++) {
		const struct rent_station_slot *in = NULL;

		for (size_t i = 0; i < s->slot_count && in == NULL; i++) {
			if (s->list[i]->slot == slot &&
			    s->list[i]->powerbank_id[0] != '\0')
				in = s->list[i];
		}
		at += (size_t)snprintf(text + at, size - at,
		                       "%s{\"index\":%d,\"empty\":%s,\"charge\":%d}",
		                       slot == 1 ? "" : ",", (int)(slot - 1),
		                       in == NULL ? "true" : "false",
		                       in == NULL ? 0 : (int)in->charge);
	}
	return text;
}

/* The station as clients see it. NULL: the arena is full. */
static const char *station_json(const struct sheet_station *row,
                                const struct rent_json_api *json,
                                const struct rent_station_snapshot *s,
                                struct rent_arena *arena)
{
	const struct rent_value members[] = {
		RENT_TEXT("id", row->id),
		RENT_TEXT("tariff_id", row->tariff_id),
		RENT_TEXT("name", row->name),
		RENT_TEXT("location", row->address),
		RENT_TEXT("opening_hours", row->opening_hours),
		RENT_TEXT("venue_id", row->venue_id),
		RENT_VALUES_END,
	};
	char *head = json->build(arena, members);
	const char *slots = s == NULL ? "" : slots_json(s, arena);
	bool placed = row->lat != NULL && row->lon != NULL;

	if (head == NULL || slots == NULL)
		return NULL;
	head[strlen(head) - 1] = '\0';
	if (placed)
		head = rent_printf(arena, "%s,\"lat\":%s,\"lon\":%s", head, row->lat,
		                   row->lon);
	return head == NULL ? NULL
	                    : rent_printf(arena, "%s,\"slots\":[%s]}", head, slots);
}

static void decline(struct rent_catalog_result *ret, const char *note)
{
	ret->outcome = RENT_DECLINED;
	(void)rent_copy(ret->note, sizeof(ret->note), note);
}

/* Whether the cabinet can be rented from; else ret says why not. */
static bool ask_cabinet(const struct sheet_station *row, struct live_port *port,
                        struct rent_arena *arena, struct rent_station_snapshot *s,
                        struct rent_catalog_result *ret)
{
	const char *why = s->note;

	live_ask(port, row->id, arena, s);
	if (s->outcome == RENT_SUCCEEDED && s->state != RENT_STATION_OFFLINE)
		return true;
	if (s->state == RENT_STATION_OFFLINE)
		why = "it is offline";
	(void)snprintf(ret->note, sizeof(ret->note), "cabinet '%s': %.80s", row->id, why);
	return false;
}

void sheet_station(const struct sheet_station *row, struct live *live,
                   struct rent_arena *arena, struct rent_catalog_result *ret)
{
	struct rent_station_snapshot s = { .struct_size = sizeof(s) };
	struct live_port *port = live_port(live, row->vendor);
	bool asks = live_can_ask(port);

	if (row->disabled) {
		decline(ret, "the station is not in use");
		return;
	}
	if (row->rentals_blocked) {
		decline(ret, "the station takes returns only");
		return;
	}
	if (port == NULL && live->count > 0) {
		(void)snprintf(ret->note, sizeof(ret->note),
		               "station '%s': its vendor '%.64s' is not bound", row->id,
		               row->vendor);
		return;
	}
	if (asks && !ask_cabinet(row, port, arena, &s, ret))
		return;
	if (row->vendor != NULL && ret->struct_size >= sizeof(*ret))
		(void)rent_copy(ret->station_instance, sizeof(ret->station_instance),
		                row->vendor);
	(void)rent_copy(ret->station.id, sizeof(ret->station.id), row->id);
	(void)rent_copy(ret->station.tariff_id, sizeof(ret->station.tariff_id),
	                row->tariff_id);
	ret->station.slots = asks ? s.slots : row->slots;
	ret->station.available = asks ? s.available : row->slots;
	ret->station.json = station_json(row, live->host->json, asks ? &s : NULL, arena);
	if (ret->station.json != NULL)
		ret->outcome = RENT_SUCCEEDED;
	else
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "the station's description is too large");
}
