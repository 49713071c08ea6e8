/* SPDX-License-Identifier: MIT
 *
 * base/dynbuf.h - a growing run of bytes with a named ceiling (after curl's dynbuf.h). An
 * error sticks: after the first failed append nothing changes until dynbuf_reset(), so that
 * a writer may check once at its end.
 */
#ifndef BASE_DYNBUF_H
#define BASE_DYNBUF_H

#include <rent/base.h>

struct dynbuf {
	char *data; /* NUL-terminated besides its size; NULL while nothing was appended */
	size_t size, cap, max;
	int error; /* 0, or RENT_ENOMEM: out of memory or over max */
};

void dynbuf_init(struct dynbuf *b, size_t max);
void dynbuf_done(struct dynbuf *b);
void dynbuf_reset(struct dynbuf *b); /* empties, keeps the memory */

/* All return b->error. */
int dynbuf_append(struct dynbuf *b, const void *p, size_t n);
int dynbuf_puts(struct dynbuf *b, const char *s);
int dynbuf_printf(struct dynbuf *b, const char *fmt, ...) RENT_PRINTF(2, 3);

/* The text so far; "" when empty. */
const char *dynbuf_text(const struct dynbuf *b);

/* The memory, which the caller frees; b is empty afterwards. NULL when empty. */
char *dynbuf_steal(struct dynbuf *b);

#endif
