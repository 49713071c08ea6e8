/* SPDX-License-Identifier: MIT
 *
 * users.c - GET /api/v1/users/{user_id}/balance: all rentals of a user added up, so that no
 * client adds up a page of them.
 */
#include "answer.h"
#include "api.h"
#include "input.h"
#include "own.h"

static json_t *balance_json(const struct http_api *api, const char *user_id,
                            const struct rent_balance *b)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "user_id",
	                 answer_text(user_id), "rentals", (json_int_t)b->rentals,
	                 "live_rentals", (json_int_t)b->live, "accrued",
	                 (json_int_t)b->accrued, "paid", (json_int_t)b->paid, "debt",
	                 (json_int_t)b->debt, "in_flight", (json_int_t)b->in_flight,
	                 "currency", api->currency);
}

int users_balance(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_balance balance = { .struct_size = sizeof(balance) };
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	input_query_only(&in, NULL);
	if (!input_is_token(req->params[0], RENT_ID_MAX))
		input_wrong(&in, "user_id", "must be 1 to 64 visible ASCII characters");
	if (!input_ok(&in, api->host, reply) ||
	    !own_user_ok(api, req, reply, req->params[0]))
		return 0;
	if (api->rental.balance == NULL) {
		api->host->problem(req, reply, 404, "not-found",
		                   "this deployment does not add up rentals", NULL);
		return 0;
	}
	rent_http_log(reply, "user", req->params[0]);
	r = api->rental.balance(api->core, req->params[0], &balance, err);
	return r < 0 ? r
	             : answer_json(req, reply,
	                           balance_json(api, req->params[0], &balance), err);
}
