/* SPDX-License-Identifier: MIT
 *
 * billing.h - an instance of billing: what its options say, what it is bound to, and what
 * its jobs have done. It knows when work is done, never which.
 */
#ifndef BILLING_BILLING_H
#define BILLING_BILLING_H

#include <rent/plugin.h>
#include <rent/rental.h>
#include <rent/scheduler.h>
#include <stdatomic.h>

#include "audit.h"
#include "common/wait.h"
#include "meters.h"
#include "reconcile.h"

enum billing_work {
	BILLING_ACCRUAL = 1u << 0,
	BILLING_DEBTS = 1u << 1,
	BILLING_RECOVERY = 1u << 2,
	BILLING_HOUSEKEEPING = 1u << 3,
	BILLING_AUDIT = 1u << 4,     /* not a phase: by the option `audit_interval` */
	BILLING_RECONCILE = 1u << 5, /* likewise: `reconcile_interval` */
};
#define BILLING_CYCLE (BILLING_ACCRUAL | BILLING_DEBTS)
#define BILLING_WORKS 6

struct billing {
	const struct rent_host *host;
	struct rent_rental_api rental; /* as much of it as the bound instance has */
	void *core;                    /* the bound instance */

	unsigned work; /* enum billing_work: the option `phases` */
	int64_t tick, recovery_interval, housekeeping_interval;
	atomic_uint page; /* may change with a reload */
	unsigned runners; /* tasks of the cycle */
	struct meters meters;
	struct audit audit;
	struct reconcile reconcile;

	atomic_bool draining;
	bool started;
	struct lock lock; /* all below */
	struct wait idle; /* no job runs */
	unsigned running; /* jobs */
	struct wait turn; /* the cycle that ran has ended */
	bool cycling;     /* one at a time: by the timer, or now */
	bool outage;      /* it was logged that the storage cannot be reached */
	int64_t good_at;  /* monotonic: the last cycle without an error ended */
	struct rent_scheduler_state state;
	int64_t broken;   /* rentals set aside in the last cycle */
	unsigned failing; /* enum billing_work: see failing.h */
	char why[BILLING_WORKS][RENT_NOTE_SIZE];
};

#endif
