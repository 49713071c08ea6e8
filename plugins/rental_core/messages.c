/* SPDX-License-Identifier: MIT
 *
 * messages.c - see messages.h.
 */
#include "messages.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>

#include "core.h"
#include "hold_kind.h"
#include "rental_work.h"

/* Of one change: a status, an action, failures, a dispute, the debt, the settlement. */
#define KINDS_MAX (5 + RENT_CHANGE_OPS)

_Static_assert(KINDS_MAX *OUTBOX_MAX <= RENT_CHANGE_MESSAGES, "they do not fit a change");

struct messages {
	struct rent_message rows[KINDS_MAX * OUTBOX_MAX];
	size_t n;
	char *texts[KINDS_MAX]; /* jansson's */
	size_t text_count;
	bool failed;
};

/* Without a storage that can keep messages none may be promised. */
int messages_endpoints(struct core *core, struct rent_error *err)
{
	const char *name;

	while (core->outbox_count < OUTBOX_MAX &&
	       (name = core->host->opt_list(core->host, "outbox", core->outbox_count)) !=
	               NULL) {
		if (name[0] == '\0' || strlen(name) > RENT_ID_MAX)
			return rent_fail(err, RENT_EINVAL,
			                 "outbox: \"%s\" is not the name of an instance",
			                 name);
		core->outbox[core->outbox_count++] = name;
	}
	if (core->outbox_count > 0 && core->store->outbox_claim == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "outbox: the bound storage has none; bind one built for "
		                 "this version");
	return RENT_OK;
}

/* ---- what they say */

static void set_time(json_t *data, const char *name, int64_t at)
{
	char text[RENT_TIME_SIZE];

	if (at <= 0)
		return;
	rent_time_text(at, 'T', text);
	(void)json_object_set_new(data, name, json_string(text));
}

static const char *or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

/* The rental as the change leaves it. */
static json_t *rental_data(const struct rental_work *w)
{
	const struct rent_rental *r = &w->next;
	const char *ended_by = rent_name_of(rent_ended_by_names, (int)r->ended_by);
	json_t *data = json_pack(
		"{s:s, s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:s?, s:s?}", "order_id",
		r->id, "user_id", r->user_id, "station_id", r->station_id, "powerbank_id",
		or_null(r->powerbank_id), "status",
		rent_name_of(rent_status_names, (int)r->status), "settlement",
		rent_name_of(rent_settlement_names, (int)r->settlement), "total_amount",
		(json_int_t)r->paid, "debt", (json_int_t)r->debt, "ended_by",
		or_null(ended_by), "return_station_id", or_null(r->return_station_id));

	set_time(data, "started_at", r->started_at);
	set_time(data, "finished_at", r->finished_at);
	if (r->outside != 0)
		(void)json_object_set_new(data, "outside_amount",
		                          json_integer(r->outside));
	if (r->has_final)
		(void)json_object_set_new(data, "final_amount",
		                          json_integer(r->final_amount));
	return data;
}

/* … and an operation. No address and no token of an action: the customer gets them by the API. */
static json_t *operation_data(const struct rental_work *w, const struct rent_op *op)
{
	json_t *data = rental_data(w);
	json_t *more = json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:s}", "operation_id", op->id, "kind",
		rent_name_of(rent_op_kind_names, (int)op->kind), "purpose",
		rent_name_of(rent_purpose_names, (int)op->purpose), "amount",
		(json_int_t)op->amount, "state",
		rent_name_of(rent_op_state_names, (int)op->state), "reason", op->note);

	if (more == NULL || json_object_update(data, more) != 0) {
		json_decref(data);
		data = NULL;
	}
	json_decref(more);
	return data;
}

/* ---- one message, for all endpoints */

static void add_rows(struct rental_work *w, struct messages *all, const char *type,
                     const char *text)
{
	const struct rent_host *host = w->core->host;
	char id[RENT_ID_SIZE];

	host->uuid7(host, id);
	for (size_t i = 0; i < w->core->outbox_count; i++) {
		struct rent_message *row = &all->rows[all->n++];

		row->struct_size = sizeof(*row);
		(void)rent_copy(row->id, sizeof(row->id), id);
		(void)rent_copy(row->endpoint, sizeof(row->endpoint), w->core->outbox[i]);
		(void)rent_copy(row->type, sizeof(row->type), type);
		row->data = text;
	}
}

/* Takes data over; NULL: there was no memory for it. */
static void tell(struct rental_work *w, const char *type, json_t *data)
{
	struct messages *all = w->messages;
	char *text = NULL;

	if (all == NULL)
		all = w->messages = calloc(1, sizeof(*all));
	if (all != NULL && data != NULL)
		text = json_dumps(data, JSON_COMPACT);
	json_decref(data);
	if (text == NULL) {
		w->change.message_count = RENT_CHANGE_MESSAGES + 1;
		return;
	}
	all->texts[all->text_count++] = text;
	add_rows(w, all, type, text);
}

/* ---- what there is to tell */

static const char *type_of_status(enum rent_status status)
{
	switch (status) {
	case RENT_STATUS_ACTIVE:
		return "rental.started";
	case RENT_STATUS_FINISHED:
		return "rental.ended";
	case RENT_STATUS_BUYOUT:
		return "rental.bought_out";
	case RENT_STATUS_FAILED:
		return "rental.failed";
	case RENT_STATUS_NONE:
	case RENT_STATUS_PENDING:
		break;
	}
	return NULL;
}

static bool was_not_made(const struct work_op *op)
{
	bool moves = op->op.kind == RENT_OP_HOLD ? !hold_is_extension(&op->op)
	                                         : rent_op_takes(op->op.kind);

	return op->ended && moves &&
	       (op->op.state == RENT_OP_DECLINED || op->op.state == RENT_OP_NOT_EXECUTED);
}

/* At most one operation of a change acts. */
static void tell_of_operations(struct rental_work *w)
{
	for (size_t i = 0; i < w->op_count; i++) {
		const struct work_op *op = &w->ops[i];

		if (op->ended && (op->acts || op->wants_payer))
			tell(w, "payment.action_needed", operation_data(w, &op->op));
		else if (was_not_made(op))
			tell(w, "payment.failed", operation_data(w, &op->op));
	}
}

static void tell_of_outside(struct rental_work *w)
{
	const struct rent_outside *o = w->change.outside;
	json_t *data;

	if (o == NULL ||
	    (o->kind != RENT_OUTSIDE_DISPUTE && o->kind != RENT_OUTSIDE_CHARGEBACK))
		return;
	data = rental_data(w);
	(void)json_object_set_new(data, "operation_id", json_string(o->op_id));
	(void)json_object_set_new(
		data, "kind",
		json_string(rent_name_of(rent_outside_kind_names, (int)o->kind)));
	(void)json_object_set_new(data, "amount", json_integer(o->amount));
	(void)json_object_set_new(data, "reason", json_string(o->note));
	tell(w, "payment.disputed", data);
}

static void tell_of_debt(struct rental_work *w)
{
	json_t *data;

	if (w->change.debt_delta == 0)
		return;
	data = rental_data(w);
	if (w->change.debt_reason != NULL)
		(void)json_object_set_new(data, "reason",
		                          json_string(w->change.debt_reason));
	(void)json_object_set_new(data, "delta", json_integer(w->change.debt_delta));
	tell(w, w->next.debt == 0 ? "debt.paid" : "debt.changed", data);
}

void messages_make(struct rental_work *w)
{
	const char *type = type_of_status(w->change.status);

	messages_done(w);
	if (w->core == NULL || w->core->outbox_count == 0)
		return;
	if (type != NULL)
		tell(w, type, rental_data(w));
	tell_of_operations(w);
	tell_of_outside(w);
	tell_of_debt(w);
	if (w->change.settlement == RENT_SETTLEMENT_DONE)
		tell(w, "settlement.done", rental_data(w));
	if (w->messages == NULL || w->change.message_count != 0)
		return;
	w->change.messages = w->messages->rows;
	w->change.message_count = w->messages->n;
}

void messages_done(struct rental_work *w)
{
	for (size_t i = 0; w->messages != NULL && i < w->messages->text_count; i++)
		free(w->messages->texts[i]);
	free(w->messages);
	w->messages = NULL;
	w->change.messages = NULL;
	w->change.message_count = 0;
}
