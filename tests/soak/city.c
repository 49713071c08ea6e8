/* SPDX-License-Identifier: MIT
 *
 * city.c - see city.h.
 */
#include "city.h"

#include <stdio.h>

#define SLOTS 64 /* the most that a cabinet of the stubs has */

bool city_cloud;

static const struct {
	const char *name;
	int price_per_hour, free_period_min, deposit;
	unsigned stations;
	int powerbanks;
} quarters[QUARTERS] = {
	[QUARTER_CHEAP] = { "cheap", 3600, 0, 100, 24, SLOTS },
	[QUARTER_FAST] = { "fast", 18000, 0, 50, 10, SLOTS },
	[QUARTER_DEAR] = { "dear", 72000, 0, 200, 10, SLOTS },
	[QUARTER_FREE] = { "free", 3600, 1, 30, 6, SLOTS },
	[QUARTER_LARGE] = { "large", 7200, 0, 500, 6, SLOTS },
	[QUARTER_SCARCE] = { "scarce", 3600, 0, 100, 2, 4 },
	[QUARTER_CLOUD] = { "cloud", 7200, 0, 100, 16, SLOTS - 16 },
};

static const struct {
	const char *name;
	int n, balance; /* below 0: without end */
	bool trusted, subscriber;
} people[] = {
	{ "poor", CITY_POOR, 60, false, false },
	{ "shaky", CITY_SHAKY, -1, false, false },
	{ "trusted", CITY_TRUSTED, -1, true, false },
	{ "subscriber", CITY_SUBSCRIBER, -1, false, true },
};

unsigned city_stations(enum quarter q)
{
	return quarters[q].stations;
}

void city_station(enum quarter q, unsigned i, char out[32])
{
	(void)snprintf(out, 32, "%s-%u", quarters[q].name, i);
}

static json_t *users(void)
{
	json_t *list = json_array();

	for (size_t k = 0; k < sizeof(people) / sizeof(people[0]); k++) {
		for (int i = 0; i < people[k].n; i++) {
			char id[32];
			json_t *user;

			(void)snprintf(id, sizeof(id), "%s-%d", people[k].name, i);
			user = json_pack("{s:s, s:b, s:b}", "id", id, "trusted",
			                 people[k].trusted, "has_subscribtion",
			                 people[k].subscriber);
			if (people[k].balance >= 0)
				(void)json_object_set_new(
					user, "balance", json_integer(people[k].balance));
			(void)json_array_append_new(list, user);
		}
	}
	return list;
}

static json_t *station(enum quarter q, unsigned i)
{
	char id[32];
	json_t *s;

	city_station(q, i, id);
	s = json_pack("{s:s, s:s, s:s, s:i, s:i}", "id", id, "tariff_id",
	              quarters[q].name, "location", id, "slots", SLOTS, "powerbanks",
	              quarters[q].powerbanks);
	if (q == QUARTER_CLOUD)
		(void)json_object_set_new(s, "vendor", json_string(CITY_CLOUD));
	return s;
}

json_t *city_data(void)
{
	json_t *tariffs = json_array(), *stations = json_array();

	for (int q = 0; q < QUARTERS; q++) {
		(void)json_array_append_new(
			tariffs, json_pack("{s:s, s:i, s:i, s:i}", "id", quarters[q].name,
		                           "price_per_hour", quarters[q].price_per_hour,
		                           "free_period_min", quarters[q].free_period_min,
		                           "default_deposit", quarters[q].deposit));
		for (unsigned i = 0; i < quarters[q].stations; i++) {
			(void)json_array_append_new(stations,
			                            station((enum quarter)q, i));
		}
	}
	return json_pack("{s:{s:{s:f}}, s:o, s:o, s:o}", "configs",
	                 "price_coeff_settings", "last_banks_increase", 1.5, "tariffs",
	                 tariffs, "stations", stations, "users", users());
}

json_t *city_expected(void)
{
	json_t *stations = json_object();

	for (int q = 0; q < QUARTERS; q++) {
		for (unsigned i = 0; i < quarters[q].stations; i++) {
			char id[32];

			city_station((enum quarter)q, i, id);
			(void)json_object_set_new(
				stations, id,
				json_pack("{s:i, s:i, s:i}", "price_per_hour",
			                  quarters[q].price_per_hour, "free_period_min",
			                  quarters[q].free_period_min, "deposit",
			                  quarters[q].deposit));
		}
	}
	return json_pack("{s:i, s:i, s:o}", "buyout", CITY_BUYOUT, "quote_ttl_s",
	                 CITY_QUOTE_TTL_S, "stations", stations);
}
