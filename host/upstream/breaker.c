/* SPDX-License-Identifier: MIT
 *
 * upstream/breaker.c - see breaker.h.
 */
#include "upstream/breaker.h"

static void enter(struct breaker *b, enum breaker_state state)
{
	b->state = state;
	b->epoch++;
	b->probing = false;
}

void breaker_init(struct breaker *b, unsigned failure_max, int64_t reset_us)
{
	*b = (struct breaker){ .failure_max = failure_max, .reset_us = reset_us };
}

bool breaker_admit(struct breaker *b, int64_t mono_us, uint32_t *ret_ticket)
{
	if (b->state == BREAKER_OPEN && mono_us - b->opened_us >= b->reset_us)
		enter(b, BREAKER_HALF_OPEN);
	if (b->state == BREAKER_OPEN || b->probing)
		return false;
	b->probing = b->state == BREAKER_HALF_OPEN;
	*ret_ticket = b->epoch;
	return true;
}

int64_t breaker_wait(const struct breaker *b, int64_t mono_us)
{
	int64_t left = b->opened_us + b->reset_us - mono_us;

	return b->state == BREAKER_OPEN && left > 0 ? left : 1;
}

void breaker_result(struct breaker *b, uint32_t ticket, enum breaker_result result,
                    int64_t mono_us, int64_t wall_us)
{
	if (result == BREAKER_FAILURE)
		b->last_failure_us = wall_us;
	if (ticket != b->epoch)
		return;
	if (result == BREAKER_NEITHER) {
		b->probing = false; /* the next call is the probe */
		return;
	}
	if (result == BREAKER_OK) {
		b->failures = 0;
		if (b->state == BREAKER_HALF_OPEN)
			enter(b, BREAKER_CLOSED);
		return;
	}
	b->failures++;
	if (b->state == BREAKER_HALF_OPEN || b->failures >= b->failure_max) {
		b->opened_us = mono_us;
		enter(b, BREAKER_OPEN);
	}
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
