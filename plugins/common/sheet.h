/* SPDX-License-Identifier: MIT
 *
 * sheet.h - stations, tariffs and users as operators keep them in a file or in tables, and how
 * they become answers of a catalogue. The content of a cabinet is never in such a row: live.h
 * asks for it.
 */
#ifndef COMMON_SHEET_H
#define COMMON_SHEET_H

#include <rent/catalog.h>

#include "common/live.h"

/* Beyond them a value is taken for a mistake: no product of two of them can leave int64. */
#define SHEET_MONEY_MAX   INT64_C(1000000000000)
#define SHEET_MINUTES_MAX INT64_C(5256000) /* ten years */

/* Strings may be NULL where nothing was said. id is also the cabinet's name at its vendor. */
struct sheet_station {
	const char *id, *tariff_id;
	const char *name, *address, *opening_hours, *venue_id;
	/* The station instance that has the cabinet. */
	const char *vendor;
	/* Degrees, as decimal numbers. */
	const char *lat, *lon;
	int64_t slots;
	bool disabled, rentals_blocked;
};

/* Answers for a station, with what its cabinet says if it can be asked. A cabinet that does not
 * answer, or is offline, makes the station not available. */
void sheet_station(const struct sheet_station *row, struct live *live,
                   struct rent_arena *arena, struct rent_catalog_result *ret);

/* Whether text is a decimal number from min to max degrees. */
bool sheet_degrees(const char *text, int64_t max);
/* A whole number. */
bool sheet_whole(const char *text, int64_t *ret);
/* A factor of at most six decimals, "1.5" as 1500000, exactly. */
bool sheet_ppm(const char *text, int64_t *ret);

#endif
