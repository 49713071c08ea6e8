/* SPDX-License-Identifier: MIT
 *
 * shared_catalog.c - see shared_catalog.h.
 *
 *     {"v": 1, "what": "tariff", "id": "…", "at": µs since 1970, … the values}
 */
#include "shared_catalog.h"
#include "observers.h"

#include <stdlib.h>

#include "common/json.h"

/* The clocks of two hosts may differ by this; a text from further ahead is a lie. */
#define AHEAD_MAX (5 * RENT_SECOND)
/* As a provider's reply may have them. */
#define MONEY_MAX   INT64_C(1000000000000)
#define MINUTES_MAX INT64_C(5256000)
#define SLOTS_MAX   INT64_C(4096)
#define PPM_MAX     INT64_C(1000000000)

/* ---- one reader and one writer for each thing */
static bool read_station(const json_t *o, const char *id, struct rent_arena *arena,
                         struct rent_catalog_result *ret)
{
	struct rent_catalog_station *s = &ret->station;
	const char *text = json_string_value(json_object_get(o, "json"));
	json_t *theirs;
	bool object;

	if (!json_read_id(o, "tariff_id", s->tariff_id) ||
	    !json_read_int(o, "slots", 0, SLOTS_MAX, &s->slots) ||
	    !json_read_int(o, "available", 0, s->slots, &s->available) || text == NULL)
		return false;
	/* It is shown to clients as it is. */
	theirs = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	object = json_is_object(theirs) && json_says(theirs, "id", id);
	json_decref(theirs);
	s->json = object ? rent_strdup(arena, text) : NULL;
	if (json_object_get(o, "vendor") != NULL &&
	    !json_read_id(o, "vendor", ret->station_instance))
		return false;
	return s->json != NULL && rent_copy(s->id, sizeof(s->id), id);
}

static json_t *write_station(const struct rent_catalog_result *r)
{
	const char *vendor = r->station_instance[0] == '\0' ? NULL : r->station_instance;

	return json_pack("{s:s, s:I, s:I, s:s, s:s*}", "tariff_id", r->station.tariff_id,
	                 "slots", (json_int_t)r->station.slots, "available",
	                 (json_int_t)r->station.available, "json", r->station.json,
	                 "vendor", vendor);
}

static bool read_tariff(const json_t *o, const char *id, struct rent_arena *arena,
                        struct rent_catalog_result *ret)
{
	struct rent_catalog_tariff *t = &ret->tariff;

	(void)arena;
	return json_read_int(o, "price_per_hour", 0, MONEY_MAX, &t->price_per_hour) &&
	       json_read_int(o, "free_period_min", 0, MINUTES_MAX, &t->free_period_min) &&
	       json_read_int(o, "deposit", 0, MONEY_MAX, &t->deposit) &&
	       rent_copy(t->id, sizeof(t->id), id);
}

static json_t *write_tariff(const struct rent_catalog_result *r)
{
	return json_pack("{s:I, s:I, s:I}", "price_per_hour",
	                 (json_int_t)r->tariff.price_per_hour, "free_period_min",
	                 (json_int_t)r->tariff.free_period_min, "deposit",
	                 (json_int_t)r->tariff.deposit);
}

static bool read_user(const json_t *o, const char *id, struct rent_arena *arena,
                      struct rent_catalog_result *ret)
{
	const json_t *subscriber = json_object_get(o, "subscriber");
	const json_t *trusted = json_object_get(o, "trusted");

	(void)arena;
	if (!json_is_boolean(subscriber) || !json_is_boolean(trusted))
		return false;
	ret->user.subscriber = json_is_true(subscriber);
	ret->user.trusted = json_is_true(trusted);
	return rent_copy(ret->user.id, sizeof(ret->user.id), id);
}

static json_t *write_user(const struct rent_catalog_result *r)
{
	return json_pack("{s:b, s:b}", "subscriber", (int)r->user.subscriber, "trusted",
	                 (int)r->user.trusted);
}

static bool read_configs(const json_t *o, const char *id, struct rent_arena *arena,
                         struct rent_catalog_result *ret)
{
	(void)id;
	(void)arena;
	return json_read_int(o, "last_banks_increase_ppm", 1, PPM_MAX,
	                     &ret->configs.last_banks_increase_ppm);
}

static json_t *write_configs(const struct rent_catalog_result *r)
{
	return json_pack("{s:I}", "last_banks_increase_ppm",
	                 (json_int_t)r->configs.last_banks_increase_ppm);
}

static const struct thing {
	const char *name;
	bool (*read)(const json_t *o, const char *id, struct rent_arena *arena,
	             struct rent_catalog_result *ret);
	json_t *(*write)(const struct rent_catalog_result *r);
	size_t members; /* with the four that all have: nothing else may stand there … */
	const char *more; /* … but for this one */
} things[] = {
	[RENT_CAT_STATION] = { "station", read_station, write_station, 8, "vendor" },
	[RENT_CAT_TARIFF] = { "tariff", read_tariff, write_tariff, 7, NULL },
	[RENT_CAT_USER] = { "user", read_user, write_user, 6, NULL },
	[RENT_CAT_CONFIGS] = { "configs", read_configs, write_configs, 5, NULL },
};

/* ---- the cache of the storage, which an older one does not have */
static bool is_shared(const struct core *core, int64_t ttl)
{
	const struct rent_storage *store = core->store;

	return ttl > 0 && store != NULL && store->cache_get != NULL &&
	       store->cache_put != NULL;
}

static bool parse_shared(const json_t *o, struct catalog_ask *ask,
                         struct rent_arena *arena, int64_t now, int64_t ttl,
                         int64_t *ret_age)
{
	const struct thing *thing = &things[ask->what];
	struct rent_catalog_result r = { .struct_size = sizeof(r) };
	int64_t version, at;
	bool more = thing->more != NULL && json_object_get(o, thing->more) != NULL;

	if (json_object_size(o) != thing->members + more ||
	    !json_read_int(o, "v", 1, 1, &version) ||
	    !json_says(o, "what", thing->name) || !json_says(o, "id", ask->id) ||
	    !json_read_int(o, "at", 1, INT64_MAX, &at))
		return false;
	if (at > now + AHEAD_MAX || now - at >= ttl ||
	    !thing->read(o, ask->id, arena, &r))
		return false;
	r.outcome = RENT_SUCCEEDED;
	ask->result = r;
	*ret_age = at < now ? now - at : 0;
	return true;
}

bool shared_catalog_get(struct core *core, struct rent_arena *arena,
                        struct catalog_ask *ask, int64_t ttl, int64_t *ret_age)
{
	int64_t now = core->host->wall_us(core->host);
	const char *text = NULL;
	json_t *o;
	bool good;

	if (!is_shared(core, ttl) ||
	    core->store->cache_get(core->store_self, things[ask->what].name, ask->id,
	                           arena, &text, NULL) != 0)
		return false;
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	good = json_is_object(o) && parse_shared(o, ask, arena, now, ttl, ret_age);
	json_decref(o);
	if (!good)
		observers_error(core->observers, "cached_value");
	return good;
}

void shared_catalog_put(struct core *core, const struct catalog_ask *ask, int64_t read_at,
                        int64_t ttl)
{
	const struct thing *thing = &things[ask->what];
	int64_t left = ttl - (core->host->wall_us(core->host) - read_at);
	json_t *o;
	char *text = NULL;

	if (!is_shared(core, ttl) || ask->result.outcome != RENT_SUCCEEDED || left <= 0)
		return;
	o = thing->write(&ask->result);
	if (o != NULL && json_object_set_new(o, "v", json_integer(1)) == 0 &&
	    json_object_set_new(o, "what", json_string(thing->name)) == 0 &&
	    json_object_set_new(o, "id", json_string(ask->id)) == 0 &&
	    json_object_set_new(o, "at", json_integer(read_at)) == 0)
		text = json_dumps(o, JSON_COMPACT);
	/* The storage counts a failure; nothing is lost by it. */
	if (text != NULL)
		(void)core->store->cache_put(core->store_self, thing->name, ask->id, text,
		                             left, NULL);
	free(text);
	json_decref(o);
}
