/* SPDX-License-Identifier: MIT
 *
 * log.c - see log.h: level, order of keys. The text of a line is line.c's, the limit limit.c's,
 * the writing sink.c's.
 */
#include "log/log.h"

#include <inttypes.h>
#include <rent/time.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "log/limit.h"
#include "log/line.h"
#include "log/sink.h"

#define LOG_MESSAGE_MAX 4096

static const char *const level_names[] = { "?", "error", "warn", "info", "debug" };
static const char *const first_keys[] = { "request_id", "trace_id" };

static _Atomic(int) current_level = RENT_LOG_INFO;
static _Atomic(int) current_format = LOG_LOGFMT;

void log_setup(enum rent_log_level level, enum log_format format)
{
	atomic_store(&current_level, (int)level);
	atomic_store(&current_format, (int)format);
}

enum rent_log_level log_level(void)
{
	return (enum rent_log_level)atomic_load_explicit(&current_level,
	                                                 memory_order_relaxed);
}

bool log_enabled(enum rent_log_level level)
{
	return level <= log_level();
}

void log_to(int fd)
{
	sink_to(fd);
}

static void tell_gap(uint64_t dropped)
{
	char count[24];
	const struct rent_field fields[] = { { "dropped", count }, { NULL, NULL } };

	(void)snprintf(count, sizeof(count), "%" PRIu64, dropped);
	log_write(
		RENT_LOG_WARN, "log", fields,
		"lines of this log are missing here: its reader did not take them in time");
}

void log_start(void)
{
	sink_start(tell_gap);
}

void log_stop(void)
{
	sink_stop(LOG_STOP_US);
}

void log_last_words(const char *text)
{
	sink_last_words(text);
}

uint64_t log_dropped(void)
{
	return sink_dropped();
}

static bool is_first_key(const char *key)
{
	for (size_t i = 0; i < sizeof(first_keys) / sizeof(first_keys[0]); i++)
		if (strcmp(key, first_keys[i]) == 0)
			return true;
	return false;
}

static void add_fields(struct log_line *line, const struct rent_field *fields)
{
	if (fields == NULL)
		return;
	for (size_t i = 0; i < sizeof(first_keys) / sizeof(first_keys[0]); i++)
		for (const struct rent_field *f = fields; f->key != NULL; f++)
			if (strcmp(f->key, first_keys[i]) == 0)
				line_add(line, f->key, f->value);
	for (const struct rent_field *f = fields; f->key != NULL; f++)
		if (!is_first_key(f->key))
			line_add(line, f->key, f->value);
}

static void begin_line(struct log_line *line, enum rent_log_level level,
                       const char *component, const struct rent_field *fields,
                       const char *message)
{
	char when[RENT_TIME_SIZE];

	rent_time_text(clock_wall_us(), 'T', when);
	line_init(line, (enum log_format)atomic_load(&current_format));
	line_add(line, "ts", when);
	line_add(line, "level", level_names[level]);
	line_add(line, "msg", message);
	line_add(line, "component", component);
	add_fields(line, fields);
}

void log_vwrite(enum rent_log_level level, const char *component,
                const struct rent_field *fields, const char *fmt, va_list ap)
{
	char message[LOG_MESSAGE_MAX], count[24];
	struct log_line line;
	int64_t suppressed = 0;

	if (level < RENT_LOG_ERROR || level > RENT_LOG_DEBUG || !log_enabled(level))
		return;
	if (!limit_allow(component, fmt, clock_mono_us(), &suppressed))
		return;
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	begin_line(&line, level, component, fields, message);
	if (suppressed > 0) {
		(void)snprintf(count, sizeof(count), "%" PRId64, suppressed);
		line_add(&line, "suppressed", count);
	}
	line_end(&line);
	sink_line(line.text, line.used);
}

void log_write(enum rent_log_level level, const char *component,
               const struct rent_field *fields, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vwrite(level, component, fields, fmt, ap);
	va_end(ap);
}

void log_access(const char *component, const struct rent_field *fields, const char *fmt,
                ...)
{
	char message[LOG_MESSAGE_MAX];
	struct log_line line;
	va_list ap;

	if (!log_enabled(RENT_LOG_INFO))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	begin_line(&line, RENT_LOG_INFO, component, fields, message);
	line_end(&line);
	sink_line_later(line.text, line.used);
}

void log_hold(void)
{
	sink_hold();
}

void log_release(void)
{
	sink_release();
}
