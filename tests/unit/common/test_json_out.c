/* SPDX-License-Identifier: MIT
 *
 * tests/unit/common/test_json_out.c - JSON written as it goes: the bytes are those that jansson
 * would write for the same values.
 */
/* What cmocka.h needs and does not include itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "common/json_out.h"

/* An arena with a ceiling. */
struct small {
	struct rent_arena base;
	size_t left;
	void *blocks[4096];
	size_t count;
};

static void *small_alloc(struct rent_arena *base, size_t size)
{
	struct small *arena = (struct small *)base;

	if (size > arena->left || arena->count == 4096)
		return NULL;
	arena->left -= size;
	arena->blocks[arena->count] = calloc(1, size + (size == 0));
	return arena->blocks[arena->count++];
}

static struct small *small_new(size_t size)
{
	struct small *arena = calloc(1, sizeof(*arena));

	assert_non_null(arena);
	arena->base = (struct rent_arena){ sizeof(arena->base), small_alloc };
	arena->left = size;
	return arena;
}

static void small_free(struct small *arena)
{
	for (size_t i = 0; i < arena->count; i++)
		free(arena->blocks[i]);
	free(arena);
}

/* Writes one text as the whole and compares it with what jansson makes of `same`. */
static void writes_text(const char *text, const char *same)
{
	struct small *arena = small_new(65536);
	json_t *theirs = json_string(same);
	char *expected = json_dumps(theirs, JSON_COMPACT | JSON_ENCODE_ANY);
	struct json_out out;
	const char *ours;
	size_t size;

	assert_non_null(expected);
	json_out_begin(&out, &arena->base);
	json_out_text(&out, NULL, text);
	ours = json_out_end(&out, &size);
	assert_non_null(ours);
	assert_string_equal(ours, expected);
	assert_int_equal(size, strlen(expected));
	json_out_done(&out);
	free(expected);
	json_decref(theirs);
	small_free(arena);
}

static void texts_are_escaped(void **state)
{
	static const char *const texts[] = {
		"",
		"plain",
		"a\"b\\c/d",
		"\b\f\n\r\t\x01\x1f\x7f",
		"\xc3\xa4\xe2\x82\xac",
		"\xf0\x9f\x94\x8b",
		"</script>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		writes_text(texts[i], texts[i]);
}

static void bytes_that_are_not_utf8_become_marks(void **state)
{
	(void)state;
	writes_text("cut \xe2\x82", "cut ??");
	writes_text("\xc0\xaf", "??");           /* overlong */
	writes_text("\xed\xa0\x80", "???");      /* a surrogate */
	writes_text("\xf4\x90\x80\x80", "????"); /* beyond the last character */
	writes_text("\xc3\xa4 and \xff", "?? and ?");
}

static void members_keep_their_order(void **state)
{
	struct small *arena = small_new(65536);
	struct json_out out;
	const char *text;
	size_t size;

	(void)state;
	json_out_begin(&out, &arena->base);
	json_out_object(&out, NULL);
	json_out_int(&out, "min", INT64_MIN);
	json_out_int(&out, "max", INT64_MAX);
	json_out_bool(&out, "yes", true);
	json_out_text(&out, "none", NULL);
	json_out_text_or_null(&out, "empty", "");
	json_out_time(&out, "never", 0);
	json_out_time(&out, "then", INT64_C(1700000000123456));
	json_out_list(&out, "list");
	json_out_int(&out, NULL, 1);
	json_out_object(&out, NULL);
	json_out_object_end(&out);
	json_out_list_end(&out);
	json_out_object_end(&out);
	text = json_out_end(&out, &size);
	assert_non_null(text);
	assert_string_equal(text,
	                    "{\"min\":-9223372036854775808,\"max\":9223372036854775807,"
	                    "\"yes\":true,\"none\":null,\"empty\":null,\"never\":null,"
	                    "\"then\":\"2023-11-14T22:13:20.123456Z\",\"list\":[1,{}]}");
	json_out_done(&out);
	small_free(arena);
}

/* 500 texts; NULL when the arena has not enough. */
static const char *write_much(struct json_out *out, struct small *arena, size_t *ret_size)
{
	json_out_begin(out, &arena->base);
	json_out_list(out, NULL);
	for (int i = 0; i < 500; i++)
		json_out_text(out, NULL,
		              "a text that is a hundred bytes long, or nearly so,"
		              " as an operation of a rental may well be ....");
	json_out_list_end(out);
	return json_out_end(out, ret_size);
}

static void long_texts_need_the_arena_once(void **state)
{
	struct small *arena = small_new((size_t)80 * 1024);
	struct json_out out;
	size_t size;
	const char *text = write_much(&out, arena, &size);
	json_t *read;

	(void)state;
	assert_non_null(text);
	json_out_done(&out);
	assert_int_equal(size, strlen(text));
	read = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(read), 500);
	json_decref(read);
	small_free(arena);
}

static void without_memory_there_is_no_text(void **state)
{
	(void)state;
	for (size_t left = 0; left < (size_t)48 * 1024; left += 509) {
		struct small *arena = small_new(left);
		struct json_out out;
		size_t size;

		assert_null(write_much(&out, arena, &size));
		json_out_done(&out);
		small_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(bytes_that_are_not_utf8_become_marks),
		cmocka_unit_test(members_keep_their_order),
		cmocka_unit_test(long_texts_need_the_arena_once),
		cmocka_unit_test(without_memory_there_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
