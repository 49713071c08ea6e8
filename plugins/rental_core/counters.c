/* SPDX-License-Identifier: MIT
 *
 * counters.c - the metrics of rental_core. See counters.h.
 */
#include "counters.h"

#include <rent/storage.h>

#include "rental_work.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static struct rent_metric *family(const struct rent_host *host,
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

static struct rent_metric *durations(const struct rent_host *host)
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

static void add(struct counters *c, struct rent_metric *metric, int64_t n,
                const char *label)
{
	const char *labels[RENT_METRIC_LABELS] = { label };

	c->host->metric_add(metric, n, labels);
}

/* From 0 on, so that the first one is seen as a rise. Nothing comes to PENDING: a rental is
 * made in it. */
static void begin_at_zero(struct counters *c)
{
	static const enum rent_status statuses[] = { RENT_STATUS_ACTIVE,
		                                     RENT_STATUS_FINISHED,
		                                     RENT_STATUS_BUYOUT,
		                                     RENT_STATUS_FAILED };
	static const char *const outcomes[] = { "success", "failure", "unknown" };
	static const char *const operations[] = { "add", "reduce", "retry" };
	size_t i;

	for (i = 0; i < COUNT(statuses); i++)
		add(c, c->rentals, 0, rent_name_of(rent_status_names, (int)statuses[i]));
	for (i = 0; i < COUNT(outcomes); i++) {
		add(c, c->attempts, 0, outcomes[i]);
		add(c, c->amount, 0, outcomes[i]);
	}
	for (i = 0; i < COUNT(operations); i++)
		add(c, c->debt_ops, 0, operations[i]);
}

void counters_init(struct counters *c, const struct rent_host *host)
{
	c->host = host;
	c->rentals = family(host, RENT_COUNTER, "rental_system_rentals_total",
	                    "Rentals that came to a status.", "status");
	c->quotes = family(host, RENT_COUNTER, "rental_system_quotes_total",
	                   "Quotes made.", NULL);
	c->duration = durations(host);
	c->attempts = family(host, RENT_COUNTER, "rental_system_payment_attempts_total",
	                     "Charges and captures by outcome.", "status");
	c->amount = family(host, RENT_COUNTER, "rental_system_payment_amount_total",
	                   "Sum of charges and captures by outcome, currency units.",
	                   "status");
	c->debt_ops = family(host, RENT_COUNTER, "rental_system_debt_operations_total",
	                     "Changes of debts.", "operation");
	c->errors = family(host, RENT_COUNTER, "rental_system_worker_errors_total",
	                   "Errors of billing and recovery.", "error_type");
	begin_at_zero(c);
}

static void count_take(struct counters *c, const struct rent_op *op)
{
	const char *status = "unknown";
	int64_t amount = op->amount;

	if (op->state == RENT_OP_SUCCEEDED) {
		status = "success";
		amount = op->processed;
	} else if (op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED) {
		status = "failure";
	}
	add(c, c->attempts, 1, status);
	add(c, c->amount, amount, status);
}

void counters_recorded(struct counters *c, const struct rental_work *w)
{
	const struct rent_change *change = &w->change;
	size_t i;

	if (change->status != RENT_STATUS_NONE)
		add(c, c->rentals, 1,
		    rent_name_of(rent_status_names, (int)change->status));
	if (change->finished_at != 0)
		c->host->metric_observe(c->duration,
		                        w->next.finished_at - w->next.started_at, NULL);
	if (change->debt_delta != 0)
		add(c, c->debt_ops, 1, change->debt_delta > 0 ? "add" : "reduce");
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (w->ops[i].ended && rent_op_takes(op->kind))
			count_take(c, op);
		if (w->ops[i].ended && op->kind == RENT_OP_CHARGE &&
		    op->purpose == RENT_FOR_DEBT)
			add(c, c->debt_ops, 1, "retry");
	}
}

void counters_quote(struct counters *c)
{
	c->host->metric_add(c->quotes, 1, NULL);
}

/* A family without labels shows 0 from its registration on, which is not true before the totals
 * were read: it is registered with its first value, and again with every later one, which gives
 * the same family. */
static void show(struct counters *c, const char *name, const char *help, int64_t v)
{
	c->host->metric_set(family(c->host, RENT_GAUGE, name, help, NULL), v, NULL);
}

void counters_totals(struct counters *c, const struct rent_totals *totals)
{
	show(c, "rental_system_active_rentals_current", "Rentals running now.",
	     totals->active);
	show(c, "rental_system_debt_amount_current", "Sum of all debts, currency units.",
	     totals->debt);
	show(c, "rental_system_open_operations_current",
	     "Calls whose outcome is not known yet.", totals->open_ops);
	show(c, "rental_system_manual_operations_current",
	     "Calls that a person must look at.", totals->manual_ops);
	show(c, "rental_system_recovery_lag_seconds",
	     "How long the oldest unfinished work is overdue.",
	     totals->oldest_work_us / RENT_SECOND);
}

void counters_error(struct counters *c, const char *type)
{
	add(c, c->errors, 1, type);
}
