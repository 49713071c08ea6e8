/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_http/read.c - owns the reading of stations, tariffs, profiles and configs.
 * Strict: what is missing, of another type or out of range makes the whole answer "not
 * available", because a price guessed is worse than no rental. "There is no such thing" is a
 * 404 with a JSON object: a proxy that does not know the path answers with a page.
 */
#include "read.h"

#include <math.h>
#include <stdlib.h>

#include "common/json.h"

static const char *read_slots(const json_t *o, struct rent_catalog_station *ret)
{
	const json_t *slots = json_object_get(o, "slots");
	int64_t ignored;

	if (!json_is_array(slots) || json_array_size(slots) > READ_SLOTS_MAX)
		return "station: 'slots' is not a list of reasonable length";
	ret->slots = (int64_t)json_array_size(slots);
	ret->available = 0;
	for (size_t i = 0; i < json_array_size(slots); i++) {
		const json_t *slot = json_array_get(slots, i);
		const json_t *empty = json_object_get(slot, "empty");

		if (!json_is_boolean(empty) ||
		    !json_read_int(slot, "index", 0, INT32_MAX, &ignored) ||
		    !json_read_int(slot, "charge", 0, 100, &ignored))
			return "station: a slot is malformed";
		ret->available += json_is_false(empty);
	}
	return NULL;
}

static const char *read_station(const json_t *o, const char *id,
                                struct rent_catalog_result *ret)
{
	struct rent_catalog_station s = { 0 };
	char vendor[RENT_ID_SIZE] = "";
	const char *wrong;

	if (!json_read_id(o, "id", s.id) || strcmp(s.id, id) != 0)
		return "station: 'id' is not the one asked for";
	if (!json_read_id(o, "tariff_id", s.tariff_id))
		return "station: 'tariff_id' is missing or malformed";
	wrong = read_slots(o, &s);
	if (wrong != NULL)
		return wrong;
	if (json_object_get(o, "vendor") != NULL && !json_read_id(o, "vendor", vendor))
		return "station: 'vendor' is malformed";
	ret->station = s;
	if (ret->struct_size >= sizeof(*ret))
		(void)rent_copy(ret->station_instance, sizeof(ret->station_instance),
		                vendor);
	return NULL;
}

static const char *read_tariff(const json_t *o, const char *id,
                               struct rent_catalog_result *ret)
{
	struct rent_catalog_tariff t = { 0 };

	if (!json_read_id(o, "id", t.id) || strcmp(t.id, id) != 0)
		return "tariff: 'id' is not the one asked for";
	if (!json_read_int(o, "price_per_hour", 0, READ_MONEY_MAX, &t.price_per_hour))
		return "tariff: 'price_per_hour' is missing or out of range";
	if (!json_read_int(o, "free_period_min", 0, READ_MINUTES_MAX, &t.free_period_min))
		return "tariff: 'free_period_min' is missing or out of range";
	if (!json_read_int(o, "default_deposit", 0, READ_MONEY_MAX, &t.deposit))
		return "tariff: 'default_deposit' is missing or out of range";
	ret->tariff = t;
	return NULL;
}

static const char *read_user(const json_t *o, const char *id,
                             struct rent_catalog_result *ret)
{
	const json_t *subscriber = json_object_get(o, "has_subscribtion");
	const json_t *trusted = json_object_get(o, "trusted");
	struct rent_catalog_user u = { 0 };

	if (!json_read_id(o, "id", u.id) || strcmp(u.id, id) != 0)
		return "profile: 'id' is not the one asked for";
	if (!json_is_boolean(subscriber) || !json_is_boolean(trusted))
		return "profile: 'has_subscribtion' or 'trusted' is not true or false";
	u.subscriber = json_is_true(subscriber);
	u.trusted = json_is_true(trusted);
	ret->user = u;
	return NULL;
}

/* The one number of the wire that is a fraction; it becomes whole here, at the border. */
static const char *read_configs(const json_t *o, const char *id,
                                struct rent_catalog_result *ret)
{
	const json_t *v = json_object_get(json_object_get(o, "price_coeff_settings"),
	                                  "last_banks_increase");
	double factor = json_number_value(v);

	(void)id;
	if (!json_is_number(v) || !(factor >= 0.000001 && factor <= 1000.0))
		return "configs: 'last_banks_increase' is missing or out of range";
	ret->configs.last_banks_increase_ppm = llround(factor * 1000000.0);
	return NULL;
}

static const struct reader {
	const char *name;
	const char *(*read)(const json_t *o, const char *id,
	                    struct rent_catalog_result *ret);
} readers[] = {
	[RENT_CAT_STATION] = { "station", read_station },
	[RENT_CAT_TARIFF] = { "tariff", read_tariff },
	[RENT_CAT_USER] = { "user", read_user },
	[RENT_CAT_CONFIGS] = { "configs", read_configs },
};

/* The service's own text. It was read as JSON, so it has no NUL. */
static const char *keep_text(const struct rent_upstream_reply *reply,
                             struct rent_arena *arena, struct rent_catalog_station *ret)
{
	ret->json = rent_strndup(arena, reply->body, reply->body_size);
	return ret->json == NULL ? "station: the description is too large" : NULL;
}

void read_reply(enum rent_catalog_what what, const char *id,
                const struct rent_upstream_reply *reply, struct rent_arena *arena,
                struct rent_catalog_result *ret)
{
	const char *wrong = NULL;
	json_t *body;

	if (what < RENT_CAT_STATION || what > RENT_CAT_CONFIGS)
		return;
	body = json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(body)) {
		(void)snprintf(ret->note, sizeof(ret->note),
		               "%s: status %d with an answer that is not a JSON object",
		               readers[what].name, (int)reply->status);
	} else if (reply->status == 404 && what != RENT_CAT_CONFIGS) {
		ret->outcome = RENT_DECLINED;
		(void)snprintf(ret->note, sizeof(ret->note), "there is no such %s",
		               readers[what].name);
	} else if (reply->status != 200) {
		(void)snprintf(ret->note, sizeof(ret->note),
		               "%s: answered with status %d", readers[what].name,
		               (int)reply->status);
	} else {
		wrong = readers[what].read(body, id, ret);
		if (wrong == NULL && what == RENT_CAT_STATION)
			wrong = keep_text(reply, arena, &ret->station);
		if (wrong == NULL)
			ret->outcome = RENT_SUCCEEDED;
		else
			(void)rent_copy(ret->note, sizeof(ret->note), wrong);
	}
	json_decref(body);
}
