/* SPDX-License-Identifier: MIT
 *
 * upstream/retry.c - see retry.h.
 */
#include "upstream/retry.h"

#include "base/id.h"

bool retry_is_due(const struct upstream_limits *limits, unsigned tries, uint32_t flags,
                  const struct attempt_verdict *verdict)
{
	if (tries >= limits->tries)
		return false;
	if (verdict->transport == RENT_NOT_SENT)
		return verdict->again;
	return verdict->transport == RENT_REPLIED && (flags & RENT_RESEND_SAFE) != 0 &&
	       verdict->status >= 502 && verdict->status <= 504;
}

int64_t retry_delay_us(const struct upstream_limits *limits, unsigned tries)
{
	unsigned shift = tries > 16 ? 16 : tries - 1;
	int64_t us = limits->backoff_us << shift, part = us / 4;
	uint32_t dice;

	if (part == 0)
		return us;
	id_random(&dice, sizeof(dice));
	return us - part + (int64_t)(dice % (uint64_t)(2 * part));
}
