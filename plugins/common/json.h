/* SPDX-License-Identifier: MIT
 *
 * json.h - reads members of foreign JSON objects with bounds. It refuses a member that is
 * missing, of another type or out of bounds, and never bends it into range. The caller
 * decides whether the whole document is unusable then.
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
