/* SPDX-License-Identifier: MIT
 *
 * runners.h - a few tasks that do one thing together.
 */
#ifndef BILLING_RUNNERS_H
#define BILLING_RUNNERS_H

#include <rent/host.h>

/* Calls fn(arg) in the calling task and in count - 1 tasks beside it, and returns when each call
 * has returned. When the host has no room for so many tasks, fewer do it. */
void runners_do(const struct rent_host *host, unsigned count, void (*fn)(void *arg),
                void *arg);

#endif
