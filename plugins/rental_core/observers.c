/* SPDX-License-Identifier: MIT
 *
 * observers.c - see observers.h. Events have three types: rental (its state after the change),
 * payment (an outcome of an operation that moves money), debt (what changed it).
 */
#include "observers.h"
#include "payer.h"

#include <jansson.h>
#include <rent/storage.h>
#include <rent/time.h>
#include <stdlib.h>

#include "core.h"
#include "rental_work.h"

/* ---- the metrics: their names are those of docs/reference/metrics.md */

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static struct rent_metric *metric_family(const struct rent_host *host,
                                         enum rent_metric_type type, const char *name,
                                         const char *help, const char *label)
{
	struct rent_metric_def def = {
		.struct_size = sizeof(def),
		.type = type,
		.name = name,
		.flags = RENT_METRIC_SERVICE,
		.help = help,
		.labels = { label },
	};

	return host->metric(host, &def);
}

static struct rent_metric *duration_metric(const struct rent_host *host)
{
	static const int64_t bounds[] = {
		60 * RENT_SECOND,    300 * RENT_SECOND,   900 * RENT_SECOND,
		1800 * RENT_SECOND,  3600 * RENT_SECOND,  7200 * RENT_SECOND,
		14400 * RENT_SECOND, 28800 * RENT_SECOND, 86400 * RENT_SECOND,
	};
	struct rent_metric_def def = {
		.struct_size = sizeof(def),
		.type = RENT_HISTOGRAM,
		.name = "rental_system_rental_duration_seconds",
		.flags = RENT_METRIC_SERVICE,
		.help = "Time from start to end of a rental.",
		.buckets = bounds,
		.bucket_count = COUNT(bounds),
		.scale = RENT_SECOND,
	};

	return host->metric(host, &def);
}

static void add_count(struct observers *o, struct rent_metric *metric, int64_t n,
                      const char *label)
{
	const char *labels[RENT_METRIC_LABELS] = { label };

	o->host->metric_add(metric, n, labels);
}

/* From 0 on, so that the first one is seen as a rise. Nothing comes to PENDING: a rental is
 * made in it. */
static void count_from_zero(struct observers *o)
{
	static const enum rent_status statuses[] = { RENT_STATUS_ACTIVE,
		                                     RENT_STATUS_FINISHED,
		                                     RENT_STATUS_BUYOUT,
		                                     RENT_STATUS_FAILED };
	static const char *const outcomes[] = { "success", "failure", "unknown" };
	static const char *const operations[] = { "add", "reduce", "retry" };
	size_t i;

	for (i = 0; i < COUNT(statuses); i++)
		add_count(o, o->rentals, 0,
		          rent_name_of(rent_status_names, (int)statuses[i]));
	for (i = 0; i < COUNT(outcomes); i++) {
		add_count(o, o->attempts, 0, outcomes[i]);
		add_count(o, o->amount, 0, outcomes[i]);
	}
	for (i = 0; i < COUNT(operations); i++)
		add_count(o, o->debt_ops, 0, operations[i]);
}

void observers_init(struct observers *o, const struct rent_host *host)
{
	o->host = host;
	o->rentals = metric_family(host, RENT_COUNTER, "rental_system_rentals_total",
	                           "Rentals that came to a status.", "status");
	o->quotes = metric_family(host, RENT_COUNTER, "rental_system_quotes_total",
	                          "Quotes made.", NULL);
	o->duration = duration_metric(host);
	o->attempts = metric_family(
		host, RENT_COUNTER, "rental_system_payment_attempts_total",
		"Outcomes heard of charges and captures, each repetition counted.",
		"status");
	o->amount = metric_family(
		host, RENT_COUNTER, "rental_system_payment_amount_total",
		"Sum of the amounts of these outcomes of charges and captures, currency units.",
		"status");
	o->debt_ops =
		metric_family(host, RENT_COUNTER, "rental_system_debt_operations_total",
	                      "Changes of debts.", "operation");
	o->errors = metric_family(host, RENT_COUNTER, "rental_system_worker_errors_total",
	                          "Errors of the rules and of billing, by type.",
	                          "error_type");
	o->outside = metric_family(
		host, RENT_COUNTER, "rental_system_outside_amount_total",
		"Sum of what payment providers did by themselves with money that we took, "
		"currency units.",
		"kind");
	o->found = metric_family(host, RENT_COUNTER, "rental_system_returns_found_total",
	                         "Returns that no report had told of and asking found.",
	                         NULL);
	count_from_zero(o);
}

void observers_quote(struct observers *o)
{
	o->host->metric_add(o->quotes, 1, NULL);
}

void observers_outside(struct observers *o, const struct rent_outside *outside)
{
	int64_t amount = outside->amount < 0 ? -outside->amount : outside->amount;

	add_count(o, o->outside, amount,
	          rent_name_of(rent_outside_kind_names, (int)outside->kind));
}

void observers_return_found(struct observers *o)
{
	o->host->metric_add(o->found, 1, NULL);
}

/* A family without labels shows 0 from its registration on, which is not true before the totals
 * were read: it is registered with its first value, and again with every later one, which gives
 * the same family. */
static void show_gauge(struct observers *o, const char *name, const char *help, int64_t v)
{
	o->host->metric_set(metric_family(o->host, RENT_GAUGE, name, help, NULL), v,
	                    NULL);
}

void observers_totals(struct observers *o, const struct rent_totals *totals)
{
	show_gauge(o, "rental_system_active_rentals_current", "Rentals running now.",
	           totals->active);
	show_gauge(o, "rental_system_debt_amount_current",
	           "Sum of all debts, currency units.", totals->debt);
	show_gauge(o, "rental_system_open_operations_current",
	           "Calls whose outcome is not known yet.", totals->open_ops);
	show_gauge(o, "rental_system_manual_operations_current",
	           "Calls that a person must look at.", totals->manual_ops);
	show_gauge(o, "rental_system_recovery_lag_seconds",
	           "How long the oldest unfinished work is overdue.",
	           totals->oldest_work_us / RENT_SECOND);
}

/* So many digits of a hash are exact as a number of a metric. */
#define HEAD_DIGITS 12

void observers_sealed(struct observers *o, const struct rent_seal *seal)
{
	const char *labels[RENT_METRIC_LABELS] = { rent_name_of(rent_book_names,
		                                                (int)seal->book) };
	char head[HEAD_DIGITS + 1];

	(void)rent_copy(head, sizeof(head), seal->hash);
	o->host->metric_set(metric_family(o->host, RENT_GAUGE,
	                                  "rental_system_seal_number", "Seals of a book.",
	                                  "book"),
	                    seal->number, labels);
	o->host->metric_set(
		metric_family(o->host, RENT_GAUGE, "rental_system_seal_head",
	                      "First 12 hexadecimal digits of the hash of the last seal, "
	                      "as a number.",
	                      "book"),
		(int64_t)strtoll(head, NULL, 16), labels);
}

void observers_error(struct observers *o, const char *type)
{
	add_count(o, o->errors, 1, type);
}

/* ---- a recorded change: counted, and published */

static void count_take(struct observers *o, const struct rent_op *op)
{
	const char *status = "unknown";
	int64_t amount = op->amount;

	if (op->state == RENT_OP_SUCCEEDED) {
		status = "success";
		amount = op->processed;
	} else if (op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED) {
		status = "failure";
	}
	add_count(o, o->attempts, 1, status);
	add_count(o, o->amount, amount, status);
}

static void count_recorded(struct observers *o, const struct rental_work *w)
{
	const struct rent_change *change = &w->change;
	size_t i;

	if (change->status != RENT_STATUS_NONE)
		add_count(o, o->rentals, 1,
		          rent_name_of(rent_status_names, (int)change->status));
	if (change->finished_at != 0)
		o->host->metric_observe(o->duration,
		                        w->next.finished_at - w->next.started_at, NULL);
	if (change->debt_delta != 0)
		add_count(o, o->debt_ops, 1, change->debt_delta > 0 ? "add" : "reduce");
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (w->ops[i].ended && rent_op_takes(op->kind))
			count_take(o, op);
		if (w->ops[i].ended && op->kind == RENT_OP_CHARGE &&
		    op->purpose == RENT_FOR_DEBT)
			add_count(o, o->debt_ops, 1, "retry");
	}
}

#define EVENT_MAX 2048

static void publish_event(const struct rental_work *w, const char *type, json_t *json)
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
	host->event_of(host, w->r.user_id, type, text);
}

/* An end that its customer has not brought about himself, and may wonder at. NULL: none. */
static const char *note_of(const struct rental_work *w)
{
	if (w->change.status == RENT_STATUS_FINISHED && w->r.status == RENT_STATUS_BUYOUT)
		return "the powerbank came back after the buyout: the rental costs what "
		       "was due then";
	if (w->change.ended_by == RENT_ENDED_BY_REISSUE)
		return "the station gave the powerbank to somebody else: it had come back "
		       "and nobody had said so";
	return NULL;
}

static void publish_rental(const struct rental_work *w)
{
	const struct rent_rental *r = &w->next;
	const char *settlement = rent_name_of(rent_settlement_names, (int)r->settlement);
	const char *status = rent_name_of(rent_status_names, (int)r->status);
	const char *powerbank = r->powerbank_id[0] == '\0' ? NULL : r->powerbank_id;
	const char *ended_by = rent_name_of(rent_ended_by_names, (int)r->ended_by);

	publish_event(w, "rental",
	              json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:s?, s:s?, s:b}",
	                        "order_id", r->id, "user_id", r->user_id, "status",
	                        status, "settlement", settlement, "powerbank_id",
	                        powerbank, "total_amount", (json_int_t)r->paid, "debt",
	                        (json_int_t)r->debt, "ended_by",
	                        ended_by[0] == '\0' ? NULL : ended_by, "note", note_of(w),
	                        "payer_needed",
	                        r->debt > 0 && payer_is_needed(w->params, r)));
}

static void publish_payment(const struct rental_work *w, const struct rent_op *op)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	const char *purpose = rent_name_of(rent_purpose_names, (int)op->purpose);
	const char *state = rent_name_of(rent_op_state_names, (int)op->state);

	publish_event(w, "payment",
	              json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "order_id",
	                        w->r.id, "operation_id", op->id, "kind", kind, "purpose",
	                        purpose, "amount", (json_int_t)op->amount, "processed",
	                        (json_int_t)op->processed, "status", state, "reason",
	                        op->note));
}

static void publish_debt(const struct rental_work *w)
{
	const char *reason = w->change.debt_reason == NULL ? "" : w->change.debt_reason;

	publish_event(w, "debt",
	              json_pack("{s:s, s:I, s:I, s:s}", "order_id", w->r.id, "debt",
	                        (json_int_t)w->next.debt, "delta",
	                        (json_int_t)w->change.debt_delta, "reason", reason));
}

static void publish_recorded(const struct rental_work *w)
{
	const struct rent_change *c = &w->change;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].ended && w->ops[i].op.kind != RENT_OP_EJECT)
			publish_payment(w, &w->ops[i].op);
	}
	if (c->debt_delta != 0)
		publish_debt(w);
	if (c->status != 0 || c->settlement != 0 || c->paid_delta != 0 ||
	    c->debt_delta != 0 || c->payer_needed_at != 0)
		publish_rental(w);
}

void observers_recorded(const struct rental_work *w)
{
	count_recorded(w->core->observers, w);
	if (w->core->events && w->core->host->event_heard(w->core->host))
		publish_recorded(w);
}
