/* SPDX-License-Identifier: MIT
 *
 * log/log.h - log lines on stderr: whole lines in each write(2), logfmt or JSON, the fixed keys
 * (ts level msg component request_id trace_id) first, and a limit on how often
 * the same text may be said. The caller decides what deserves a line. A service
 * (log_start) never waits for the reader of its log.
 *
 * Any thread, before log_setup() too (info, logfmt). Never fails.
 *
 * The log is the process' and not a host's: stderr is, and so are the signal handlers that
 * write the last words. Two hosts in one process write one log.
 */
#ifndef HOST_LOG_LOG_H
#define HOST_LOG_LOG_H

#include <rent/host.h>

enum log_format {
	LOG_LOGFMT = 0,
	LOG_JSON
};

/* Lines of one text let through at once, and how many are earned back a second. Beyond that
 * they are counted and the next line that passes says suppressed=N, so nothing is silenced
 * forever, least of all an error. */
#define LOG_BURST      20
#define LOG_PER_SECOND 2

void log_setup(enum rent_log_level level, enum log_format format);
enum rent_log_level log_level(void);
bool log_enabled(enum rent_log_level level);

/* One line. fields ends with a NULL key, or is NULL; fields with a NULL value are left out.
 * The limit is per (component, fmt): say what varies in fields or arguments, not by building
 * fmt. */
void log_write(enum rent_log_level level, const char *component,
               const struct rent_field *fields, const char *fmt, ...) RENT_PRINTF(4, 5);
void log_vwrite(enum rent_log_level level, const char *component,
                const struct rent_field *fields, const char *fmt, va_list ap)
	RENT_PRINTF(4, 0);

/* The access line of a request: info, without the limit, since every request has one. */
void log_access(const char *component, const struct rent_field *fields, const char *fmt,
                ...) RENT_PRINTF(3, 4);

/* Access lines of this thread in between are written together, at the end or as soon as a few of
 * them wait. A line of log_write() does not wait, and writes those before it. */
void log_hold(void);
void log_release(void);

/* From here to log_stop() a line that cannot be written at once waits in a buffer of bounded
 * size, or is dropped and counted: the log says so when it can be written again, and the metric
 * rentald_log_lines_dropped_total. log_stop() gives the reader up to LOG_STOP_US to take the
 * rest; lines after it are written or dropped. */
#define LOG_STOP_US RENT_SECOND
void log_start(void);
void log_stop(void);
uint64_t log_dropped(void);

/* Text as it is, from a signal handler, before the process ends. Never waits. */
void log_last_words(const char *text);

/* For tests: where lines go (a file descriptor, 2 at first). */
void log_to(int fd);

#endif
