/* SPDX-License-Identifier: MIT
 *
 * log/limit.h - how often one text may be said: a bucket of LOG_BURST lines for each pair of
 * component and format, refilled with LOG_PER_SECOND. Two texts that share a slot reset each
 * other, which lets more through, never less.
 */
#ifndef HOST_LOG_LIMIT_H
#define HOST_LOG_LIMIT_H

#include <rent/base.h>

/* May this be said now? *ret_suppressed: how many were not since the last that was. */
bool limit_allow(const char *component, const char *fmt, int64_t now_us,
                 int64_t *ret_suppressed);

#endif
