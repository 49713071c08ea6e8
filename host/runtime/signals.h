/* SPDX-License-Identifier: MIT
 *
 * runtime/signals.h - the signals a service lives by. They are blocked in every thread and
 * taken by the main thread where it waits, so that no handler runs in the middle of anything.
 */
#ifndef HOST_RUNTIME_SIGNALS_H
#define HOST_RUNTIME_SIGNALS_H

#include <rent/base.h>

enum signal_event {
	SIGNAL_NONE = 0,
	SIGNAL_END,
	SIGNAL_RELOAD
};

/* A peer that hangs up is an error code, not the end of the process. Every mode. */
void signals_ignore_pipe(void);

/* Before any thread is started: blocks SIGTERM, SIGINT, SIGHUP. */
void signals_setup(void);

/* Main thread: waits for one of them, at most timeout_us (negative: no limit). */
enum signal_event signals_wait(int64_t timeout_us);

/* From here on SIGTERM and SIGINT end the process at once, and after deadline_us `late` is
 * called in a signal handler; it must not return. */
void signals_last_call(int64_t deadline_us, void (*late)(int));

#endif
