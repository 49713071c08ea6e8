/* SPDX-License-Identifier: MIT
 *
 * base/dynbuf.c - see dynbuf.h.
 */
#include "base/dynbuf.h"

#include <stdlib.h>

#define DYNBUF_FIRST ((size_t)128)

void dynbuf_init(struct dynbuf *b, size_t max)
{
	*b = (struct dynbuf){ .max = max };
}

void dynbuf_done(struct dynbuf *b)
{
	free(b->data);
	*b = (struct dynbuf){ .max = b->max };
}

void dynbuf_reset(struct dynbuf *b)
{
	b->size = 0;
	b->error = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for n more bytes and the NUL. */
static int reserve(struct dynbuf *b, size_t n)
{
	size_t cap = b->cap == 0 ? DYNBUF_FIRST : b->cap;
	char *data;

	if (b->error != 0)
		return b->error;
	if (n > b->max - b->size)
		return b->error = RENT_ENOMEM;
	if (b->size + n + 1 <= b->cap)
		return 0;
	while (cap < b->size + n + 1)
		cap *= 2;
	data = realloc(b->data, cap);
	if (data == NULL)
		return b->error = RENT_ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

int dynbuf_append(struct dynbuf *b, const void *p, size_t n)
{
	if (reserve(b, n) != 0)
		return b->error;
	if (n > 0)
		memcpy(b->data + b->size, p, n);
	b->size += n;
	b->data[b->size] = '\0';
	return 0;
}

int dynbuf_puts(struct dynbuf *b, const char *s)
{
	return dynbuf_append(b, s, strlen(s));
}

int dynbuf_printf(struct dynbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		b->error = RENT_ENOMEM;
	if (n >= 0 && reserve(b, (size_t)n) == 0) {
		(void)vsnprintf(b->data + b->size, (size_t)n + 1, fmt, again);
		b->size += (size_t)n;
	}
	va_end(again);
	va_end(ap);
	return b->error;
}

const char *dynbuf_text(const struct dynbuf *b)
{
	return b->data == NULL ? "" : b->data;
}

char *dynbuf_steal(struct dynbuf *b)
{
	char *data = b->data;

	*b = (struct dynbuf){ .max = b->max };
	return data;
}
