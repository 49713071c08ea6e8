/* SPDX-License-Identifier: MIT
 *
 * upstream/retry.h - whether an exchange is tried again, and when: values in, values out.
 */
#ifndef UPSTREAM_RETRY_H
#define UPSTREAM_RETRY_H

#include "upstream/attempt.h"

/* After `tries` tries, the last of which ended with the verdict. flags: of the request. */
bool retry_is_due(const struct upstream_limits *limits, unsigned tries, uint32_t flags,
                  const struct attempt_verdict *verdict);

/* How long to wait before the next try. Doubles with each, less or more by up to a quarter, so
 * that exchanges that failed together do not come back together. */
int64_t retry_delay_us(const struct upstream_limits *limits, unsigned tries);

#endif
