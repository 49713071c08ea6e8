/* SPDX-License-Identifier: MIT
 *
 * stubs/city.h - the data file: tariffs, stations, users and configs as they are at the
 * beginning. Read once, never changed; what changes is in stock.h and bank.h.
 */
#ifndef STUBS_CITY_H
#define STUBS_CITY_H

#include "map.h"

#include <jansson.h>
#include <rent/base.h>

#define CITY_SLOTS_MAX 64

struct city_tariff {
	const char *id;
	int64_t price_per_hour, free_period_min, deposit;
};

struct city_station {
	const char *id, *tariff_id;
	char *head; /* JSON members between id and slots: location, names, place */
	int64_t slots, powerbanks;
	bool endless; /* never runs empty */
};

struct city_user {
	const char *id, *name;
	char *names; /* the name by language, a JSON object; NULL where there is none */
	bool trusted, subscriber;
	int64_t balance; /* -1: no end */
	int64_t limit;   /* most a single hold or charge may be; -1: any */
};

struct city {
	json_t *json; /* owns the ids */
	char *configs;
	struct city_tariff *tariffs;
	struct city_station *stations;
	struct city_user *users;
	size_t tariff_count, station_count, user_count;
	struct map tariff_map, station_map, user_map;
	/* what an id that is not in the file gets where that is allowed */
	struct city_tariff any_tariff;
	struct city_station any_station;
	struct city_user any_user;
};

int city_load(struct city *city, const char *path, struct rent_error *err);
void city_done(struct city *city);

#endif
