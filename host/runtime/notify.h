/* SPDX-License-Identifier: MIT
 *
 * runtime/notify.h - the service manager's protocol (sd_notify): a datagram of text to the
 * socket that NOTIFY_SOCKET names. Without one nothing happens.
 */
#ifndef HOST_RUNTIME_NOTIFY_H
#define HOST_RUNTIME_NOTIFY_H

#include <rent/base.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", … Main thread. */
void notify_send(const char *state);

/* "RELOADING=1" with the time stamp that Type=notify-reload wants. */
void notify_reloading(void);

/* How often WATCHDOG=1 is to be sent: half of WATCHDOG_USEC; negative: no watchdog. */
int64_t notify_watchdog_us(void);

#endif
