/* SPDX-License-Identifier: MIT
 *
 * base/utf8.h - what is well-formed UTF-8 (RFC 3629).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed sequence at s, which ends with a NUL somewhere; 0: there is none. */
size_t utf8_length(const unsigned char *s);

/* Bytes from s on that a JSON string shows as they are, nearly all of every text: printable ASCII
 * but the quote and the backslash. */
static inline size_t utf8_plain_length(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* Bytes of the mark with which some editors begin a file of UTF-8; 0: there is none. */
size_t utf8_mark(const char *text);

#endif
