/* SPDX-License-Identifier: MIT
 *
 * base/utf8.c - see utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

/* The length that a first byte announces; 0 if no character begins with it. */
static size_t announced(unsigned char c)
{
	static const struct {
		unsigned char below;
		size_t length;
	} steps[] = { { 0x80, 1 }, { 0xc2, 0 }, { 0xe0, 2 }, { 0xf0, 3 }, { 0xf5, 4 } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (c < steps[i].below)
			return steps[i].length;
	return 0;
}

size_t utf8_length(const unsigned char *s)
{
	size_t n = announced(s[0]);

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than needed, surrogates, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
		return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

size_t utf8_mark(const char *text)
{
	return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}
