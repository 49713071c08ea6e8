/* SPDX-License-Identifier: MIT
 *
 * quotes.c - POST /api/v1/rentals/quote: an offer for a user at a station.
 */
#include "answer.h"
#include "api.h"
#include "input.h"
#include "own.h"
#include "refusal.h"

/* How the price came about. */
static json_t *terms_json(const struct rent_quote_reply *reply)
{
	return json_pack("{s:I, s:I, s:I, s:b, s:b, s:b, s:b}", "price_per_hour",
	                 (json_int_t)reply->tariff_price_per_hour, "free_period_min",
	                 (json_int_t)reply->tariff_free_period_min, "deposit",
	                 (json_int_t)reply->tariff_deposit, "low_stock", reply->low_stock,
	                 "subscriber", reply->subscriber, "trusted", reply->trusted,
	                 "profile_known", reply->profile_known);
}

static json_t *quote_json(const struct http_api *api,
                          const struct rent_quote_reply *reply)
{
	const struct rent_quote *q = &reply->quote;

	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:s?, s:o}", "quote_id",
	                 answer_text(q->id), "user_id", answer_text(q->user_id),
	                 "station_id", answer_text(q->station_id), "price_per_hour",
	                 (json_int_t)q->price_per_hour, "free_period_min",
	                 (json_int_t)q->free_period_min, "deposit",
	                 (json_int_t)q->deposit, "expires_in_sec",
	                 (json_int_t)(reply->expires_in_us / RENT_SECOND), "currency",
	                 api->currency, "terms", terms_json(reply));
}

int quotes_post(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_quote_reply quote = {
		.struct_size = sizeof(quote),
		.quote.struct_size = sizeof(quote.quote),
	};
	const struct http_api *api = self;
	const char *station_id, *user_id;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	if (!input_body(&in, api->host, reply))
		return 0;
	input_query_only(&in, NULL);
	station_id = input_id(&in, "station_id");
	user_id = own_user(req);
	if (user_id == NULL || json_object_get(in.root, "user_id") != NULL)
		user_id = input_id(&in, "user_id");
	if (!input_ok(&in, api->host, reply) || !own_user_ok(api, req, reply, user_id))
		return 0;
	rent_http_log(reply, "user", rent_strdup(req->arena, user_id));
	r = api->rental.quote(api->core, station_id, user_id, req->arena, &quote, err);
	if (r < 0)
		return r;
	if (quote.verdict != RENT_DONE)
		return refusal_answer(api, req, reply, quote.verdict, quote.detail,
		                      quote.retry_after_us);
	return answer_json(req, reply, quote_json(api, &quote), err);
}
