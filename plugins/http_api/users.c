/* SPDX-License-Identifier: MIT
 *
 * users.c - GET /api/v1/users/{user_id}/balance: all rentals of a user added up, so that no
 * client adds up a page of them.
 */
#include "answer.h"
#include "api.h"
#include "input.h"
#include "own.h"

static void write_balance(struct json_out *out, const struct http_api *api,
                          const char *user_id, const struct rent_balance *b)
{
	json_out_object(out, NULL);
	json_out_text(out, "user_id", user_id);
	json_out_int(out, "rentals", b->rentals);
	json_out_int(out, "live_rentals", b->live);
	json_out_int(out, "accrued", b->accrued);
	json_out_int(out, "paid", b->paid);
	json_out_int(out, "debt", b->debt);
	json_out_int(out, "in_flight", b->in_flight);
	json_out_text(out, "currency", api->currency);
	json_out_object_end(out);
}

int users_balance(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_balance balance = { .struct_size = sizeof(balance) };
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	JSON_OUT_CLEANUP struct json_out out = { .size = 0 };
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
	if (r < 0)
		return r;
	json_out_begin(&out, req->arena);
	write_balance(&out, api, req->params[0], &balance);
	return answer_json(&out, reply, err);
}
