/* SPDX-License-Identifier: MIT
 *
 * tools/json.c - see rent/json.h. jansson reads and writes; a document that was read is copied
 * into the arena at once, so that nothing is left to be freed.
 */
#include "tools/tools.h"

#include "base/unconst.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>

struct rent_json {
	enum rent_json_type type;
	const char *name; /* of a member; "" of an element */
	const char *text;
	int64_t number;
	struct rent_json *items; /* of an array or object */
	size_t count;
};

/* ---- reading ------------------------------------------------------------------------------ */

static bool copy_value(struct rent_arena *arena, const json_t *from,
                       struct rent_json *to);

static bool copy_items(struct rent_arena *arena, const json_t *from, struct rent_json *to)
{
	size_t n = json_is_array(from) ? json_array_size(from) : json_object_size(from);
	void *at = json_object_iter(unconst(from));

	to->items = rent_alloc(arena, (n + 1) * sizeof(*to->items));
	if (to->items == NULL)
		return false;
	for (; to->count < n; to->count++) {
		struct rent_json *item = &to->items[to->count];
		const json_t *value;

		if (to->type == RENT_JSON_ARRAY) {
			item->name = "";
			value = json_array_get(from, to->count);
		} else {
			item->name = rent_strdup(arena, json_object_iter_key(at));
			value = json_object_iter_value(at);
			at = json_object_iter_next(unconst(from), at);
		}
		if (item->name == NULL || !copy_value(arena, value, item))
			return false;
	}
	return true;
}

/* Zeroes `to`, except its name. */
static bool copy_value(struct rent_arena *arena, const json_t *from, struct rent_json *to)
{
	switch (json_typeof(from)) {
	case JSON_STRING:
		to->type = RENT_JSON_TEXT;
		to->text = rent_strdup(arena, json_string_value(from));
		return to->text != NULL;
	case JSON_INTEGER:
		to->type = RENT_JSON_INT;
		to->number = (int64_t)json_integer_value(from);
		return true;
	case JSON_REAL:
		to->type = RENT_JSON_FRACTION;
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		to->type = RENT_JSON_BOOL;
		to->number = json_is_true(from);
		return true;
	case JSON_ARRAY:
		to->type = RENT_JSON_ARRAY;
		return copy_items(arena, from, to);
	case JSON_OBJECT:
		to->type = RENT_JSON_OBJECT;
		return copy_items(arena, from, to);
	case JSON_NULL:
	default:
		to->type = RENT_JSON_NULL;
		return true;
	}
}

static const struct rent_json *parse_json(struct rent_arena *arena, const char *text,
                                          size_t size)
{
	json_t *document =
		json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct rent_json *root = NULL;

	if (document != NULL)
		root = rent_alloc(arena, sizeof(*root));
	if (root != NULL) {
		root->name = "";
		if (!copy_value(arena, document, root))
			root = NULL;
	}
	json_decref(document);
	return root;
}

/* The item that the first n bytes of path name. */
static const struct rent_json *find_member(const struct rent_json *json, const char *path,
                                           size_t n)
{
	size_t i = 0;

	if (json->type == RENT_JSON_OBJECT) {
		for (; i < json->count; i++)
			if (strlen(json->items[i].name) == n &&
			    memcmp(json->items[i].name, path, n) == 0)
				return &json->items[i];
		return NULL;
	}
	if (json->type != RENT_JSON_ARRAY || n == 0 || n > 9)
		return NULL;
	for (; n > 0 && *path >= '0' && *path <= '9'; path++, n--)
		i = i * 10 + (size_t)(*path - '0');
	return n == 0 && i < json->count ? &json->items[i] : NULL;
}

static const struct rent_json *get_item(const struct rent_json *json, const char *path)
{
	while (json != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		json = find_member(json, path, n);
		path += path[n] == '.' ? n + 1 : n;
	}
	return json;
}

static enum rent_json_type type_of_item(const struct rent_json *json, const char *path)
{
	const struct rent_json *value = get_item(json, path);

	return value == NULL ? RENT_JSON_NONE : value->type;
}

static const char *text_of_item(const struct rent_json *json, const char *path)
{
	const struct rent_json *value = get_item(json, path);

	return value == NULL || value->type != RENT_JSON_TEXT ? "" : value->text;
}

static bool int_of_item(const struct rent_json *json, const char *path, int64_t min,
                        int64_t max, int64_t *ret)
{
	const struct rent_json *value = get_item(json, path);

	if (value == NULL || value->type != RENT_JSON_INT || value->number < min ||
	    value->number > max)
		return false;
	*ret = value->number;
	return true;
}

static bool bool_of_item(const struct rent_json *json, const char *path, bool *ret)
{
	const struct rent_json *value = get_item(json, path);

	if (value == NULL || value->type != RENT_JSON_BOOL)
		return false;
	*ret = value->number != 0;
	return true;
}

static size_t count_items(const struct rent_json *json, const char *path)
{
	const struct rent_json *value = get_item(json, path);

	return value == NULL ? 0 : value->count;
}

static const struct rent_json *item_at(const struct rent_json *json, const char *path,
                                       size_t i, const char **ret_name)
{
	const struct rent_json *value = get_item(json, path);

	if (value == NULL || i >= value->count)
		return NULL;
	if (ret_name != NULL)
		*ret_name = value->items[i].name;
	return &value->items[i];
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Anybody may have written the text: show what is not UTF-8 as '?'. */
static json_t *text_json(const char *s)
{
	json_t *json = s == NULL || *s == '\0' ? json_null() : json_string(s);
	char *plain;

	if (json != NULL || s == NULL)
		return json;
	plain = strdup(s);
	for (char *p = plain; p != NULL && *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	json = plain == NULL ? NULL : json_string(plain);
	free(plain);
	return json;
}

static json_t *value_json(const struct rent_value *v)
{
	char time[RENT_TIME_SIZE];

	switch (v->type) {
	case RENT_VALUE_TEXT:
		return text_json(v->text);
	case RENT_VALUE_INT:
		return json_integer((json_int_t)v->number);
	case RENT_VALUE_BOOL:
		return json_boolean(v->number != 0);
	case RENT_VALUE_TIME:
		if (v->number == 0)
			return json_null();
		rent_time_text(v->number, 'T', time);
		return json_string(time);
	case RENT_VALUE_NULL:
	default:
		return json_null();
	}
}

/* The object that is the member of this name, made when there is none. NULL: it is something
 * else, or there is no memory. */
static json_t *group_member(json_t *object, const char *name, size_t n)
{
	char *copy = strndup(name, n);
	json_t *member = copy == NULL ? NULL : json_object_get(object, copy);

	if (copy != NULL && member == NULL) {
		member = json_object();
		if (json_object_set_new(object, copy, member) != 0)
			member = NULL;
	}
	free(copy);
	return json_is_object(member) ? member : NULL;
}

static json_t *object_of(const struct rent_value *members)
{
	json_t *object = json_object();

	for (; object != NULL && members->name != NULL; members++) {
		const char *name = members->name;
		json_t *in = object;

		for (size_t n; in != NULL && name[n = strcspn(name, ".")] == '.';
		     name += n + 1)
			in = group_member(in, name, n);
		if (in == NULL || json_object_get(in, name) != NULL ||
		    json_object_set_new(in, name, value_json(members)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static char *build_text(struct rent_arena *arena, const struct rent_value *members)
{
	json_t *object = object_of(members);
	char *text_of = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	char *copy = text_of == NULL ? NULL : rent_strdup(arena, text_of);

	free(text_of);
	json_decref(object);
	return copy;
}

bool tools_print(const struct rent_value *members, FILE *out)
{
	json_t *object = object_of(members);
	bool done = object != NULL && json_dumpf(object, out, JSON_COMPACT) == 0;

	if (done)
		(void)fputc('\n', out);
	json_decref(object);
	return done;
}

const struct rent_json_api tools_json = {
	.struct_size = (uint32_t)sizeof(tools_json),
	.parse = parse_json,
	.get = get_item,
	.type = type_of_item,
	.text = text_of_item,
	.integer = int_of_item,
	.boolean = bool_of_item,
	.count = count_items,
	.at = item_at,
	.build = build_text,
};
