/* SPDX-License-Identifier: MIT
 *
 * stubs/routes_bank.c - the page on which a customer says yes or no, the switches of the acquirer, and the
 * sending of its reports.
 */
#include "deal.h"
#include "form.h"

#include <stdlib.h>

/* ---- the customer's page: nothing on it comes from a request */

static const char page_policy[] = "default-src 'none'; style-src 'unsafe-inline'";

static int show(const struct rent_http_request *req, struct rent_http_reply *reply,
                int status, const char *text)
{
	reply->body = rent_printf(
		req->arena,
		"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width\"><title>Your bank</title>"
		"<style>body{font:18px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;"
		"padding:0 1rem}button{font:inherit;padding:.6rem 1.4rem;margin-right:.6rem}</style>"
		"<main><h1>Your bank</h1>%s</main></html>",
		text);
	if (reply->body == NULL)
		return RENT_ENOMEM;
	reply->status = status;
	reply->body_size = strlen(reply->body);
	reply->content_type = "text/html; charset=utf-8";
	reply->headers[0] =
		(struct rent_header){ "Content-Security-Policy", page_policy };
	return 0;
}

int get_bank(void *self, const struct rent_http_request *req,
             struct rent_http_reply *reply, struct rent_error *err)
{
	struct deal d = { .s = self, .a = &((struct stubs *)self)->acquirer };
	const struct acq_payment *p;
	const char *text = "<p>There is nothing to confirm here.</p>";
	int status = 404, ret = deal_lock(&d), code;

	p = acquirer_find(d.a, req->params[0]);
	if (p != NULL && p->state == ACQ_ACTION) {
		status = 200;
		text = rent_printf(
			req->arena,
			"<p>%s %" PRId64
			" %s?</p><form method=\"post\"><button id=\"confirm\" name=\"answer\" "
			"value=\"confirm\">Confirm</button><button id=\"refuse\" name=\"answer\" "
			"value=\"refuse\">Refuse</button></form>",
			p->hold ? "Keep as a deposit:" : "Pay", p->amount, d.a->currency);
	} else if (p != NULL) {
		status = 410;
	}
	code = deal_unlock(&d);
	ret = ret < 0 ? ret : code;
	if (ret < 0)
		return rent_fail(err, ret, "the book cannot be written");
	return text == NULL ? RENT_ENOMEM : show(req, reply, status, text);
}

int post_bank(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err)
{
	struct deal d = { .s = self, .a = &((struct stubs *)self)->acquirer };
	const char *back = NULL, *said;
	struct acq_payment *p;
	struct form form;
	int ret, code;

	said = form_read(req, &form) ? form_get(&form, "answer") : "";
	if (strcmp(said, "confirm") != 0 && strcmp(said, "refuse") != 0)
		return show(req, reply, 400, "<p>Yes or no?</p>");
	ret = deal_lock(&d);
	p = acquirer_find(d.a, req->params[0]);
	if (p != NULL && ret == 0)
		ret = acquirer_answer(d.a, p, said[0] == 'c', d.now);
	if (p != NULL && ret == 0)
		back = rent_strdup(req->arena, p->return_url);
	code = deal_unlock(&d);
	if (ret < 0 || code < 0)
		return rent_fail(err, RENT_EFAIL, "the book cannot be written");
	if (back == NULL)
		return show(req, reply, 410, "<p>It is too late.</p>");
	if (strncmp(back, "http://", 7) != 0 && strncmp(back, "https://", 8) != 0)
		return show(req, reply, 200, "<p>Thank you.</p>");
	code = show(req, reply, 303, "");
	reply->headers[1] = (struct rent_header){ "Location", back };
	return code;
}

/* ---- switches */

static int answer_json(const struct rent_http_request *req, struct rent_http_reply *reply,
                       json_t *o)
{
	struct text t = { 0 };
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);

	json_decref(o);
	if (text == NULL)
		return RENT_ENOMEM;
	text_str(&t, text);
	free(text);
	return reply_text(req, reply, 200, &t);
}

static bool is_open(const struct stubs *s, const struct rent_http_request *req,
                    struct rent_http_reply *reply)
{
	if (s->acquirer.dialect == NULL)
		(void)reply_error(req, reply, 404, "option 'payments' is \"none\"");
	return s->acquirer.dialect != NULL;
}

int get_payments(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	json_t *o;

	(void)err;
	if (!is_open(s, req, reply))
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	o = switches_json(&s->acquirer.switches);
	(void)pthread_mutex_unlock(&s->lock);
	(void)json_object_set_new(o, "dialect", json_string(s->acquirer.dialect->name));
	return answer_json(req, reply, o);
}

int post_payments(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct stubs *s = self;
	struct rent_error why = { 0 };
	json_t *body;
	int ret;

	if (!is_open(s, req, reply))
		return 0;
	body = request_json(req, reply);
	if (body == NULL)
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	ret = switches_set(&s->acquirer.switches, body, &why);
	(void)pthread_mutex_unlock(&s->lock);
	json_decref(body);
	return ret < 0 ? reply_error(req, reply, 400, why.text)
	               : get_payments(self, req, reply, err);
}

static bool moves_money(const char *act)
{
	return act != NULL && (strcmp(act, "capture") == 0 || strcmp(act, "refund") == 0);
}

int post_by_hand(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct deal d = { .s = self, .a = &((struct stubs *)self)->acquirer };
	json_t *body;
	const char *id, *act;
	struct acq_payment *p;
	json_int_t amount;
	int end, code;

	if (!is_open(self, req, reply))
		return 0;
	body = request_json(req, reply);
	if (body == NULL)
		return 0;
	id = json_string_value(json_object_get(body, "payment"));
	act = json_string_value(json_object_get(body, "act"));
	amount = json_integer_value(json_object_get(body, "amount"));
	if (moves_money(act) && amount <= 0) {
		json_decref(body);
		return reply_error(req, reply, 400, "amount: a whole number above 0");
	}
	end = deal_lock(&d);
	p = id == NULL ? NULL : acquirer_find(d.a, id);
	if (end == 0)
		end = p == NULL || act == NULL
		              ? ACQ_NO_SUCH
		              : acquirer_by_hand(d.a, p, act, amount, d.now);
	code = deal_unlock(&d);
	json_decref(body);
	if (end < 0 || code < 0)
		return rent_fail(err, RENT_EFAIL, "the book cannot be written");
	if (end > 0)
		return reply_error(req, reply, end == ACQ_NO_SUCH ? 404 : 409,
		                   end == ACQ_NO_SUCH ? "no such payment or act"
		                                      : "not in this state");
	reply_literal(reply, 200, "{\"status\":\"success\"}");
	return 0;
}

/* ---- reports */

static bool is_taken(struct stubs *s, const struct acq_report *r)
{
	struct rent_exchange x = { .struct_size = sizeof(x) };
	struct rent_exchange *list[] = { &x };
	char signature[256];
	bool taken;

	x.arena = s->host->arena_new(s->host);
	if (x.arena == NULL)
		return false;
	s->acquirer.dialect->sign(&s->acquirer, r, s->host->wall_us(s->host), signature);
	x.request = (struct rent_upstream_request){
		.struct_size = sizeof(x.request),
		.upstream = s->hooks,
		.method = "POST",
		.target = s->acquirer.hook,
		.endpoint = "hook",
		.body = r->body,
		.body_size = strlen(r->body),
		.headers = { { "Content-Type", "application/json" } },
	};
	if (signature[0] != '\0')
		x.request.headers[1] =
			(struct rent_header){ s->acquirer.dialect->signature_header,
			                      signature };
	x.reply.struct_size = sizeof(x.reply);
	s->host->exchange(s->host, list, 1);
	taken = x.transport == RENT_REPLIED && x.reply.status / 100 == 2;
	s->host->arena_free(s->host, x.arena);
	return taken;
}

void pay_tick(void *arg)
{
	struct deal d = { .s = arg, .a = &((struct stubs *)arg)->acquirer };
	struct acq_report r;
	bool due = d.a->dialect != NULL;

	while (due) {
		(void)deal_lock(&d);
		due = acquirer_report_take(d.a, d.now, &r);
		(void)deal_unlock(&d);
		if (!due)
			break;
		if (d.s->hooks != NULL && !is_taken(d.s, &r)) {
			(void)deal_lock(&d);
			acquirer_report_again(d.a, &r, d.now);
			(void)deal_unlock(&d);
		} else {
			free(r.body);
		}
	}
}
