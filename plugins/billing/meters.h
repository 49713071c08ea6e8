/* SPDX-License-Identifier: MIT
 *
 * meters.h - the metrics of billing. The rules count charges, debts, and rentals that are
 * set aside.
 */
#ifndef BILLING_METERS_H
#define BILLING_METERS_H

#include <rent/host.h>

/* Values of error_type. */
enum meters_error {
	METERS_STORAGE, /* cannot be reached: the run of the job ended */
	METERS_PLAN,    /* a page could not be read */
	METERS_RUN,     /* a batch failed */
	METERS_CURSOR,  /* the place in a phase did not move */
	METERS_HOUSEKEEPING,
	METERS_AUDIT,
	METERS_RECONCILE,     /* could not be run to its end */
	METERS_BROKEN_RENTAL, /* rows that contradict themselves, set aside */
};

struct meters {
	const struct rent_host *host;
	struct rent_metric *cycles, *duration, *processed, *errors;
};

void meters_init(struct meters *m, const struct rent_host *host);

/* A cycle reached its end. */
void meters_cycle(const struct meters *m, int64_t took_us, int64_t active_looked_at);
void meters_error(const struct meters *m, enum meters_error error, int64_t n);

#endif
