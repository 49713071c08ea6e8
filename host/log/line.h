/* SPDX-License-Identifier: MIT
 *
 * log/line.h - one log line as text: escaping and quoting of logfmt and JSON in a buffer of
 * fixed size. A line that is too long is cut inside a value and stays well-formed.
 */
#ifndef HOST_LOG_LINE_H
#define HOST_LOG_LINE_H

#include "log/log.h"

#define LOG_LINE_MAX 8192

struct log_line {
	enum log_format format;
	size_t used;
	char text[LOG_LINE_MAX];
};

void line_init(struct log_line *line, enum log_format format);
/* Adds key=value; a NULL value is left out. */
void line_add(struct log_line *line, const char *key, const char *value);
/* Ends the line with a newline; line->text[0 .. used) is what to write. */
void line_end(struct log_line *line);

#endif
