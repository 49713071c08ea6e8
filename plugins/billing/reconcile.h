/* SPDX-License-Identifier: MIT
 *
 * reconcile.h - the comparison of `rentald reconcile` with the books of the payment providers,
 * run again and again in the background, with its result as metrics.
 */
#ifndef BILLING_RECONCILE_H
#define BILLING_RECONCILE_H

#include <rent/host.h>

struct reconcile {
	int64_t interval; /* 0: none is run */
	struct rent_metric *breaches, *entries, *last_run, *duration;
	int64_t known; /* breaches of the last whole run, for the log; -1 before the first */
	bool impossible; /* it was logged that no provider can list */
};

struct billing;

/* Whether there is anything to be run, for whom metrics are then made. */
bool reconcile_init(struct billing *billing);

/* The timer calls it; arg is the struct billing. */
void reconcile_job(void *arg);

#endif
