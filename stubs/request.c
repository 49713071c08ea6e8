/* SPDX-License-Identifier: MIT
 *
 * stubs/request.c - what every route does at its beginning and end: faults, parameters, replies.
 */
#include "stubs.h"

bool request_begin(struct stub_request *r, void *self, enum endpoint ep,
                   const struct rent_http_request *req, struct rent_http_reply *reply)
{
	*r = (struct stub_request){ self, req, reply, { 0 } };
	faults_plan(&r->stubs->faults, ep, &r->plan);
	if (!r->plan.lose_request && r->plan.status == 0)
		return true;
	request_wait(r);
	if (r->plan.lose_request)
		reply->status = RENT_HTTP_NO_ANSWER;
	else if (r->plan.status == 503)
		reply_literal(reply, 503,
		              "{\"status\":\"error\",\"reason\":\"disabled\"}");
	else
		reply_literal(reply, r->plan.status,
		              "{\"status\":\"error\",\"reason\":\"told to fail\"}");
	return false;
}

void request_wait(const struct stub_request *r)
{
	if (r->plan.latency_us > 0)
		r->stubs->host->sleep_us(r->stubs->host, r->plan.latency_us);
}

int request_end(const struct stub_request *r)
{
	if (r->plan.lose_reply)
		r->reply->status = RENT_HTTP_NO_ANSWER;
	return 0;
}

const char *query_get(const struct rent_http_request *req, const char *name)
{
	for (uint32_t i = 0; i < req->query_count; i++) {
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value[0] == '\0' ? NULL
			                                      : req->query[i].value;
	}
	return NULL;
}

void reply_literal(struct rent_http_reply *reply, int status, const char *body)
{
	reply->status = status;
	reply->body = body;
	reply->body_size = strlen(body);
}

int reply_text(const struct rent_http_request *req, struct rent_http_reply *reply,
               int status, struct text *t)
{
	char *body =
		t->failed || t->p == NULL ? NULL : rent_strndup(req->arena, t->p, t->n);

	if (body != NULL) {
		reply->status = status;
		reply->body = body;
		reply->body_size = t->n;
	}
	text_done(t);
	return body == NULL ? RENT_ENOMEM : 0;
}

int reply_error(const struct rent_http_request *req, struct rent_http_reply *reply,
                int status, const char *reason)
{
	struct text t = { 0 };

	text_str(&t, "{");
	text_member(&t, "status", "error");
	text_member(&t, "reason", reason);
	text_str(&t, "}");
	return reply_text(req, reply, status, &t);
}

json_t *request_json(const struct rent_http_request *req, struct rent_http_reply *reply)
{
	json_t *body = json_loadb(req->body, req->body_size, 0, NULL);

	if (json_is_object(body))
		return body;
	json_decref(body);
	reply_literal(
		reply, 400,
		"{\"status\":\"error\",\"reason\":\"the body is not a JSON object\"}");
	return NULL;
}
