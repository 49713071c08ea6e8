/* SPDX-License-Identifier: MIT
 *
 * cursor.h - where the next page begins, as text that clients pass back and do not read:
 * base64url of a version, a number and an id.
 */
#ifndef HTTP_API_CURSOR_H
#define HTTP_API_CURSOR_H

#include <rent/base.h>

struct cursor {
	int64_t at; /* not negative */
	char id[RENT_ID_SIZE];
};

/* In the arena; NULL when that is full. */
const char *cursor_write(struct rent_arena *arena, int64_t at, const char *id);

/* False on anything that cursor_write() did not make. */
bool cursor_read(const char *text, struct cursor *ret);

#endif
