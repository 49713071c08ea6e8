/* SPDX-License-Identifier: MIT
 *
 * listing.c - replies with items: the rentals, newest first, and the payments of one rental,
 * oldest first. Both in pages.
 */
#include "answer.h"
#include "api.h"
#include "cursor.h"
#include "input.h"
#include "own.h"
#include "refusal.h"
#include "view.h"

#define RENTALS_MAX  200
#define RENTALS_DEF  50
#define PAYMENTS_MAX 1000 /* as many as fit well into the request's memory */

static const char *const rentals_query[] = { "user_id", "status", "limit", "cursor",
	                                     NULL };
static const char *const payments_query[] = { "limit", "cursor", NULL };

#define CURSOR_WRONG "is not a next_cursor of this list"

/* A page that is being gathered. */
struct page {
	const struct http_api *api;
	json_t *items;
	json_t *timeline;   /* payments: with the first page, else NULL */
	int64_t skip, seen; /* payments: operations of earlier pages, operations so far */
	uint32_t limit;
	bool more; /* something is behind it */
	int64_t last_at;
	char last_id[RENT_ID_SIZE];
};

static void page_done(struct page *page)
{
	json_decref(page->items);
	json_decref(page->timeline);
}
#define PAGE_CLEANUP __attribute__((cleanup(page_done)))

static int page_add(struct page *page, json_t *item)
{
	return json_array_append_new(page->items, item) == 0 ? 0 : RENT_ENOMEM;
}

/* cursor NULL: this was the last page. */
static int page_answer(struct page *page, const struct rent_http_request *req,
                       struct rent_http_reply *reply, const char *cursor,
                       struct rent_error *err)
{
	if (page->more && cursor == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a cursor");
	return answer_json(req, reply,
	                   json_pack("{s:O, s:s?, s:O*}", "items", page->items,
	                             "next_cursor", cursor, "timeline", page->timeline),
	                   err);
}

/* ---- rentals */
static int rental_item(void *arg, const struct rent_view *view)
{
	struct page *page = arg;

	/* One more than asked is read, to know whether there is a next page. */
	if (json_array_size(page->items) == page->limit) {
		page->more = true;
		return 0;
	}
	page->last_at = view->rental.created_at;
	(void)rent_copy(page->last_id, sizeof(page->last_id), view->rental.id);
	return page_add(page, view_item(page->api, view));
}

static const char *status_choices(const struct rent_http_request *req)
{
	const char *list = "";

	for (const struct rent_name *n = rent_status_names; n->name != NULL; n++) {
		list = rent_printf(req->arena, "%s%s%s", list,
		                   list[0] == '\0' ? "" : ", ", n->name);
		if (list == NULL)
			return "is unknown";
	}
	list = rent_printf(req->arena, "must be one of %s", list);
	return list == NULL ? "is unknown" : list;
}

static enum rent_status query_status(struct input *in)
{
	const char *word = input_query(in, "status");
	int status = word == NULL ? 0 : rent_value_of(rent_status_names, word);

	if (word != NULL && status == 0)
		input_wrong(in, "status", status_choices(in->req));
	return (enum rent_status)status;
}

/* Zeroed when there is none: the first page. */
static struct cursor query_cursor(struct input *in)
{
	const char *text = input_query(in, "cursor");
	struct cursor cursor = { 0 };

	if (text != NULL && (!cursor_read(text, &cursor) || cursor.at == 0))
		input_wrong(in, "cursor", CURSOR_WRONG);
	return cursor;
}

int listing_rentals(void *self, const struct rent_http_request *req,
                    struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_api *api = self;
	PAGE_CLEANUP struct page page = { .api = api, .items = json_array() };
	struct rent_list_reply sink = { sizeof(sink), &page, rental_item };
	INPUT_CLEANUP struct input in = { .req = req };
	struct rent_list_query query = { .struct_size = sizeof(query) };
	const char *next = NULL;
	struct cursor from;
	int r;

	input_query_only(&in, rentals_query);
	query.user_id = input_query_id(&in, "user_id");
	query.status = query_status(&in);
	page.limit = input_query_number(&in, "limit", RENTALS_MAX, RENTALS_DEF);
	from = query_cursor(&in);
	if (!input_ok(&in, api->host, reply))
		return 0;
	if (query.user_id[0] == '\0' && own_user(req) != NULL)
		query.user_id = own_user(req);
	if (!own_user_ok(api, req, reply, query.user_id))
		return 0;
	query.limit = page.limit + 1;
	query.before_created_at = from.at;
	query.before_id = from.id;
	rent_http_log(reply, "user", query.user_id[0] == '\0' ? NULL : query.user_id);
	r = api->rental.list(api->core, &query, &sink, err);
	if (r < 0)
		return r;
	if (page.more)
		next = cursor_write(req->arena, page.last_at, page.last_id);
	return page_answer(&page, req, reply, next, err);
}

/* ---- payments */
static json_t *payment_json(const struct rent_op *op)
{
	return json_pack("{s:o, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:o, s:o}", "id",
	                 answer_text(op->id), "kind",
	                 rent_name_of(rent_op_kind_names, (int)op->kind), "purpose",
	                 rent_name_of(rent_purpose_names, (int)op->purpose), "amount",
	                 (json_int_t)op->amount, "processed", (json_int_t)op->processed,
	                 "status", rent_name_of(rent_op_state_names, (int)op->state),
	                 "reason", answer_text_or_null(op->note), "reference",
	                 answer_text_or_null(op->ref), "created_at",
	                 answer_time(op->created_at), "resolved_at",
	                 answer_time(op->resolved_at));
}

static int timeline_item(void *arg, const struct rent_money_point *point)
{
	struct page *page = arg;
	json_t *item = json_pack(
		"{s:o, s:I, s:I, s:I, s:I}", "at", answer_time(point->at), "due",
		(json_int_t)point->due, "paid", (json_int_t)point->paid, "debt",
		(json_int_t)point->debt, "in_flight", (json_int_t)point->in_flight);

	return json_array_append_new(page->timeline, item) == 0 ? 0 : RENT_ENOMEM;
}

static int payment_item(void *arg, const struct rent_op *op)
{
	struct page *page = arg;

	if (page->seen++ < page->skip)
		return 0;
	if (json_array_size(page->items) == page->limit) {
		page->more = true;
		return 0;
	}
	return page_add(page, payment_json(op));
}

/* Operations are only ever added at the end, so a count of them is a place that stays. */
static int64_t query_payments_cursor(struct input *in)
{
	const char *text = input_query(in, "cursor");
	struct cursor cursor = { 0 };

	if (text == NULL)
		return 0;
	if (!cursor_read(text, &cursor) || strcmp(cursor.id, in->req->params[0]) != 0)
		input_wrong(in, "cursor", CURSOR_WRONG);
	return cursor.at;
}

int listing_payments(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	PAGE_CLEANUP struct page page = { .items = json_array() };
	struct rent_trail_reply sink = { sizeof(sink), &page, payment_item, NULL };
	const struct http_api *api = self;
	const char *order_id = req->params[0], *next = NULL;
	INPUT_CLEANUP struct input in = { .req = req };
	int r;

	if (!input_is_token(order_id, RENT_ID_MAX))
		return refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
	input_query_only(&in, payments_query);
	page.limit = input_query_number(&in, "limit", PAYMENTS_MAX, PAYMENTS_MAX);
	page.skip = query_payments_cursor(&in);
	if (!input_ok(&in, api->host, reply))
		return 0;
	r = own_rental(api, req, reply, order_id, err);
	if (r != 1)
		return r;
	rent_http_log(reply, "rental", order_id);
	if (page.skip == 0) {
		page.timeline = json_array();
		sink.point = timeline_item;
	}
	r = api->rental.trail(api->core, order_id, &sink, err);
	if (r < 0)
		return r;
	if (r > 0)
		return refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
	if (page.more)
		next = cursor_write(req->arena, page.skip + page.limit, order_id);
	return page_answer(&page, req, reply, next, err);
}
