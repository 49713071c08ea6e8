/* SPDX-License-Identifier: MIT
 *
 * view.c - see view.h. Names and types are those of the HTTP contract.
 */
#include "view.h"

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

static void write_life(struct json_out *out, const struct rent_view *view)
{
	const struct rent_rental *r = &view->rental;

	json_out_text(out, "order_id", r->id);
	json_out_text(out, "status", rent_name_of(rent_status_names, (int)r->status));
	json_out_text_or_null(out, "powerbank_id", r->powerbank_id);
	json_out_int(out, "total_amount", r->paid);
	json_out_int(out, "debt", r->debt);
	json_out_time(out, "started_at", r->started_at);
	json_out_time(out, "finished_at", r->finished_at);
	json_out_int(out, "accrued", view->accrued);
	json_out_int(out, "deposit", r->deposit);
	json_out_int(out, "price_per_hour", r->price_per_hour);
	json_out_int(out, "free_period_min", r->free_period_min);
	json_out_text(out, "settlement", settlement_word(r->settlement));
}

static void write_outlook(struct json_out *out, const struct rent_view *view)
{
	const struct rent_rental *r = &view->rental;

	json_out_text(out, "user_id", r->user_id);
	json_out_text_or_null(out, "station_id", r->station_id);
	json_out_time(out, "created_at", r->created_at);
	json_out_int(out, "buyout", view->buyout);
	json_out_time(out, "next_charge_at", view->next_charge_at);
	json_out_time(out, "next_retry_at", view->next_retry_at);
	json_out_int(out, "in_flight", rent_in_flight(r));
	json_out_int(out, "outside_amount", r->outside);
}

static void write_end(struct json_out *out, const struct rent_rental *r)
{
	bool runs = r->status == RENT_STATUS_ACTIVE;

	json_out_text_or_null(out, "ended_by",
	                      rent_name_of(rent_ended_by_names, (int)r->ended_by));
	json_out_text_or_null(out, "return_station_id", runs ? "" : r->return_station_id);
	json_out_time(out, "stop_asked_at", runs ? r->stop_asked_at : 0);
}

/* Opens the object, for what follows. */
static void begin(struct json_out *out, const struct http_api *api,
                  const struct rent_view *view)
{
	json_out_object(out, NULL);
	write_life(out, view);
	write_outlook(out, view);
	write_end(out, &view->rental);
	json_out_text(out, "currency", api->currency);
}

void view_item(struct json_out *out, const struct http_api *api,
               const struct rent_view *view)
{
	begin(out, api, view);
	json_out_object_end(out);
}

/* What the customer has to do; no member says that it is nothing. */
static void write_action(struct json_out *out, const struct rent_view *view)
{
	bool token = view->action == RENT_ACTION_CLIENT_TOKEN;

	if (view->action == RENT_ACTION_NONE)
		return;
	json_out_object(out, "action");
	json_out_text(out, "type", rent_name_of(rent_action_names, (int)view->action));
	if (view->action_value[0] != '\0')
		json_out_text(out, token ? "token" : "url", view->action_value);
	json_out_time(out, "expires_at", view->action_until);
	json_out_object_end(out);
}

void view_status(struct json_out *out, const struct http_api *api,
                 const struct rent_view *view)
{
	begin(out, api, view);
	json_out_int(out, "held", view->held);
	write_action(out, view);
	json_out_bool(out, "payer_needed", view->payer_needed);
	json_out_object_end(out);
}

void view_stop(struct json_out *out, const struct http_api *api,
               const struct rent_view *view)
{
	begin(out, api, view);
	json_out_int(out, "held", view->held);
	json_out_int(out, "deposit_refund", view->deposit_refund);
	json_out_object_end(out);
}
