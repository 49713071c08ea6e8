/* SPDX-License-Identifier: MIT
 *
 * json.c - members of JSON objects, read with bounds; see json.h.
 */
#include "json.h"

bool json_read_int(const json_t *object, const char *name, int64_t min, int64_t max,
                   int64_t *ret)
{
	const json_t *member = json_object_get(object, name);
	int64_t n = json_integer_value(member);

	if (!json_is_integer(member) || n < min || n > max)
		return false;
	*ret = n;
	return true;
}

bool json_read_id(const json_t *object, const char *name, char ret[RENT_ID_SIZE])
{
	const char *text = json_string_value(json_object_get(object, name));

	return rent_id_valid(text) && rent_copy(ret, RENT_ID_SIZE, text);
}

bool json_says(const json_t *object, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL && strcmp(value, text) == 0;
}
