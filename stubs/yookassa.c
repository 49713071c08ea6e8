/* SPDX-License-Identifier: MIT
 *
 * stubs/yookassa.c - YooKassa's dialect: what its requests say and how it refuses them. It signs
 * nothing.
 */
#include "yookassa.h"

#include <rent/money.h>
#include <rent/time.h>
#include <stdlib.h>

static bool knows(const struct rent_http_request *req)
{
	const char *who = req->header(req, "Authorization");

	return who != NULL && strncmp(who, "Basic ", 6) == 0;
}

/* A text of the body by its path, in the request's arena; "" when it is not there. */
static const char *text_of(const struct rent_http_request *req, const json_t *body,
                           const char *name, const char *member)
{
	const json_t *o = member == NULL ? body : json_object_get(body, name);
	const char *text =
		json_string_value(json_object_get(o, member == NULL ? name : member));
	const char *copy = text == NULL ? NULL : rent_strdup(req->arena, text);

	return copy == NULL ? "" : copy;
}

static const char *read_create(const struct rent_http_request *req, const json_t *body,
                               struct acq_request *ret)
{
	bool redirect =
		strcmp(text_of(req, body, "confirmation", "type"), "redirect") == 0;

	ret->kind =
		json_is_true(json_object_get(body, "capture")) ? KIND_CHARGE : KIND_HOLD;
	ret->method = text_of(req, body, "payment_method_id", NULL);
	ret->customer = text_of(req, body, "merchant_customer_id", NULL);
	ret->user = text_of(req, body, "metadata", "user");
	ret->rental = text_of(req, body, "metadata", "rental");
	ret->return_url = text_of(req, body, "confirmation", "return_url");
	ret->on_session = redirect;
	ret->saves = json_is_true(json_object_get(body, "save_payment_method"));
	if (strcmp(text_of(req, body, "metadata", "op"), ret->key) != 0)
		return "metadata";
	if (ret->method[0] == '\0' && !redirect)
		return "payment_method_id";
	return redirect && ret->return_url[0] == '\0' ? "confirmation.return_url" : NULL;
}

static const char *read_amount(const struct acquirer *a,
                               const struct rent_http_request *req, const json_t *body,
                               struct acq_request *ret)
{
	const char *currency = text_of(req, body, "amount", "currency");

	return strcmp(currency, a->currency) == 0 &&
	                       rent_decimal_units(text_of(req, body, "amount", "value"),
	                                          2, &ret->amount) &&
	                       ret->amount > 0
	               ? NULL
	               : "amount";
}

static const char *read(const struct acquirer *a, const struct rent_http_request *req,
                        struct acq_request *ret)
{
	json_t *body = json_loadb(req->body, req->body_size, 0, NULL);
	const char *wrong = NULL;

	if (!json_is_object(body)) {
		json_decref(body);
		return "body";
	}
	if (ret->kind != KIND_RELEASE)
		wrong = read_amount(a, req, body, ret);
	if (ret->kind == KIND_REFUND)
		ret->id = text_of(req, body, "payment_id", NULL);
	else if (ret->kind == KIND_HOLD && wrong == NULL)
		wrong = read_create(req, body, ret);
	json_decref(body);
	return wrong;
}

static const char *parameter(const struct rent_http_request *req, const char *name)
{
	for (uint32_t i = 0; i < req->query_count; i++) {
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value;
	}
	return "";
}

/* False: it is no time. */
static bool time_of(const struct rent_http_request *req, const char *name, int64_t *ret)
{
	const char *text = parameter(req, name);

	return text[0] == '\0' || rent_time_parse(text, ret);
}

static const char *read_page(const struct rent_http_request *req, struct acq_page *ret)
{
	const char *limit = parameter(req, "limit");
	long n = limit[0] == '\0' ? 10 : strtol(limit, NULL, 10);

	ret->to = INT64_MAX;
	ret->customer = "";
	ret->payment = parameter(req, "payment_id");
	ret->after = parameter(req, "cursor");
	ret->limit = (size_t)n;
	if (!time_of(req, "created_at.gte", &ret->from) ||
	    !time_of(req, "created_at.lte", &ret->to) ||
	    !time_of(req, "captured_at.gte", &ret->captured_from))
		return "created_at";
	return n < 1 || n > 100 ? "limit" : NULL;
}

/* Without a saved card he names one on the page; a card has the name of its switch. */
static const char *card(const struct acq_request *r)
{
	return r->method[0] == '\0' ? "confirmation" : r->method;
}

static void sign(const struct acquirer *a, const struct acq_report *r, int64_t now,
                 char ret[256])
{
	(void)a;
	(void)r;
	(void)now;
	ret[0] = '\0';
}

static const struct switch_row no_money = { "insufficient_funds", 0, DOES_REFUSE,
	                                    .status = 0 };
static const struct switch_row limit = { "payment_method_limit_exceeded", 0, DOES_REFUSE,
	                                 .status = 0 };
static const struct switch_row blocked = { "general_decline", 0, DOES_REFUSE,
	                                   .status = 0 };
static const struct switch_row absent = { "3d_secure_failed", 0, DOES_REFUSE,
	                                  .status = 0 };

const struct acq_dialect yookassa_dialect = {
	.name = "yookassa",
	.key_header = "Idempotence-Key",
	.payment_prefix = "yk-",
	.refund_prefix = "rf-",
	.rows = yookassa_rows,
	.row_count = &yookassa_row_count,
	.no_money = &no_money,
	.limit = &limit,
	.blocked = &blocked,
	.absent = &absent,
	.ends_waiting = true,
	.knows = knows,
	.read = read,
	.read_page = read_page,
	.card = card,
	.payment = yookassa_payment,
	.refund = yookassa_refund,
	.error = yookassa_error,
	.page = yookassa_page,
	.event = yookassa_event,
	.lie = yookassa_lie,
	.busy = { 202, "processing", NULL, NULL, NULL, NULL },
	.reused = { 400, "error", "invalid_request", NULL, "Idempotence-Key", NULL },
	.signature_header = "",
	.sign = sign,
	.no_such = { 404, "error", "not_found", NULL, NULL, NULL },
	.wrong_state = { 400, "error", "invalid_request", NULL, NULL, NULL },
	.too_much = { 400, "error", "invalid_request", NULL, "amount", NULL },
	.malformed = { 400, "error", "invalid_request", NULL, NULL, NULL },
	.unknown = { 401, "error", "invalid_credentials", NULL, NULL, NULL },
};
