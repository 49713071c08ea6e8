/* SPDX-License-Identifier: MIT
 *
 * jobs.h - the functions of the timers: the cycle (accrual, then debts), recovery,
 * housekeeping. Each takes a struct billing and runs as a task, never twice at once.
 */
#ifndef BILLING_JOBS_H
#define BILLING_JOBS_H

#include "billing.h"

void jobs_cycle(void *arg);
/* The same at once, beside its timer. */
void jobs_cycle_now(struct billing *b);
void jobs_recovery(void *arg);
void jobs_housekeeping(void *arg);

/* Around a job. begin gives false when it must not: draining. */
bool jobs_begin(struct billing *billing);
void jobs_end(struct billing *billing);

/* No job begins a page after this; returns when none runs. */
void jobs_drain(struct billing *billing);

#endif
