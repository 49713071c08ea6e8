/* SPDX-License-Identifier: MIT
 *
 * relay.c - which call of ours is which call of the stubs, and what their refusals become.
 * It knows nothing of what the calls mean.
 */
#include "relay.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>

/* A POST is sent once: the control side has no idempotency keys, and a person sees the
 * result at once. Parameters of the query that are not named here are not passed on. */
static const struct relay {
	const char *method, *path, *target;
	const char *query[2];
} relays[] = {
	{ "POST", "/api/v1/demo/endpoint", "/admin/disable-endpoint", { NULL } },
	{ "POST", "/api/v1/demo/settings", "/admin/settings", { NULL } },
	{ "POST", "/api/v1/demo/decline", "/admin/decline", { NULL } },
	{ "POST", "/api/v1/demo/reset", "/admin/reset-all", { NULL } },
	{ "POST", "/api/v1/demo/return-powerbank", "/admin/return-powerbank", { NULL } },
	{ "GET", "/api/v1/demo/cloud", "/admin/cloud", { NULL } },
	{ "POST", "/api/v1/demo/cloud", "/admin/cloud", { NULL } },
	{ "GET", "/api/v1/demo/payments", "/admin/payments", { NULL } },
	{ "POST", "/api/v1/demo/payments", "/admin/payments", { NULL } },
	{ "GET", "/api/v1/demo/stations", "/admin/stations", { NULL } },
	{ "GET", "/api/v1/demo/users", "/admin/users", { NULL } },
	{ "GET", "/api/v1/demo/book", "/admin/book", { "after", "limit" } },
	{ "GET", "/api/v1/demo/tariff", "/tariff", { "id" } },
};

#define RELAYS (sizeof(relays) / sizeof(relays[0]))

/* HEAD comes as GET's. */
static const struct relay *relay_of(const struct rent_http_request *req)
{
	bool posts = strcmp(req->method, "POST") == 0;

	for (size_t i = 0; i < RELAYS; i++) {
		if (strcmp(relays[i].path, req->path) == 0 &&
		    posts == (relays[i].method[0] == 'P'))
			return &relays[i];
	}
	return NULL;
}

static const char *query_of(const struct rent_http_request *req, const char *name)
{
	for (uint32_t i = 0; name != NULL && i < req->query_count; i++) {
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value;
	}
	return NULL;
}

/* NULL on a full arena. */
static const char *target_of(const struct rent_http_request *req,
                             const struct relay *relay)
{
	const char *target = relay->target;
	char joint = '?';

	for (size_t i = 0; i < 2 && target != NULL; i++) {
		const char *value = query_of(req, relay->query[i]), *coded;

		if (value == NULL)
			continue;
		coded = rent_url_encode(req->arena, value);
		if (coded == NULL)
			return NULL;
		target = rent_printf(req->arena, "%s%c%s=%s", target, joint,
		                     relay->query[i], coded);
		joint = '&';
	}
	return target;
}

/* Sends; 0 with x filled, or 1 when the reply already says what went wrong. */
static int relay_send(const struct demo *demo, const struct rent_http_request *req,
                      struct rent_http_reply *reply, const char *method,
                      const char *target, struct rent_exchange *x)
{
	struct rent_exchange *const list[] = { x };

	rent_exchange_init(x, req->arena);
	x->request = (struct rent_upstream_request){
		.struct_size = sizeof(x->request),
		.flags = method[0] == 'G' ? RENT_RESEND_SAFE : 0,
		.upstream = demo->stubs,
		.method = method,
		.target = target,
		.endpoint = "admin",
		.headers = { { "Accept", "application/json" } },
	};
	if (req->body_size > 0) {
		x->request.body = req->body;
		x->request.body_size = req->body_size;
		x->request.headers[1] =
			(struct rent_header){ "Content-Type", "application/json" };
	}
	demo->host->exchange(demo->host, list, 1);
	if (x->transport == RENT_REPLIED)
		return 0;
	demo->host->problem(req, reply, 503, "stubs-unreachable",
	                    "the external services of the demo do not answer", NULL);
	reply->headers[0] = (struct rent_header){ "Retry-After", "5" };
	return 1;
}

/* A refusal of the stubs, in the words they give for it. */
static void relay_refused(const struct demo *demo, const struct rent_http_request *req,
                          struct rent_http_reply *reply,
                          const struct rent_upstream_reply *theirs)
{
	json_t *body = json_loadb(theirs->body, theirs->body_size, 0, NULL);
	const char *reason = json_string_value(json_object_get(body, "reason"));
	bool ours = theirs->status >= 400 && theirs->status < 500;
	const char *copy = reason == NULL ? NULL : rent_strdup(req->arena, reason);

	json_decref(body);
	demo->host->problem(
		req, reply, ours ? theirs->status : 502, "stubs-refused",
		copy == NULL ? "the external services of the demo refused" : copy, NULL);
}

/* FNV-1a, 64 bits: a tag that tells versions of a reply apart, no more. */
static uint64_t hash_of(const char *data, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The city is large and asked for again and again: a browser that has it gets 304. The tag is a
 * weak one, since the body may go packed. */
static int relay_unchanged(const struct rent_http_request *req,
                           struct rent_http_reply *reply, struct rent_error *err)
{
	const char *known =
		req->header == NULL ? NULL : req->header(req, "If-None-Match");
	const char *tag = rent_printf(req->arena, "W/\"%016" PRIx64 "\"",
	                              hash_of(reply->body, reply->body_size));

	if (tag == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a tag");
	reply->headers[0] = (struct rent_header){ "ETag", tag };
	reply->headers[1] = (struct rent_header){ "Cache-Control", "no-cache" };
	if (known != NULL && strcmp(known, tag) == 0) {
		reply->status = 304;
		reply->body = NULL;
		reply->body_size = 0;
	}
	return 0;
}

int relay_call(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	const struct demo *demo = self;
	const struct relay *relay = relay_of(req);
	struct rent_exchange x;
	const char *target;

	if (relay == NULL)
		return rent_fail(err, RENT_EFAIL, "no relay for '%s'", req->path);
	target = target_of(req, relay);
	if (target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a request");
	if (relay_send(demo, req, reply, relay->method, target, &x) != 0)
		return 0;
	if (x.reply.status != 200) {
		relay_refused(demo, req, reply, &x.reply);
		return 0;
	}
	reply->status = 200;
	reply->body = x.reply.body;
	reply->body_size = x.reply.body_size;
	return relay->method[0] == 'G' ? relay_unchanged(req, reply, err) : 0;
}

/* When debts are tried and time is charged next; null where billing runs elsewhere. */
static json_t *billing_json(const struct demo *demo)
{
	struct rent_scheduler_state state = { .struct_size = sizeof(state) };
	char next[RENT_TIME_SIZE];

	if (demo->billing.state == NULL)
		return json_null();
	demo->billing.state(demo->billing_self, &state);
	rent_time_text(state.last_began_at + state.interval_us, 'T', next);
	return json_pack("{s:I, s:I, s:s?}", "cycles", (json_int_t)state.cycles,
	                 "interval_ms", (json_int_t)(state.interval_us / 1000), "next_at",
	                 state.last_began_at == 0 ? NULL : next);
}

int relay_bill(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	const struct demo *demo = self;

	if (demo->billing.run_now == NULL ||
	    demo->billing.run_now(demo->billing_self, err) == RENT_EUNSUPPORTED) {
		demo->host->problem(req, reply, 409, "billing-elsewhere",
		                    "this process does no billing", NULL);
		return 0;
	}
	reply->status = 200;
	reply->body = "{\"billed\":true}";
	reply->body_size = strlen(reply->body);
	return 0;
}

/* The first answer for the page: the state of every endpoint, the declined users, the
 * currency, and the time of the next billing cycle. */
int relay_overview(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err)
{
	const struct demo *demo = self;
	const char *currency = demo->host->opt_str(demo->host, "currency");
	struct rent_exchange x;
	json_t *body;
	char *text;

	if (relay_send(demo, req, reply, "GET", "/admin/settings", &x) != 0)
		return 0;
	body = json_loadb(x.reply.body, x.reply.body_size, 0, NULL);
	if (x.reply.status != 200 || !json_is_object(body)) {
		json_decref(body);
		relay_refused(demo, req, reply, &x.reply);
		return 0;
	}
	(void)json_object_set_new(body, "currency",
	                          currency == NULL ? json_null() : json_string(currency));
	(void)json_object_set_new(body, "billing", billing_json(demo));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	reply->body = text == NULL ? NULL : rent_strdup(req->arena, text);
	free(text);
	if (reply->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for an answer");
	reply->status = 200;
	reply->body_size = strlen(reply->body);
	return 0;
}
