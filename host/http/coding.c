/* SPDX-License-Identifier: MIT
 *
 * http/coding.c - see coding.h.
 */
#include "http/coding.h"

#include <strings.h>

#define BLANKS " \t"
#define UNSAID (-1)

/* Weights in thousandths. */
struct wishes {
	int gzip, identity, any;
};

/* "0.75" as 750; 0 for what is no weight: then the file goes as it is. */
static int weight_of(const char *text, size_t size)
{
	int value, scale = 100;

	if (size == 0 || size > 5 || (text[0] != '0' && text[0] != '1'))
		return 0;
	value = (text[0] - '0') * 1000;
	if (size > 1 && text[1] != '.')
		return 0;
	for (size_t i = 2; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value += (text[i] - '0') * scale;
		scale /= 10;
	}
	return value <= 1000 ? value : 0;
}

/* The weight in what follows a coding's name, ";q=0.5"; 1000 when it has none. */
static int weight_in(const char *at, const char *end)
{
	size_t size;

	at += strspn(at, BLANKS);
	if (at >= end)
		return 1000;
	if (*at != ';')
		return 0;
	at++;
	at += strspn(at, BLANKS);
	if (end - at < 2 || strncasecmp(at, "q=", 2) != 0)
		return 0;
	at += 2;
	size = strcspn(at, BLANKS ",");
	if (at + size + strspn(at + size, BLANKS) != end)
		return 0;
	return weight_of(at, size);
}

static bool is_named(const char *at, size_t size, const char *name)
{
	return size == strlen(name) && strncasecmp(at, name, size) == 0;
}

static void read_wishes(const char *at, struct wishes *ret)
{
	while (*at != '\0') {
		size_t blanks = strspn(at, BLANKS ",");
		size_t name = strcspn(at + blanks, BLANKS ",;");
		const char *end = at + blanks + strcspn(at + blanks, ",");
		int weight = weight_in(at + blanks + name, end);

		at += blanks;
		if (is_named(at, name, "gzip") || is_named(at, name, "x-gzip"))
			ret->gzip = weight;
		else if (is_named(at, name, "identity"))
			ret->identity = weight;
		else if (is_named(at, name, "*"))
			ret->any = weight;
		at = end;
	}
}

/* Identity that is not named is allowed, and wanted less than what is named. */
bool coding_gzip_wanted(const struct call *call)
{
	struct wishes w = { UNSAID, UNSAID, UNSAID };

	for (unsigned i = 0; i < call->header_count; i++)
		if (strcasecmp(call->headers[i].name, "Accept-Encoding") == 0)
			read_wishes(call->headers[i].value, &w);
	if (w.gzip == UNSAID)
		w.gzip = w.any;
	return w.gzip > 0 && w.gzip >= w.identity;
}
