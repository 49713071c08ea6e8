/* SPDX-License-Identifier: MIT
 *
 * audit.h - the audit of `rentald audit`, run again and again in the background, with its
 * result as metrics.
 */
#ifndef BILLING_AUDIT_H
#define BILLING_AUDIT_H

#include <rent/host.h>

/* Values of the label `invariant`: I1 .. I7, I11, I12, and rows that contradict themselves. */
#define AUDIT_INVARIANTS 10

struct audit {
	int64_t interval; /* 0: none is run */
	struct rent_metric *breaches, *last_run, *duration, *rentals;
	int64_t known; /* breaches of the last whole run, for the log; -1 before the first */
};

struct billing;

/* Whether there is anything to be run, for whom metrics are then made. */
bool audit_init(struct billing *billing);

/* The timer calls it; arg is the struct billing. */
void audit_job(void *arg);

#endif
