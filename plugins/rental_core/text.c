/* SPDX-License-Identifier: MIT
 *
 * text.c - see text.h.
 */
#include "text.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include <rent/base.h>

#define CHARACTER_MAX 4

static bool is_utf8(const char *s, size_t n)
{
	json_t *text = json_stringn(s, n);
	bool is = text != NULL;

	json_decref(text);
	return is;
}

/* Bytes of the character at s; 0: none begins there. */
static size_t length_at(const char *s)
{
	for (size_t n = 1; n <= CHARACTER_MAX && s[n - 1] != '\0'; n++) {
		if (is_utf8(s, n))
			return n;
	}
	return 0;
}

/* The beginning of a character, and then the end of the text. */
static bool is_cut_off(const char *s)
{
	size_t n = 1;

	if (((unsigned char)s[0] & 0xc0) != 0xc0)
		return false;
	while (n < CHARACTER_MAX && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n < CHARACTER_MAX && s[n] == '\0';
}

void text_mend(char *text)
{
	size_t n;

	if (is_utf8(text, strlen(text)))
		return;
	for (char *s = text; *s != '\0'; s += n) {
		n = length_at(s);
		if (n != 0)
			continue;
		*s = is_cut_off(s) ? '\0' : '?';
		n = *s == '\0' ? 0 : 1;
	}
}

void text_copy(char *dst, size_t size, const char *src)
{
	(void)rent_copy(dst, size, src);
	text_mend(dst);
}
