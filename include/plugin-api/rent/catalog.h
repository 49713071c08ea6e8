/* SPDX-License-Identifier: MIT
 *
 * rent/catalog.h - what a quote needs to know: kind "catalog", interface struct
 * rent_catalog. Read rent/provider.h first. Reading only: nothing here has an effect, so an
 * outcome is SUCCEEDED, DECLINED ("there is no such thing") or UNKNOWN ("not available").
 */
#ifndef RENT_CATALOG_H
#define RENT_CATALOG_H

#include "provider.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_CATALOG "catalog"

enum rent_catalog_what {
	/* id: station. */
	RENT_CAT_STATION = 1,
	/* id: tariff. */
	RENT_CAT_TARIFF,
	/* id: user. */
	RENT_CAT_USER,
	/* id: "". */
	RENT_CAT_CONFIGS,
};

struct rent_catalog_station {
	char id[RENT_ID_SIZE], tariff_id[RENT_ID_SIZE];
	/* All slots, and those with a powerbank. */
	int64_t slots, available;
	/* The provider's own description, one JSON object, in the arena; shown to clients as
	 * it is. */
	const char *json;
};

struct rent_catalog_tariff {
	char id[RENT_ID_SIZE];
	/* Currency units, minutes and currency units; >= 0. */
	int64_t price_per_hour, free_period_min, deposit;
};

struct rent_catalog_user {
	char id[RENT_ID_SIZE];
	bool subscriber, trusted;
};

struct rent_catalog_configs {
	/* Price factor in parts per million, 1.5 = 1500000; 1 .. 1000000000. */
	int64_t last_banks_increase_ppm;
};

/* Zeroed (UNKNOWN) by the caller except struct_size. With SUCCEEDED the member that was
 * asked for is filled in. */
struct rent_catalog_result {
	uint32_t struct_size;
	enum rent_outcome outcome;
	RENT_ROOM(struct rent_catalog_station, station, 512);
	RENT_ROOM(struct rent_catalog_tariff, tariff, 256);
	RENT_ROOM(struct rent_catalog_user, user, 256);
	RENT_ROOM(struct rent_catalog_configs, configs, 256);
	char note[RENT_NOTE_SIZE];
	/* Of a station: the instance of the service that its cabinet belongs to, by its name in
	 * the configuration; "" the catalogue does not say. Callers of an older build do not have
	 * it. */
	char station_instance[RENT_ID_SIZE];
};

struct rent_catalog {
	uint32_t struct_size;
	int (*build)(void *self, enum rent_catalog_what what, const char *id,
	             struct rent_arena *arena, struct rent_upstream_request *ret,
	             struct rent_error *err);
	/* arena: for result.station.json. */
	void (*parse)(void *self, enum rent_catalog_what what, const char *id,
	              const struct rent_upstream_reply *reply, struct rent_arena *arena,
	              struct rent_catalog_result *ret);
	/* Instead of build() and parse(), which are NULL then: the catalogue has what is asked
	 * for itself, in memory or in a database. It may wait, at most until deadline_us
	 * (monotonic); UNKNOWN is "not available". Several threads call it at once. NULL: the
	 * catalogue is asked over HTTP. */
	void (*read)(void *self, enum rent_catalog_what what, const char *id,
	             int64_t deadline_us, struct rent_arena *arena,
	             struct rent_catalog_result *ret);
};

RENT_EXTERN_C_END
#endif
