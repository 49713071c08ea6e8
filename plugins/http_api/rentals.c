/* SPDX-License-Identifier: MIT
 *
 * rentals.c - the life of one rental: start, status, stop, pay.
 */
#include "actor.h"
#include "answer.h"
#include "api.h"
#include "input.h"
#include "own.h"
#include "refusal.h"
#include "view.h"

/* The Idempotency-Key, or NULL when the reply says that it is missing or malformed. */
static const char *request_key(const struct http_api *api,
                               const struct rent_http_request *req,
                               struct rent_http_reply *reply)
{
	const char *key = req->header(req, "Idempotency-Key");

	if (key == NULL)
		api->host->problem(req, reply, 400, "idempotency-key-missing",
		                   "a start and a payment need the header "
		                   "Idempotency-Key",
		                   NULL);
	else if (!input_is_token(key, RENT_KEY_MAX))
		api->host->problem(req, reply, 400, "idempotency-key-malformed",
		                   "an Idempotency-Key has 1 to 128 visible ASCII "
		                   "characters",
		                   NULL);
	else
		return key;
	return NULL;
}

/* The first request with this key made the body; every repetition gets it unchanged. */
static int start_answer(const struct http_api *api, const struct rent_http_request *req,
                        struct rent_http_reply *reply,
                        const struct rent_start_reply *start, struct rent_error *err)
{
	int r = 0;

	if (start->order_id != NULL && start->order_id[0] != '\0')
		rent_http_log(reply, "rental", start->order_id);
	if (start->verdict == RENT_ACTION_NEEDED && start->json != NULL) {
		reply->status = 202;
		reply->body = start->json;
		reply->body_size = strlen(start->json);
	} else if (start->verdict != RENT_DONE) {
		r = refusal_answer_start(api, req, reply, start);
	} else if (start->json == NULL) {
		r = rent_fail(err, RENT_EFAIL, "a start ended well without an answer");
	} else {
		reply->status = 200;
		reply->body = start->json;
		reply->body_size = strlen(start->json);
	}
	if (r == 0 && start->replayed)
		answer_header(reply, "Idempotency-Replayed", "true");
	return r;
}

int rentals_start(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_start_reply start = { .struct_size = sizeof(start) };
	const struct rent_actor actor = actor_of(req);
	struct rent_start_request ask = {
		.struct_size = sizeof(ask),
		.request_id = req->request_id,
		.arena = req->arena,
		.user_id = own_user(req),
		.caller = own_keys(self, req),
		.actor = &actor,
	};
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	if (ask.caller == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for the caller's name");
	ask.key = request_key(api, req, reply);
	if (ask.key == NULL || !input_body(&in, api->host, reply))
		return 0;
	input_query_only(&in, NULL);
	ask.quote_id = input_id(&in, "quote_id");
	ask.payment_method = input_text(&in, "payment_method", RENT_REF_SIZE - 1);
	ask.return_url = input_url(&in, api->host, "return_url", RENT_URL_SIZE - 1,
	                           "return_origins");
	if (!input_ok(&in, api->host, reply))
		return 0;
	r = api->rental.start(api->core, &ask, &start, err);
	return r < 0 ? r : start_answer(api, req, reply, &start, err);
}

/* False: no rental can have this id, and the reply says so. */
static bool order_id_ok(const struct http_api *api, const struct rent_http_request *req,
                        struct rent_http_reply *reply)
{
	if (input_is_token(req->params[0], RENT_ID_MAX)) {
		rent_http_log(reply, "rental", req->params[0]);
		return true;
	}
	(void)refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
	return false;
}

static void view_init(struct rent_view *view)
{
	*view = (struct rent_view){
		.struct_size = sizeof(*view),
		.rental.struct_size = sizeof(view->rental),
	};
}

static int view_answer(const struct http_api *api, const struct rent_http_request *req,
                       struct rent_http_reply *reply, const struct rent_view *view,
                       void (*write)(struct json_out *out, const struct http_api *api,
                                     const struct rent_view *view),
                       struct rent_error *err)
{
	JSON_OUT_CLEANUP struct json_out out = { .size = 0 };

	if (view->verdict != RENT_DONE)
		return refusal_answer(api, req, reply, view->verdict, view->detail,
		                      view->retry_after_us);
	rent_http_log(reply, "user", rent_strdup(req->arena, view->rental.user_id));
	json_out_begin(&out, req->arena);
	write(&out, api, view);
	return answer_json(&out, reply, err);
}

int rentals_status(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	struct rent_view view;
	int r;

	input_query_only(&in, NULL);
	if (!input_ok(&in, api->host, reply) || !order_id_ok(api, req, reply))
		return 0;
	view_init(&view);
	r = api->rental.status(api->core, req->params[0], &view, err);
	if (r == 0 && view.verdict == RENT_DONE && !own_visible(req, view.rental.user_id))
		return refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
	return r < 0 ? r : view_answer(api, req, reply, &view, view_status, err);
}

/* A core of an older build keeps nobody. */
static int ask_stop(const struct http_api *api, const struct rent_stop_request *ask,
                    struct rent_view *view, struct rent_error *err)
{
	if (api->rental.stop_as == NULL)
		return api->rental.stop(api->core, ask->order_id, ask->station_id, view,
		                        err);
	return api->rental.stop_as(api->core, ask, view, err);
}

int rentals_stop(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	const struct rent_actor actor = actor_of(req);
	struct rent_stop_request ask = { .struct_size = sizeof(ask),
		                         .order_id = req->params[0],
		                         .actor = &actor };
	struct rent_view view;
	int r;

	if (!input_body(&in, api->host, reply))
		return 0;
	input_query_only(&in, NULL);
	ask.station_id = input_id(&in, "station_id");
	if (!input_ok(&in, api->host, reply) || !order_id_ok(api, req, reply))
		return 0;
	r = own_rental(api, req, reply, req->params[0], err);
	if (r != 1)
		return r;
	view_init(&view);
	r = ask_stop(api, &ask, &view, err);
	return r < 0 ? r : view_answer(api, req, reply, &view, view_stop, err);
}

static int pay_answer(const struct http_api *api, const struct rent_http_request *req,
                      struct rent_http_reply *reply, const struct rent_pay_reply *pay,
                      struct rent_error *err)
{
	bool done = pay->verdict == RENT_DONE;
	int r = 0;

	if (!done && pay->verdict != RENT_ACTION_NEEDED) {
		r = refusal_answer_first(api, req, reply, pay->request_id, pay->verdict,
		                         pay->detail, pay->retry_after_us);
	} else if (pay->json == NULL) {
		r = rent_fail(err, RENT_EFAIL, "a payment ended well without an answer");
	} else {
		reply->status = done ? 200 : 202;
		reply->body = pay->json;
		reply->body_size = strlen(pay->json);
	}
	if (r == 0 && pay->replayed)
		answer_header(reply, "Idempotency-Replayed", "true");
	return r;
}

int rentals_pay(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct rent_pay_reply pay = { .struct_size = sizeof(pay) };
	const struct rent_actor actor = actor_of(req);
	struct rent_pay_request ask = { .struct_size = sizeof(ask),
		                        .order_id = req->params[0],
		                        .arena = req->arena,
		                        .caller = own_keys(self, req),
		                        .actor = &actor };
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	if (ask.caller == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for the caller's name");
	if (api->rental.pay == NULL) {
		api->host->problem(req, reply, 404, "not-found",
		                   "this deployment takes no payments", NULL);
		return 0;
	}
	ask.key = request_key(api, req, reply);
	if (ask.key == NULL || !input_body(&in, api->host, reply))
		return 0;
	input_query_only(&in, NULL);
	ask.payment_method = input_text(&in, "payment_method", RENT_REF_SIZE - 1);
	ask.return_url = input_url(&in, api->host, "return_url", RENT_URL_SIZE - 1,
	                           "return_origins");
	if (!input_ok(&in, api->host, reply) || !order_id_ok(api, req, reply))
		return 0;
	r = own_rental(api, req, reply, req->params[0], err);
	if (r != 1)
		return r;
	r = api->rental.pay(api->core, &ask, &pay, err);
	return r < 0 ? r : pay_answer(api, req, reply, &pay, err);
}
