/* SPDX-License-Identifier: MIT
 *
 * stop_request.c - see stop_request.h.
 */
#include "stop_request.h"

#include "stop.h"
#include "verify.h"

int stop_as(void *self, const struct rent_stop_request *theirs, struct rent_view *ret,
            struct rent_error *err)
{
	struct ending ending = { .by = RENT_ENDED_BY_CUSTOMER };
	struct rent_stop_request req;
	const char *order_id;
	bool ends;
	int code;

	rent_adopt(&req, sizeof(req), theirs, theirs->struct_size);
	order_id = req.order_id;
	ending.actor = req.actor;
	rent_copy(ending.station_id, sizeof(ending.station_id), req.station_id);
	ending.unverified = !verify_is_wanted(self);
	if (ending.unverified) {
		code = stop_by(self, order_id, &ending, ret, err);
		if (code != 0 || ret->verdict != RENT_RETURN_UNVERIFIED)
			return code;
		ending.unverified = false;
		ret->verdict = RENT_DONE;
	}
	code = verify_stop(self, order_id, &ending, ret, &ends, err);
	if (code != 0 || !ends)
		return code;
	return stop_by(self, order_id, &ending, ret, err);
}

int stop_rental(void *self, const char *order_id, const char *station_id,
                struct rent_view *ret, struct rent_error *err)
{
	const struct rent_stop_request req = { .struct_size = sizeof(req),
		                               .order_id = order_id,
		                               .station_id = station_id };

	return stop_as(self, &req, ret, err);
}
