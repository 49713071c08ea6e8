/* SPDX-License-Identifier: MIT
 *
 * line.c - see line.h. Both formats share the escapes of JSON strings, so that one reader of
 * quoted values serves for both.
 */
#include "log/line.h"

#include "base/utf8.h"

/* Kept free for what closes a value and the line: quote, brace, newline. */
#define LINE_RESERVE 8

static void put_bytes(struct log_line *line, const char *s, size_t n)
{
	if (line->used + n > sizeof(line->text) - LINE_RESERVE)
		return;
	memcpy(line->text + line->used, s, n);
	line->used += n;
}

/* As much as fits: any byte of it may be the last. */
static void put_span(struct log_line *line, const unsigned char *s, size_t n)
{
	size_t room = sizeof(line->text) - LINE_RESERVE;

	room = line->used < room ? room - line->used : 0;
	put_bytes(line, (const char *)s, n < room ? n : room);
}

/* What a terminal obeys or shows in another order: U+0080–9F, marks and overrides of the writing
 * direction, line and paragraph separators. 0: none of these. */
static unsigned unseen(const unsigned char *s, size_t n)
{
	unsigned c = 0;

	if (n == 2)
		c = (unsigned)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	else if (n == 3)
		c = (unsigned)(s[0] & 0x0f) << 12 | (unsigned)(s[1] & 0x3f) << 6 |
		    (s[2] & 0x3f);
	return (c >= 0x80 && c <= 0x9f) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
	                       (c >= 0x2028 && c <= 0x202e) ||
	                       (c >= 0x2066 && c <= 0x2069)
	               ? c
	               : 0;
}

static void put_code(struct log_line *line, unsigned c)
{
	static const char hex[] = "0123456789abcdef";

	put_bytes(line,
	          (const char[]){ '\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15],
	                          hex[c >> 4 & 15], hex[c & 15] },
	          6);
}

static void put_escaped(struct log_line *line, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	while (*s != '\0') {
		size_t n = utf8_plain_length(s);

		if (n > 0) {
			put_span(line, s, n);
			s += n;
			continue;
		}
		n = utf8_length(s);
		if (*s == '"' || *s == '\\') {
			put_bytes(line, (const char[]){ '\\', (char)*s }, 2);
		} else if (*s == '\n') {
			put_bytes(line, "\\n", 2);
		} else if (*s < 0x20 || *s == 0x7f) {
			put_code(line, *s);
		} else if (n == 0) {
			put_bytes(line, "\\ufffd", 6);
		} else if (unseen(s, n) != 0) {
			put_code(line, unseen(s, n));
		} else {
			put_bytes(line, (const char *)s, n);
		}
		s += n == 0 ? 1 : n;
	}
}

static bool needs_quotes(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	if (*s == '\0')
		return true;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s == '"' || *s == '=' || *s == '\\' || *s >= 0x7f)
			return true;
	return false;
}

void line_init(struct log_line *line, enum log_format format)
{
	line->format = format;
	line->used = 0;
	if (format == LOG_JSON)
		put_bytes(line, "{", 1);
}

void line_add(struct log_line *line, const char *key, const char *value)
{
	bool quote;

	/* Half a key is worse than none. */
	if (value == NULL || line->used + strlen(key) + 16 > sizeof(line->text))
		return;
	quote = line->format == LOG_JSON || needs_quotes(value);
	if (line->used > 1)
		put_bytes(line, line->format == LOG_JSON ? "," : " ", 1);
	if (line->format == LOG_JSON) {
		put_bytes(line, "\"", 1);
		put_escaped(line, key);
		put_bytes(line, "\":", 2);
	} else {
		put_bytes(line, key, strlen(key));
		put_bytes(line, "=", 1);
	}
	if (quote)
		line->text[line->used++] = '"';
	put_escaped(line, value);
	if (quote)
		line->text[line->used++] = '"';
}

void line_end(struct log_line *line)
{
	if (line->format == LOG_JSON)
		line->text[line->used++] = '}';
	line->text[line->used++] = '\n';
}
