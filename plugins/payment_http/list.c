/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_http/list.c - the service's own list of what it has done, page by page.
 */
#include "dialect.h"

#include <jansson.h>
#include <rent/model.h>
#include <rent/time.h>

#define LIMIT_MAX 1000

int list_build(const struct rent_payment_page *page, struct rent_arena *arena,
               struct rent_upstream_request *ret, struct rent_error *err)
{
	uint32_t limit =
		page->limit == 0 || page->limit > LIMIT_MAX ? LIMIT_MAX : page->limit;
	const char *after = rent_url_encode(arena, page->cursor);
	char since[RENT_TIME_SIZE];

	rent_time_text(page->since < 0 ? 0 : page->since, 'T', since);
	if (after != NULL)
		ret->target = rent_printf(
			arena, "/payment-operations?since=%s&limit=%u%s%s", since, limit,
			after[0] == '\0' ? "" : "&after=", after);
	if (ret->target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->endpoint = "payment-operations";
	ret->method = "GET";
	ret->flags = RENT_RESEND_SAFE;
	return 0;
}

static const struct rent_name kinds[] = {
	{ RENT_PAY_HOLD, "hold" },       { RENT_PAY_CAPTURE, "capture" },
	{ RENT_PAY_RELEASE, "release" }, { RENT_PAY_CHARGE, "charge" },
	{ RENT_PAY_REFUND, "refund" },   RENT_NAMES_END,
};

/* Ends with 0, which no word has: it is UNKNOWN. */
static const struct rent_name outcomes[] = {
	{ RENT_SUCCEEDED, "success" },
	{ RENT_PENDING, "processing" },
	{ RENT_DECLINED, "declined" },
	RENT_NAMES_END,
};

static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? "" : s;
}

/* False: it is not an operation. */
static bool read_entry(const json_t *o, struct rent_payment_entry *ret)
{
	const json_t *amount = json_object_get(o, "amount");
	const char *at = member(o, "at");

	*ret = (struct rent_payment_entry){
		.struct_size = sizeof(*ret),
		.kind = (enum rent_payment_kind)rent_value_of(kinds, member(o, "kind")),
		.outcome =
			(enum rent_outcome)rent_value_of(outcomes, member(o, "status")),
		.id = member(o, "key"),
		.ref = "",
		.rental_id = member(o, "order_id"),
		.user_id = member(o, "user_id"),
		.amount = json_integer_value(amount),
	};
	if (at[0] != '\0' && !rent_time_parse(at, &ret->at))
		return false;
	return (int)ret->kind != 0 && ret->outcome != RENT_UNKNOWN &&
	       json_is_integer(amount) && ret->amount >= 0;
}

static int read_entries(const json_t *list, rent_payment_entry_fn fn, void *arg,
                        struct rent_error *err)
{
	struct rent_payment_entry entry;
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		int code;

		if (!read_entry(item, &entry))
			return rent_fail(err, RENT_EFAIL,
			                 "entry %zu of the service's list is not an "
			                 "operation",
			                 i);
		code = fn(arg, &entry);
		if (code != 0)
			return code;
	}
	return 0;
}

static int read_cursor(const json_t *next, char ret_cursor[RENT_REF_SIZE],
                       struct rent_error *err)
{
	bool fits = true;

	ret_cursor[0] = '\0';
	if (json_is_integer(next))
		(void)snprintf(ret_cursor, RENT_REF_SIZE, "%" JSON_INTEGER_FORMAT,
		               json_integer_value(next));
	else if (json_is_string(next))
		fits = rent_copy(ret_cursor, RENT_REF_SIZE, json_string_value(next));
	else
		fits = json_is_null(next);
	return fits ? 0
	            : rent_fail(err, RENT_EFAIL,
	                        "the service's list has no 'next' that can be used");
}

int list_parse(const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
               void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	json_t *body;
	const json_t *list;
	int code;

	if (reply->status == 404 || reply->status == 405 || reply->status == 501)
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "the service answers status %d to /payment-operations",
		                 (int)reply->status);
	if (reply->status != 200)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "the service answers status %d to /payment-operations",
		                 (int)reply->status);
	body = json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);
	list = json_object_get(body, "operations");
	if (!json_is_array(list))
		code = rent_fail(err, RENT_EFAIL,
		                 "the service's list cannot be read: no 'operations'");
	else
		code = read_entries(list, fn, arg, err);
	if (code == 0)
		code = read_cursor(json_object_get(body, "next"), ret_cursor, err);
	json_decref(body);
	return code;
}
