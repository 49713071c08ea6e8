/* SPDX-License-Identifier: MIT
 *
 * breaker.h - when a service is left alone: after a number of failures in a row nothing is tried
 * for a while, and then once, while no caller waits. Values in, values out; clock and lock are the
 * caller's.
 */
#ifndef COMMON_BREAKER_H
#define COMMON_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

/* The values of rental_system_circuit_breaker_state, as the host gives them for upstreams. */
enum breaker_state {
	BREAKER_CLOSED = 0,
	BREAKER_OPEN = 1,
	BREAKER_HALF_OPEN = 2,
};

struct breaker {
	enum breaker_state state;
	int64_t failures, failures_max, reset_us;
	int64_t until; /* with OPEN: when the next try is due */
};

void breaker_succeeded(struct breaker *b);
/* Returns true when it opens by this. */
bool breaker_failed(struct breaker *b, int64_t now);
/* A try is due: OPEN becomes HALF_OPEN. */
void breaker_try(struct breaker *b);
const char *breaker_name(enum breaker_state state);

#endif
