/* SPDX-License-Identifier: MIT
 *
 * upstream/limits.h - what an operator limits: the tries of an exchange, the breaker, and how
 * many connections are kept.
 */
#ifndef UPSTREAM_LIMITS_H
#define UPSTREAM_LIMITS_H

#include <stdint.h>

/* Kept-alive connections, all upstreams and loops together. */
#define UPSTREAM_IDLE_MAX 4096u

struct upstream_limits {
	int64_t timeout_us; /* of one try, connecting included */
	int64_t backoff_us; /* before the second try; doubles; ± a quarter */
	int64_t breaker_reset_us;
	int64_t max_life_us; /* of a kept-alive connection; 0: no end */
	unsigned tries, breaker_failures, max_in_flight;
};

#endif
