/* SPDX-License-Identifier: MIT
 *
 * sweep.h - one phase from its first page to its last.
 */
#ifndef BILLING_SWEEP_H
#define BILLING_SWEEP_H

#include "billing.h"

/* The work of sweeps; added to, so one serves for all phases of a cycle. */
struct sweep_result {
	struct rent_run run;
	int64_t failed;          /* pages with an error */
	bool unavailable;        /* the storage could not be reached; the rest was left */
	bool cut;                /* draining began; the rest was left */
	struct rent_error first; /* of the errors */
};

void sweep_result_init(struct sweep_result *result);

/* Runs the phase in `runners` tasks, the calling one included. */
void sweep(struct billing *billing, enum rent_phase phase, unsigned runners,
           struct sweep_result *result);

#endif
