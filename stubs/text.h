/* SPDX-License-Identifier: MIT
 *
 * stubs/text.h - a growing text with a ceiling, and JSON written into it. A failed
 * allocation or the ceiling marks the text; the code that hands it on checks once, at the end.
 */
#ifndef STUBS_TEXT_H
#define STUBS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX ((size_t)256 << 20)

struct text {
	char *p; /* NUL-terminated when not NULL */
	size_t n, cap;
	bool failed;
};

void text_done(struct text *t);
void text_add(struct text *t, const char *s, size_t n);
void text_str(struct text *t, const char *s);
void text_int(struct text *t, int64_t v);
/* The string in quotes, escaped. Bytes above 0x7f are passed on as they are. */
void text_json(struct text *t, const char *s);
/* ,"name":"value" and ,"name":value; the comma is left out after '{'. */
void text_member(struct text *t, const char *name, const char *value);
void text_member_int(struct text *t, const char *name, int64_t value);

#endif
