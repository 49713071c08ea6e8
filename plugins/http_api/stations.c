/* SPDX-License-Identifier: MIT
 *
 * stations.c - GET /api/v1/stations/{id}: the station as its provider gives it.
 */
#include "api.h"
#include "input.h"
#include "refusal.h"

int stations_get(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_station_reply station = { .struct_size = sizeof(station) };
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	input_query_only(&in, NULL);
	if (!input_ok(&in, api->host, reply))
		return 0;
	if (!input_is_token(req->params[0], RENT_ID_MAX))
		return refusal_answer(api, req, reply, RENT_NO_STATION, "", 0);
	r = api->rental.station(api->core, req->params[0], req->arena, &station, err);
	if (r < 0)
		return r;
	if (station.verdict != RENT_DONE)
		return refusal_answer(api, req, reply, station.verdict, station.detail,
		                      station.retry_after_us);
	if (station.json == NULL)
		return rent_fail(err, RENT_EFAIL, "station \"%s\" came without its data",
		                 req->params[0]);
	reply->status = 200;
	reply->body = station.json;
	reply->body_size = strlen(station.json);
	return 0;
}
