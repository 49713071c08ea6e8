/* SPDX-License-Identifier: MIT
 *
 * stubs/text.c - owns the growth of a text and the escaping of JSON strings. Reads no JSON.
 */
#include "text.h"

#include <stdlib.h>
#include <string.h>

void text_done(struct text *t)
{
	free(t->p);
	*t = (struct text){ 0 };
}

static bool text_room(struct text *t, size_t n)
{
	size_t cap = t->cap == 0 ? 512 : t->cap;
	char *p;

	if (t->failed)
		return false;
	if (t->cap - t->n > n)
		return true;
	while (cap - t->n <= n)
		cap *= 2;
	p = cap > TEXT_MAX ? NULL : realloc(t->p, cap);
	if (p == NULL) {
		t->failed = true;
		return false;
	}
	t->p = p;
	t->cap = cap;
	return true;
}

void text_add(struct text *t, const char *s, size_t n)
{
	if (!text_room(t, n))
		return;
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

void text_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_int(struct text *t, int64_t v)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t u = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		*--p = '-';
	text_add(t, p, (size_t)(buf + sizeof(buf) - p));
}

static void text_escape(struct text *t, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char esc[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\') {
		esc[1] = (char)c;
		text_add(t, esc, 2);
	} else {
		text_add(t, esc, sizeof(esc));
	}
}

void text_json(struct text *t, const char *s)
{
	const char *from = s;

	text_add(t, "\"", 1);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		text_add(t, from, (size_t)(s - from));
		text_escape(t, c);
		from = s + 1;
	}
	text_add(t, from, (size_t)(s - from));
	text_add(t, "\"", 1);
}

static void text_name(struct text *t, const char *name)
{
	if (t->n > 0 && t->p[t->n - 1] != '{')
		text_add(t, ",", 1);
	text_json(t, name);
	text_add(t, ":", 1);
}

void text_member(struct text *t, const char *name, const char *value)
{
	text_name(t, name);
	text_json(t, value);
}

void text_member_int(struct text *t, const char *name, int64_t value)
{
	text_name(t, name);
	text_int(t, value);
}
