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

/* A page that is being written. */
struct page {
	const struct http_api *api;
	const struct rent_http_request *req;
	struct json_out out;
	/* What is being written. Payments: the first page has notes and a timeline. */
	enum {
		PAGE_ITEMS = 0,
		PAGE_NOTES,
		PAGE_TIMELINE
	} part;
	bool first;
	int64_t skip, seen; /* payments: operations of earlier pages, operations so far */
	uint32_t limit, count;
	bool more; /* something is behind it */
	/* What its cursor says. */
	int64_t last_at;
	char last_id[RENT_ID_SIZE];
};

static void page_done(struct page *page)
{
	json_out_done(&page->out);
}
#define PAGE_CLEANUP __attribute__((cleanup(page_done)))

static void page_begin(struct page *page, const struct rent_http_request *req)
{
	page->req = req;
	json_out_begin(&page->out, req->arena);
	json_out_object(&page->out, NULL);
	json_out_list(&page->out, "items");
}

static int page_state(const struct page *page)
{
	return page->out.failed ? RENT_ENOMEM : 0;
}

/* What follows the items. */
static void end_items(struct page *page)
{
	const char *cursor = NULL;

	if (page->part != PAGE_ITEMS)
		return;
	page->part = PAGE_NOTES;
	json_out_list_end(&page->out);
	if (page->more)
		cursor = cursor_write(page->req->arena, page->last_at, page->last_id);
	if (page->more && cursor == NULL)
		page->out.failed = true;
	json_out_text(&page->out, "next_cursor", cursor);
	if (page->first)
		json_out_list(&page->out, "notes");
}

static void end_notes(struct page *page)
{
	end_items(page);
	if (page->part != PAGE_NOTES)
		return;
	page->part = PAGE_TIMELINE;
	if (page->first) {
		json_out_list_end(&page->out);
		json_out_list(&page->out, "timeline");
	}
}

static int page_answer(struct page *page, struct rent_http_reply *reply,
                       struct rent_error *err)
{
	end_notes(page);
	if (page->first)
		json_out_list_end(&page->out);
	json_out_object_end(&page->out);
	return answer_json(&page->out, reply, err);
}

/* ---- rentals */
static int rental_item(void *arg, const struct rent_view *view)
{
	struct page *page = arg;

	/* One more than asked is read, to know whether there is a next page. */
	if (page->count == page->limit) {
		page->more = true;
		return 0;
	}
	page->count++;
	page->last_at = view->rental.created_at;
	(void)rent_copy(page->last_id, sizeof(page->last_id), view->rental.id);
	view_item(&page->out, page->api, view);
	return page_state(page);
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
	PAGE_CLEANUP struct page page = { .api = api };
	struct rent_list_reply sink = { sizeof(sink), &page, rental_item };
	INPUT_CLEANUP struct input in = { .req = req };
	struct rent_list_query query = { .struct_size = sizeof(query) };
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
	page_begin(&page, req);
	r = api->rental.list(api->core, &query, &sink, err);
	return r < 0 ? r : page_answer(&page, reply, err);
}

/* ---- payments */
static void write_payment(struct json_out *out, const struct rent_op *op)
{
	json_out_object(out, NULL);
	json_out_text(out, "id", op->id);
	json_out_text(out, "kind", rent_name_of(rent_op_kind_names, (int)op->kind));
	json_out_text(out, "purpose", rent_name_of(rent_purpose_names, (int)op->purpose));
	json_out_int(out, "amount", op->amount);
	json_out_int(out, "processed", op->processed);
	json_out_text(out, "status", rent_name_of(rent_op_state_names, (int)op->state));
	json_out_text_or_null(out, "reason", op->note);
	json_out_text_or_null(out, "reference", op->ref);
	json_out_time(out, "created_at", op->created_at);
	json_out_time(out, "resolved_at", op->resolved_at);
	json_out_object_end(out);
}

/* The notes come after all operations. */
static int note_item(void *arg, const struct rent_note *note)
{
	struct page *page = arg;
	struct json_out *out = &page->out;

	end_items(page);
	json_out_object(out, NULL);
	json_out_time(out, "at", note->created_at);
	json_out_text(out, "kind", rent_name_of(rent_note_kind_names, (int)note->kind));
	json_out_text(out, "text", note->text);
	json_out_object_end(out);
	return page_state(page);
}

/* The points come after all notes. */
static int timeline_item(void *arg, const struct rent_money_point *point)
{
	struct page *page = arg;
	struct json_out *out = &page->out;

	end_notes(page);
	json_out_object(out, NULL);
	json_out_time(out, "at", point->at);
	json_out_int(out, "due", point->due);
	json_out_int(out, "paid", point->paid);
	json_out_int(out, "debt", point->debt);
	json_out_int(out, "in_flight", point->in_flight);
	json_out_object_end(out);
	return page_state(page);
}

static int payment_item(void *arg, const struct rent_op *op)
{
	struct page *page = arg;

	if (page->seen++ < page->skip)
		return 0;
	if (page->count == page->limit) {
		page->more = true;
		return 0;
	}
	page->count++;
	write_payment(&page->out, op);
	return page_state(page);
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
	PAGE_CLEANUP struct page page = { .api = self };
	struct rent_trail_reply sink = { .struct_size = sizeof(sink),
		                         .arg = &page,
		                         .op = payment_item };
	const struct http_api *api = self;
	const char *order_id = req->params[0];
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
	page.last_at = page.skip + page.limit;
	(void)rent_copy(page.last_id, sizeof(page.last_id), order_id);
	page.first = page.skip == 0;
	if (page.first) {
		sink.note = note_item;
		sink.point = timeline_item;
	}
	page_begin(&page, req);
	r = api->rental.trail(api->core, order_id, &sink, err);
	if (r < 0)
		return r;
	if (r > 0)
		return refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
	return page_answer(&page, reply, err);
}
