/* SPDX-License-Identifier: MIT
 *
 * cursor.c - see cursor.h. Only the one spelling of a value is read, so that a cursor is
 * either ours or refused.
 */
#include "cursor.h"

/* Microseconds: the year 10000. A database may refuse later ones. */
#define AT_MAX    INT64_C(253402300800000000)
#define PLAIN_MAX (2 + 19 + 1 + RENT_ID_MAX) /* "1:" at ":" id */
#define TEXT_MAX  ((PLAIN_MAX * 4 + 2) / 3)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789-_";

/* Writes TEXT_MAX + 1 bytes at most. */
static void encode(const char *plain, size_t n, char *out)
{
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)(unsigned char)plain[i] << 16;

		if (left > 1)
			v |= (uint32_t)(unsigned char)plain[i + 1] << 8;
		if (left > 2)
			v |= (uint32_t)(unsigned char)plain[i + 2];
		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		if (left > 1)
			*out++ = digits[v >> 6 & 63];
		if (left > 2)
			*out++ = digits[v & 63];
	}
	*out = '\0';
}

/* Reads whole bytes; bits that are left over are found by writing the value again. */
static bool decode(const char *text, char plain[PLAIN_MAX + 1])
{
	size_t size = 0;
	uint32_t v = 0;
	int bits = 0;

	if (strlen(text) > TEXT_MAX)
		return false;
	for (; *text != '\0'; text++) {
		const char *digit = strchr(digits, *text);

		if (digit == NULL)
			return false;
		v = (v << 6 | (uint32_t)(digit - digits)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (size == PLAIN_MAX)
			return false;
		plain[size++] = (char)(v >> bits & 0xff);
	}
	plain[size] = '\0';
	return memchr(plain, '\0', size) == NULL;
}

static bool number(const char **s, int64_t *ret)
{
	const char *begin = *s;
	int64_t n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++) {
		int64_t digit = **s - '0';

		if (n > (INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	return *s != begin;
}

const char *cursor_write(struct rent_arena *arena, int64_t at, const char *id)
{
	char plain[PLAIN_MAX + 1], text[TEXT_MAX + 1];
	int n = snprintf(plain, sizeof(plain), "1:%" PRId64 ":%s", at, id);

	if (n < 0 || n > PLAIN_MAX)
		return NULL;
	encode(plain, (size_t)n, text);
	return rent_strdup(arena, text);
}

bool cursor_read(const char *text, struct cursor *ret)
{
	char plain[PLAIN_MAX + 1] = "", again[PLAIN_MAX + 1], canonical[TEXT_MAX + 1];
	const char *p = plain + 2;
	struct cursor c;
	int n;

	if (!decode(text, plain) || strncmp(plain, "1:", 2) != 0 || !number(&p, &c.at) ||
	    c.at > AT_MAX || *p++ != ':' || *p == '\0' ||
	    !rent_copy(c.id, sizeof(c.id), p))
		return false;
	for (; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return false;
	}
	n = snprintf(again, sizeof(again), "1:%" PRId64 ":%s", c.at, c.id);
	if (n < 0 || n > PLAIN_MAX)
		return false;
	encode(again, (size_t)n, canonical);
	if (strcmp(canonical, text) != 0)
		return false;
	*ret = c;
	return true;
}
