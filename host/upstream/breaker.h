/* SPDX-License-Identifier: MIT
 *
 * upstream/breaker.h - a circuit breaker as a state machine: values in, values out, the
 * clock is the caller's, so is the lock.
 *
 *   closed ──failures in a row reach the limit──▶ open ──reset time──▶ half-open (one probe)
 *     ▲                                             ▲                    │failure│success
 *     └─────────────────────────────────────────────┴────────────────────┘───────┘
 *
 * A result counts only in the state in which its call was let through: what was already in
 * the air when the breaker opened neither closes it nor keeps it open longer.
 */
#ifndef UPSTREAM_BREAKER_H
#define UPSTREAM_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state {
	BREAKER_CLOSED = 0,
	BREAKER_OPEN = 1,
	BREAKER_HALF_OPEN = 2
};

struct breaker {
	enum breaker_state state;
	unsigned failure_max;
	int64_t reset_us;
	unsigned failures; /* in a row */
	int64_t opened_us;
	int64_t last_failure_us; /* wall time */
	uint32_t epoch;          /* counts changes of state */
	bool probing;
};

enum breaker_result {
	BREAKER_OK,
	BREAKER_FAILURE,
	BREAKER_NEITHER /* no verdict */
};

void breaker_init(struct breaker *b, unsigned failure_max, int64_t reset_us);

/* Whether a call may go out now. *ret_ticket goes into breaker_result(). */
bool breaker_admit(struct breaker *b, int64_t mono_us, uint32_t *ret_ticket);

/* How long no call is let through: at least 1 µs, and no more is known while a probe is under
 * way. Asked after breaker_admit() said no. */
int64_t breaker_wait(const struct breaker *b, int64_t mono_us);

/* How an admitted call ended. */
void breaker_result(struct breaker *b, uint32_t ticket, enum breaker_result result,
                    int64_t mono_us, int64_t wall_us);

const char *breaker_name(enum breaker_state state); /* "closed", "open", "half-open" */

#endif
