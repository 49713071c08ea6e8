/* SPDX-License-Identifier: MIT
 *
 * rent/scheduler.h - kind "scheduler": drives the billing phases of a "rental" instance
 * (plan_batch, run_batch of rent/rental.h) in time. Implemented by billing.
 */
#ifndef RENT_SCHEDULER_H
#define RENT_SCHEDULER_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_SCHEDULER "scheduler"

struct rent_scheduler_state {
	uint32_t struct_size;
	/* completed */
	int64_t cycles;
	/* by its timer: wall time, 0: never */
	int64_t last_began_at;
	int64_t last_took_us;
	int64_t last_looked_at, last_charged, last_failed, last_unknown;
	int64_t interval_us;
};

struct rent_scheduler {
	uint32_t struct_size;
	/* Cheap, any thread. */
	void (*state)(void *self, struct rent_scheduler_state *ret);
	/* Does a cycle now, and returns when it has ended; the next ones come when they would
	 * have come. Any thread that may wait. NULL: not offered. */
	int (*run_now)(void *self, struct rent_error *err);
};

RENT_EXTERN_C_END
#endif
