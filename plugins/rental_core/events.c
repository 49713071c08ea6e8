/* SPDX-License-Identifier: MIT
 *
 * events.c - see events.h. Three types: rental (its state after the change), payment (an
 * outcome of an operation that moves money), debt (what changed it).
 */
#include "events.h"

#include <jansson.h>
#include <rent/time.h>

#include "core.h"

#define EVENT_MAX 2048

static void publish(const struct rental_work *w, const char *type, json_t *json)
{
	const struct rent_host *host = w->core->host;
	char text[EVENT_MAX], at[RENT_TIME_SIZE];
	size_t n;

	rent_time_text(w->change.ret_now, 'T', at);
	(void)json_object_set_new(json, "at", json_string(at));
	n = json == NULL ? 0 : json_dumpb(json, text, sizeof(text) - 1, JSON_COMPACT);
	json_decref(json);
	if (n == 0 || n >= sizeof(text))
		return;
	text[n] = '\0';
	host->event(host, type, text);
}

static void publish_rental(const struct rental_work *w)
{
	const struct rent_rental *r = &w->next;
	const char *settlement = rent_name_of(rent_settlement_names, (int)r->settlement);
	const char *status = rent_name_of(rent_status_names, (int)r->status);
	const char *powerbank = r->powerbank_id[0] == '\0' ? NULL : r->powerbank_id;

	publish(w, "rental",
	        json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:I}", "order_id", r->id,
	                  "user_id", r->user_id, "status", status, "settlement",
	                  settlement, "powerbank_id", powerbank, "total_amount",
	                  (json_int_t)r->paid, "debt", (json_int_t)r->debt));
}

static void publish_payment(const struct rental_work *w, const struct rent_op *op)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	const char *purpose = rent_name_of(rent_purpose_names, (int)op->purpose);
	const char *state = rent_name_of(rent_op_state_names, (int)op->state);

	publish(w, "payment",
	        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "order_id", w->r.id,
	                  "operation_id", op->id, "kind", kind, "purpose", purpose,
	                  "amount", (json_int_t)op->amount, "processed",
	                  (json_int_t)op->processed, "status", state, "reason",
	                  op->note));
}

static void publish_debt(const struct rental_work *w)
{
	const char *reason = w->change.debt_reason == NULL ? "" : w->change.debt_reason;

	publish(w, "debt",
	        json_pack("{s:s, s:I, s:I, s:s}", "order_id", w->r.id, "debt",
	                  (json_int_t)w->next.debt, "delta",
	                  (json_int_t)w->change.debt_delta, "reason", reason));
}

void events_recorded(const struct rental_work *w)
{
	const struct rent_change *c = &w->change;
	size_t i;

	if (!w->core->events)
		return;
	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].ended && w->ops[i].op.kind != RENT_OP_EJECT)
			publish_payment(w, &w->ops[i].op);
	}
	if (c->debt_delta != 0)
		publish_debt(w);
	if (c->status != 0 || c->settlement != 0 || c->paid_delta != 0 ||
	    c->debt_delta != 0)
		publish_rental(w);
}
