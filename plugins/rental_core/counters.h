/* SPDX-License-Identifier: MIT
 *
 * counters.h - the metrics that rental_core feeds; names and meaning are those of
 * docs/reference/metrics.md.
 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <rent/host.h>
#include <rent/model.h>

struct rental_work;
struct rent_totals;

struct counters {
	const struct rent_host *host;
	struct rent_metric *rentals, *quotes, *duration;
	struct rent_metric *attempts, *amount, *debt_ops, *errors;
};

void counters_init(struct counters *c, const struct rent_host *host);

/* A change has been recorded: counts what it did. Call before work_applied(). */
void counters_recorded(struct counters *c, const struct rental_work *w);

void counters_quote(struct counters *c);
/* The gauges: none before the first call. */
void counters_totals(struct counters *c, const struct rent_totals *totals);
/* type is a literal: "storage", "provider", "mismatch", "broken_rental", … */
void counters_error(struct counters *c, const char *type);

#endif
