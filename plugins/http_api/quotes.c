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
static void write_terms(struct json_out *out, const struct rent_quote_reply *reply)
{
	json_out_object(out, "terms");
	json_out_int(out, "price_per_hour", reply->tariff_price_per_hour);
	json_out_int(out, "free_period_min", reply->tariff_free_period_min);
	json_out_int(out, "deposit", reply->tariff_deposit);
	json_out_bool(out, "low_stock", reply->low_stock);
	json_out_bool(out, "subscriber", reply->subscriber);
	json_out_bool(out, "trusted", reply->trusted);
	json_out_bool(out, "profile_known", reply->profile_known);
	json_out_object_end(out);
}

static void write_quote(struct json_out *out, const struct http_api *api,
                        const struct rent_quote_reply *reply)
{
	const struct rent_quote *q = &reply->quote;

	json_out_object(out, NULL);
	json_out_text(out, "quote_id", q->id);
	json_out_text(out, "user_id", q->user_id);
	json_out_text(out, "station_id", q->station_id);
	json_out_int(out, "price_per_hour", q->price_per_hour);
	json_out_int(out, "free_period_min", q->free_period_min);
	json_out_int(out, "deposit", q->deposit);
	json_out_int(out, "expires_in_sec", reply->expires_in_us / RENT_SECOND);
	json_out_text(out, "currency", api->currency);
	write_terms(out, reply);
	json_out_object_end(out);
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
	JSON_OUT_CLEANUP struct json_out out = { .size = 0 };
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
	json_out_begin(&out, req->arena);
	write_quote(&out, api, &quote);
	return answer_json(&out, reply, err);
}
