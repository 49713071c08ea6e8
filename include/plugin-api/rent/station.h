/* SPDX-License-Identifier: MIT
 *
 * rent/station.h - the cabinets: kind "station", interface struct rent_station. Read
 * rent/provider.h first. The operation's id is the order id: a cabinet that gets it twice
 * ejects once and answers the same, so UNKNOWN is resolved by asking again.
 */
#ifndef RENT_STATION_H
#define RENT_STATION_H

#include "provider.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_STATION "station"

struct rent_station_op {
	uint32_t struct_size;
	/* ours: the order id. */
	const char *id;
	const char *rental_id, *user_id, *station_id;
	int64_t created_at;
};

/* Zeroed (UNKNOWN) by the caller except struct_size. */
struct rent_station_result {
	uint32_t struct_size;
	/* DECLINED: the cabinet refuses (empty, broken). */
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	/* SUCCEEDED: required. */
	char powerbank_id[RENT_ID_SIZE];
	char note[RENT_NOTE_SIZE];
};

struct rent_station {
	uint32_t struct_size;
	/* How long the same order id ejects once; 0: never safe to repeat. */
	int64_t (*resend_us)(void *self);
	int (*build_eject)(void *self, const struct rent_station_op *op,
	                   struct rent_arena *arena, struct rent_upstream_request *ret,
	                   struct rent_error *err);
	void (*parse_eject)(void *self, const struct rent_station_op *op,
	                    const struct rent_upstream_reply *reply,
	                    struct rent_station_result *ret);
};

RENT_EXTERN_C_END
#endif
