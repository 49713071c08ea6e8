/* SPDX-License-Identifier: MIT
 *
 * plugin/crash.h - who did it: while the calling thread is inside a step of a plugin's life,
 * a fatal signal is answered with one line that names plugin, instance, file and step, and
 * exit code 70. Outside of one, in a call of a plugin's interface for instance, the line
 * names the plugin whose code or data was touched, and the signal has its usual effect.
 */
#ifndef HOST_PLUGIN_CRASH_H
#define HOST_PLUGIN_CRASH_H

#include <stdint.h>

/* Once, main thread. */
void crash_setup(void);

/* Strings are kept by pointer until crash_leave(). Not nested. */
void crash_enter(const char *plugin, const char *instance, const char *file,
                 const char *step);
void crash_leave(void);

/* The addresses [from, to) are those of a plugin's object. The file's name is kept by
 * pointer. Main thread. */
void crash_object(const char *plugin, const char *file, uintptr_t from, uintptr_t to);
/* … which this instance uses. The name is copied. */
void crash_object_used(const char *file, const char *instance);
/* The strings are about to go. */
void crash_objects_done(void);

/* The plugin that the calling thread is in, for a message of another handler;
 * async-signal-safe. */
void crash_say(const char *what);

#endif
