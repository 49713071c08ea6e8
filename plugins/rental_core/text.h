/* SPDX-License-Identifier: MIT
 *
 * text.h - text of others that a storage is to keep: UTF-8, or the storage refuses the whole change,
 * each time that it is tried.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stddef.h>

/* Makes text UTF-8, in place and never longer: a character that is cut off at the end goes, and each
 * byte that is of no character becomes '?'. */
void text_mend(char *text);

/* rent_copy() of at most size - 1 bytes of src (NULL: ""), and text_mend(): no character is cut in two. */
void text_copy(char *dst, size_t size, const char *src);

#endif
