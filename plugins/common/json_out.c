/* SPDX-License-Identifier: MIT
 *
 * json_out.c - writes JSON as it goes; see json_out.h. Up to ARENA_MOST bytes the text grows in the
 * arena, which cannot give anything back; a longer one grows in the heap and is moved at the end.
 */
#include "common/json_out.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>
#include <yajl/yajl_gen.h>

#define ROOM_FIRST ((size_t)1024)
#define ARENA_MOST ((size_t)8192)

/* ---- the text, as the generator gives it out piece by piece */

static bool grow(struct json_out *out, size_t need)
{
	size_t room = out->room;
	char *text;

	while (room < need)
		room *= 2;
	text = room <= ARENA_MOST ? rent_alloc(out->arena, room)
	                          : realloc(out->heap, room);
	if (text == NULL)
		return false;
	if (out->heap == NULL)
		memcpy(text, out->text, out->size);
	if (room > ARENA_MOST)
		out->heap = text;
	out->text = text;
	out->room = room;
	return true;
}

static void append(void *arg, const char *piece, size_t size)
{
	struct json_out *out = arg;

	if (out->failed)
		return;
	/* and a NUL */
	if (size >= out->room - out->size && !grow(out, out->size + size + 1)) {
		out->failed = true;
		return;
	}
	memcpy(out->text + out->size, piece, size);
	out->size += size;
}

/* ---- memory of the generator: the arena's, which dies with the request */

static void *take(void *arena, size_t size)
{
	return rent_alloc(arena, size);
}

/* Its own buffer, which it does not use, is all that would grow. */
static void *retake(void *arena, void *memory, size_t size)
{
	(void)arena;
	(void)memory;
	(void)size;
	return NULL;
}

static void leave(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

void json_out_begin(struct json_out *out, struct rent_arena *arena)
{
	const yajl_alloc_funcs memory = { take, retake, leave, arena };

	*out = (struct json_out){ .arena = arena,
		                  .text = rent_alloc(arena, ROOM_FIRST),
		                  .room = ROOM_FIRST };
	out->gen = out->text == NULL ? NULL : yajl_gen_alloc(&memory);
	out->failed =
		out->gen == NULL ||
		yajl_gen_config(out->gen, yajl_gen_print_callback, append, out) == 0;
}

void json_out_done(struct json_out *out)
{
	free(out->heap);
	out->heap = NULL;
}

const char *json_out_end(struct json_out *out, size_t *ret_size)
{
	const char *text = out->text;

	if (out->failed)
		return NULL;
	out->text[out->size] = '\0';
	if (out->heap != NULL)
		text = rent_strndup(out->arena, out->heap, out->size);
	*ret_size = out->size;
	return text;
}

/* ---- values */

static void check(struct json_out *out, yajl_gen_status status)
{
	out->failed = out->failed || status != yajl_gen_status_ok;
}

static void put_string(struct json_out *out, const char *s)
{
	check(out, yajl_gen_string(out->gen, (const unsigned char *)s, strlen(s)));
}

/* False: nothing can be written. */
static bool begin_value(struct json_out *out, const char *name)
{
	if (!out->failed && name != NULL)
		put_string(out, name);
	return !out->failed;
}

void json_out_object(struct json_out *out, const char *name)
{
	if (begin_value(out, name))
		check(out, yajl_gen_map_open(out->gen));
}

void json_out_object_end(struct json_out *out)
{
	if (!out->failed)
		check(out, yajl_gen_map_close(out->gen));
}

void json_out_list(struct json_out *out, const char *name)
{
	if (begin_value(out, name))
		check(out, yajl_gen_array_open(out->gen));
}

void json_out_list_end(struct json_out *out)
{
	if (!out->failed)
		check(out, yajl_gen_array_close(out->gen));
}

static bool is_ascii(const char *s)
{
	while (*s != '\0' && (unsigned char)*s < 0x80)
		s++;
	return *s == '\0';
}

/* libyajl takes surrogates and overlong forms for UTF-8; jansson does not. */
static bool is_utf8(const char *s)
{
	json_t *text = json_string(s);
	bool is = text != NULL;

	json_decref(text);
	return is;
}

static char *with_marks(struct json_out *out, const char *s)
{
	char *copy = rent_strdup(out->arena, s);

	for (char *p = copy; p != NULL && *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	out->failed = out->failed || copy == NULL;
	return copy;
}

void json_out_text(struct json_out *out, const char *name, const char *text)
{
	if (!begin_value(out, name))
		return;
	if (text != NULL && !is_ascii(text) && !is_utf8(text))
		text = with_marks(out, text);
	if (out->failed)
		return;
	if (text == NULL)
		check(out, yajl_gen_null(out->gen));
	else
		put_string(out, text);
}

void json_out_text_or_null(struct json_out *out, const char *name, const char *text)
{
	json_out_text(out, name, text[0] == '\0' ? NULL : text);
}

/* An answer has a dozen of numbers, and libyajl would print each with printf. */
void json_out_int(struct json_out *out, const char *name, int64_t n)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	if (!begin_value(out, name))
		return;
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--at = '-';
	check(out, yajl_gen_number(out->gen, at, (size_t)(text + sizeof(text) - at)));
}

void json_out_bool(struct json_out *out, const char *name, bool b)
{
	if (begin_value(out, name))
		check(out, yajl_gen_bool(out->gen, b));
}

void json_out_time(struct json_out *out, const char *name, int64_t us)
{
	char text[RENT_TIME_SIZE];

	if (us != 0)
		rent_time_text(us, 'T', text);
	json_out_text(out, name, us == 0 ? NULL : text);
}
