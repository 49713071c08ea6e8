/* SPDX-License-Identifier: MIT
 *
 * observers.h - what the world hears of the core: its metrics, and a recorded change as an event
 * for the listeners of GET /api/v1/events.
 */
#ifndef CORE_OBSERVERS_H
#define CORE_OBSERVERS_H

#include <rent/host.h>
#include <rent/model.h>

struct rental_work;
struct rent_seal;
struct rent_totals;

struct observers {
	const struct rent_host *host;
	struct rent_metric *rentals, *quotes, *duration;
	struct rent_metric *attempts, *amount, *debt_ops, *errors, *found;
	struct rent_metric *outside;
};

/* Registers the counters, which begin at 0. A new metric is registered here. */
void observers_init(struct observers *o, const struct rent_host *host);

/* A change has been recorded: counts what it did, and publishes it unless the option events is
 * false. Call before work_applied(). */
void observers_recorded(const struct rental_work *w);

void observers_quote(struct observers *o);
/* An outside movement was recorded. */
void observers_outside(struct observers *o, const struct rent_outside *outside);
/* A return that nobody had reported. */
void observers_return_found(struct observers *o);
/* The gauges: none before the first call. */
void observers_totals(struct observers *o, const struct rent_totals *totals);
/* The last seal of a book, likewise. */
void observers_sealed(struct observers *o, const struct rent_seal *seal);
/* type is a literal: "storage", "mismatch", "invalid", "manual", "alert", "cached_value",
 * "powerbank_taken", "return_too_late", "price_limit". */
void observers_error(struct observers *o, const char *type);

#endif
