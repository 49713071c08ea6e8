/* SPDX-License-Identifier: MIT
 *
 * json.h - members of JSON objects that somebody else wrote, read with bounds. A member that is
 * missing, of another type or out of bounds is refused, never bent into range: the caller
 * decides whether that makes the whole document unusable.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <rent/base.h>

#include <jansson.h>

/* Each returns false, and leaves *ret alone, when the member is not as asked for. */
bool json_read_int(const json_t *object, const char *name, int64_t min, int64_t max,
                   int64_t *ret);
/* 1 .. RENT_ID_MAX visible ASCII characters. */
bool json_read_id(const json_t *object, const char *name, char ret[RENT_ID_SIZE]);

/* Whether the member is this text. */
bool json_says(const json_t *object, const char *name, const char *text);

#endif
