/* SPDX-License-Identifier: MIT
 *
 * city.h - the city of a soak: what stations ask for a powerbank, and the users who are
 * special. From one table come the stubs' data file and what the checker expects of prices.
 */
#ifndef SOAK_CITY_H
#define SOAK_CITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CITY_BUYOUT      400
#define CITY_QUOTE_TTL_S 8

enum quarter {
	QUARTER_CHEAP,  /* a unit a second */
	QUARTER_FAST,   /* five */
	QUARTER_DEAR,   /* twenty: bought in 20 s */
	QUARTER_FREE,   /* the first minute costs nothing */
	QUARTER_LARGE,  /* a deposit above the buyout */
	QUARTER_SCARCE, /* few powerbanks, soon empty */
	QUARTER_CLOUD,  /* cabinets of another service, which ends rentals by itself */
	QUARTERS,
};

/* How many stations there are of it; they are called "cheap-0" … */
unsigned city_stations(enum quarter q);
void city_station(enum quarter q, unsigned i, char out[32]);

/* Whether anybody goes to that quarter, and whether things go wrong there. Set before the begin. */
extern bool city_cloud;
/* The station instance that has the quarter's cabinets. */
#define CITY_CLOUD      "cabinets"

#define CITY_POOR       8 /* "poor-0" …: they have next to no money */
#define CITY_SHAKY      6 /* "shaky-0" …: declined at times, by the nemesis */
#define CITY_TRUSTED    4
#define CITY_SUBSCRIBER 4

/* The stubs' data file. */
json_t *city_data(void);
/* {"buyout":…, "quote_ttl_s":…, "stations": {ID: {"price_per_hour","free_period_min","deposit"}}} */
json_t *city_expected(void);

#endif
