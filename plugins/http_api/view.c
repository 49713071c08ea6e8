/* SPDX-License-Identifier: MIT
 *
 * view.c - see view.h. Names and types are those of the HTTP contract.
 */
#include "view.h"

#include "answer.h"

static const char *settlement_word(enum rent_settlement settlement)
{
	static const char *const words[] = {
		[RENT_SETTLEMENT_NONE] = "open",
		[RENT_SETTLEMENT_OPEN] = "open",
		[RENT_SETTLEMENT_PENDING] = "pending",
		[RENT_SETTLEMENT_DONE] = "done",
	};

	return settlement > RENT_SETTLEMENT_DONE ? "pending" : words[settlement];
}

json_t *view_item(const struct http_api *api, const struct rent_view *view)
{
	const struct rent_rental *r = &view->rental;
	bool runs = r->status == RENT_STATUS_ACTIVE;

	return json_pack(
		"{s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:s,"
		" s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:s?}",
		"order_id", answer_text(r->id), "status",
		rent_name_of(rent_status_names, (int)r->status), "powerbank_id",
		answer_text_or_null(r->powerbank_id), "total_amount", (json_int_t)r->paid,
		"debt", (json_int_t)r->debt, "started_at", answer_time(r->started_at),
		"finished_at", answer_time(r->finished_at), "accrued",
		(json_int_t)view->accrued, "deposit", (json_int_t)r->deposit,
		"price_per_hour", (json_int_t)r->price_per_hour, "free_period_min",
		(json_int_t)r->free_period_min, "settlement",
		settlement_word(r->settlement), "user_id", answer_text(r->user_id),
		"station_id", answer_text_or_null(r->station_id), "created_at",
		answer_time(r->created_at), "buyout", (json_int_t)view->buyout,
		"next_charge_at", answer_time(view->next_charge_at), "next_retry_at",
		answer_time(view->next_retry_at), "in_flight",
		(json_int_t)rent_in_flight(r), "ended_by",
		answer_text_or_null(rent_name_of(rent_ended_by_names, (int)r->ended_by)),
		"return_station_id",
		answer_text_or_null(runs ? "" : r->return_station_id), "stop_asked_at",
		answer_time(runs ? r->stop_asked_at : 0), "currency", api->currency);
}

/* Steals more. */
static json_t *view_with(const struct http_api *api, const struct rent_view *view,
                         json_t *more)
{
	json_t *root = view_item(api, view);

	if (root == NULL || more == NULL || json_object_update(root, more) != 0) {
		json_decref(root);
		root = NULL;
	}
	json_decref(more);
	return root;
}

/* The action that the customer has to take; NULL: none, and the member is left out. */
static json_t *action_of(const struct rent_view *view)
{
	bool token = view->action == RENT_ACTION_CLIENT_TOKEN;
	const char *value = view->action_value[0] == '\0' ? NULL : view->action_value;

	if (view->action == RENT_ACTION_NONE)
		return NULL;
	return json_pack("{s:s, s:s*, s:s*, s:o}", "type",
	                 rent_name_of(rent_action_names, (int)view->action), "url",
	                 token ? NULL : value, "token", token ? value : NULL,
	                 "expires_at", answer_time(view->action_until));
}

json_t *view_status(const struct http_api *api, const struct rent_view *view)
{
	return view_with(api, view,
	                 json_pack("{s:I, s:o*}", "held", (json_int_t)view->held,
	                           "action", action_of(view)));
}

json_t *view_stop(const struct http_api *api, const struct rent_view *view)
{
	return view_with(api, view,
	                 json_pack("{s:I, s:I}", "held", (json_int_t)view->held,
	                           "deposit_refund", (json_int_t)view->deposit_refund));
}
