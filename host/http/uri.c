/* SPDX-License-Identifier: MIT
 *
 * http/uri.c - see uri.h.
 */
#include "http/uri.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Length of the UTF-8 sequence at s, 0 when it is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low,
			high; /* first byte; bounds of the second */
		unsigned char length;
	} table[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (s[0] < table[i].first || s[0] > table[i].last)
			continue;
		if (s[1] < table[i].low || s[1] > table[i].high)
			return 0;
		for (size_t k = 2; k < table[i].length; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return table[i].length;
	}
	return 0;
}

bool uri_text_ok(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p != '\0') {
		size_t n = utf8_length(p);

		if (n == 0 || *p < 0x20 || *p == 0x7f)
			return false;
		p += n;
	}
	return true;
}

/* Decodes n bytes at s. Returns NULL when fine. */
static const char *decode(struct rent_arena *arena, const char *s, size_t n, bool plus,
                          const char **ret)
{
	char *out = rent_alloc(arena, n + 1), *p = out;

	if (out == NULL)
		return "it takes too much memory";
	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int high = i + 2 < n ? hex_value(s[i + 1]) : -1;
			int low = high >= 0 ? hex_value(s[i + 2]) : -1;

			if (low < 0)
				return "a '%' is not followed by two hexadecimal digits";
			c = (char)(high * 16 + low);
			if (c == '\0')
				return "it contains a zero byte";
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		*p++ = c;
	}
	*p = '\0';
	if (!uri_text_ok(out))
		return "it is not UTF-8 text without control characters";
	*ret = out;
	return NULL;
}

static const char *parse_path(struct rent_arena *arena, const char *s, size_t size,
                              struct uri *ret)
{
	const char *end = s + size, *wrong = decode(arena, s, size, false, &ret->path);

	while (wrong == NULL && s < end) {
		const char *next;

		s++; /* the slash */
		next = memchr(s, '/', (size_t)(end - s));
		if (next == NULL)
			next = end;
		if (ret->segment_count == HTTP_SEGMENTS_MAX) {
			ret->segment_count = HTTP_SEGMENTS_MAX + 1; /* matches nothing */
			return NULL;
		}
		wrong = decode(arena, s, (size_t)(next - s), false,
		               &ret->segments[ret->segment_count++]);
		s = next;
	}
	return wrong;
}

static const char *parse_query(struct rent_arena *arena, const char *s, struct uri *ret)
{
	const char *wrong = NULL;
	uint32_t n = 1;

	for (const char *p = s; *p != '\0'; p++)
		n += *p == '&';
	if (n > HTTP_QUERY_MAX)
		return "it has too many query parameters";
	ret->query = rent_alloc(arena, n * sizeof(*ret->query));
	if (ret->query == NULL)
		return "it takes too much memory";
	while (*s != '\0' && wrong == NULL) {
		size_t size = strcspn(s, "&"), name = strcspn(s, "=&");
		struct rent_http_query *q = &ret->query[ret->query_count];

		if (size > 0) {
			ret->query_count++;
			q->value = "";
			wrong = decode(arena, s, name, true, &q->name);
			if (wrong == NULL && name < size)
				wrong = decode(arena, s + name + 1, size - name - 1, true,
				               &q->value);
		}
		s += size + (s[size] == '&');
	}
	return wrong;
}

const char *uri_parse(struct rent_arena *arena, const char *target, struct uri *ret)
{
	const char *wrong;
	size_t size;

	*ret = (struct uri){ .path = target };
	if (strcmp(target, "*") == 0)
		return NULL;
	if (strncmp(target, "http://", 7) == 0 || strncmp(target, "https://", 8) == 0) {
		target = strchr(strchr(target, ':') + 3, '/');
		if (target == NULL)
			target = "/";
	}
	if (*target != '/')
		return "it does not begin with '/'";
	size = strcspn(target, "?#");
	wrong = parse_path(arena, target, size, ret);
	if (wrong == NULL && target[size] == '?')
		wrong = parse_query(arena, target + size + 1, ret);
	return wrong;
}
