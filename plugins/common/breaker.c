/* SPDX-License-Identifier: MIT
 *
 * breaker.c - see breaker.h.
 */
#include "breaker.h"

void breaker_succeeded(struct breaker *b)
{
	b->failures = 0;
	b->state = BREAKER_CLOSED;
}

bool breaker_failed(struct breaker *b, int64_t now)
{
	if (b->state == BREAKER_OPEN)
		return false;
	b->failures++;
	if (b->state == BREAKER_CLOSED && b->failures < b->failures_max)
		return false;
	b->state = BREAKER_OPEN;
	b->until = now + b->reset_us;
	return true;
}

void breaker_try(struct breaker *b)
{
	if (b->state == BREAKER_OPEN)
		b->state = BREAKER_HALF_OPEN;
}

const char *breaker_name(enum breaker_state state)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half-open",
	};

	return names[state];
}
