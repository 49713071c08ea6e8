/* SPDX-License-Identifier: MIT
 *
 * plugin/crash.h - who did it: while the calling thread is inside a step of a plugin's life,
 * a fatal signal is answered with one line that names plugin, instance, file and step, and
 * exit code 70. Outside of one the signal has its usual effect.
 */
#ifndef HOST_PLUGIN_CRASH_H
#define HOST_PLUGIN_CRASH_H

/* Once, main thread. */
void crash_setup(void);

/* Strings are kept by pointer until crash_leave(). Not nested. */
void crash_enter(const char *plugin, const char *instance, const char *file,
                 const char *step);
void crash_leave(void);

/* What the calling thread is in, for a message of another handler; async-signal-safe. */
void crash_say(const char *what);

#endif
