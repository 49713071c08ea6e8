/* SPDX-License-Identifier: MIT
 *
 * value_test.c - the notation of option values, their bounds and messages, and "did you
 * mean".
 */
#include <setjmp.h>
#include <stdarg.h>

#include "base/arena.h"
#include "conf/nearest.h"
#include "conf/value.h"

#include <cmocka.h>

#define BAD INT64_MIN

struct example {
	enum rent_option_type type;
	const char *text;
	int64_t expected; /* BAD: refused */
	const char *said;
};

static const struct example examples[] = {
	{ RENT_OPT_INT, "0", 0, NULL },
	{ RENT_OPT_INT, "-12", -12, NULL },
	{ RENT_OPT_INT, "+7", 7, NULL },
	{ RENT_OPT_INT, "5000L", 5000, NULL },
	{ RENT_OPT_INT, "0x10", 16, NULL },
	{ RENT_OPT_INT, "9223372036854775807", INT64_MAX, NULL },
	{ RENT_OPT_INT, "9223372036854775808", BAD, "does not fit into 64 bits" },
	{ RENT_OPT_INT, "1.5", BAD, "is not an integer" },
	{ RENT_OPT_INT, "", BAD, "'' is not an integer" },
	{ RENT_OPT_INT, "12x", BAD, "is not an integer" },
	{ RENT_OPT_INT, "1 2", BAD, "is not an integer" },
	{ RENT_OPT_INT, "--1", BAD, "is not an integer" },
	{ RENT_OPT_MONEY, "5000000000", 5000000000, NULL },
	{ RENT_OPT_DURATION, "250ms", 250000, NULL },
	{ RENT_OPT_DURATION, "1.5s", 1500000, NULL },
	{ RENT_OPT_DURATION, "30 s", 30 * RENT_SECOND, NULL },
	{ RENT_OPT_DURATION, "5m", 5 * RENT_MINUTE, NULL },
	{ RENT_OPT_DURATION, "5min", 5 * RENT_MINUTE, NULL },
	{ RENT_OPT_DURATION, "2h", 2 * RENT_HOUR, NULL },
	{ RENT_OPT_DURATION, "1d", 24 * RENT_HOUR, NULL },
	{ RENT_OPT_DURATION, "7us", 7, NULL },
	{ RENT_OPT_DURATION, "0", 0, NULL },
	{ RENT_OPT_DURATION, "-1s", -RENT_SECOND, NULL },
	{ RENT_OPT_DURATION, "30", BAD, "30 has no unit, write \"30s\" for seconds" },
	{ RENT_OPT_DURATION, "1.0000001s", BAD, "too many decimals" },
	{ RENT_OPT_DURATION, "30 parsecs", BAD,
	  "is not a duration; allowed: a duration" },
	{ RENT_OPT_DURATION, "400000000d", BAD, "does not fit" },
	{ RENT_OPT_DURATION, "s", BAD, "is not a duration" },
	{ RENT_OPT_SIZE, "64KiB", 65536, NULL },
	{ RENT_OPT_SIZE, "1.5MiB", 1572864, NULL },
	{ RENT_OPT_SIZE, "2kB", 2000, NULL },
	{ RENT_OPT_SIZE, "4096", 4096, NULL },
	{ RENT_OPT_SIZE, "64kib", BAD, "is not a size" },
	{ RENT_OPT_PPM, "1.5", 1500000, NULL },
	{ RENT_OPT_PPM, "2", 2000000, NULL },
	{ RENT_OPT_PPM, "0.000001", 1, NULL },
	{ RENT_OPT_PPM, ".25", 250000, NULL },
	{ RENT_OPT_PPM, "0.0000001", BAD, "too many decimals" },
	{ RENT_OPT_PPM, "1,5", BAD, "is not a decimal fraction" },
	{ RENT_OPT_BOOL, "true", 1, NULL },
	{ RENT_OPT_BOOL, "OFF", 0, NULL },
	{ RENT_OPT_BOOL, "yes", 1, NULL },
	{ RENT_OPT_BOOL, "1", BAD, "is not true or false" },
};

static void test_examples(void **state)
{
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		const struct rent_option opt = { .name = "x", .type = e->type };
		struct conf_value value = { 0 };
		struct rent_error err = { 0 };
		int r = value_parse(&opt, e->text, arena, &value, &err);

		if ((r != 0) != (e->expected == BAD) ||
		    (r == 0 && value.number != e->expected) ||
		    (e->said != NULL && strstr(err.text, e->said) == NULL))
			fail_msg("'%s' as %s: %d, %" PRId64 ", \"%s\"", e->text,
			         value_type_name(e->type), r, value.number, err.text);
		assert_int_equal(value.set, r == 0);
	}
	arena_free(arena);
}

static void test_bounds(void **state)
{
	const struct rent_option opt = {
		.name = "x", .type = RENT_OPT_DURATION, .min = "1s", .max = "1h"
	};
	const struct rent_option text = {
		.name = "x", .type = RENT_OPT_STRING, .min = "2", .max = "3"
	};
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
	struct conf_value value;
	struct rent_error err;

	(void)state;
	assert_int_equal(value_parse(&opt, "1000ms", arena, &value, &err), 0);
	assert_int_equal(value_parse(&opt, "60m", arena, &value, &err), 0);
	assert_int_equal(value_parse(&opt, "999ms", arena, &value, &err), RENT_EINVAL);
	assert_string_equal(err.text,
	                    "'999ms' is too small; allowed: a duration from 1s to 1h, "
	                    "like \"250ms\", \"1.5s\", \"5m\"");
	assert_int_equal(value_parse(&opt, "61m", arena, &value, &err), RENT_EINVAL);
	assert_int_equal(value_parse(&text, "abc", arena, &value, &err), 0);
	assert_int_equal(value_parse(&text, "a", arena, &value, &err), RENT_EINVAL);
	assert_int_equal(value_parse(&text, "abcd", arena, &value, &err), RENT_EINVAL);
	assert_string_equal(err.text,
	                    "is too long (4); allowed: text of 2 to 3 characters");
	arena_free(arena);
}

static void test_enum(void **state)
{
	const struct rent_option opt = { .name = "x",
		                         .type = RENT_OPT_ENUM,
		                         .choices = "debt|refuse" };
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
	struct conf_value value;
	struct rent_error err;

	(void)state;
	assert_int_equal(value_parse(&opt, "refuse", arena, &value, &err), 0);
	assert_int_equal(value.number, 1);
	assert_int_equal(value_parse(&opt, "refsue", arena, &value, &err), RENT_EINVAL);
	assert_string_equal(
		err.text, "'refsue' is not known; allowed: \"debt\", \"refuse\"; did you "
			  "mean \"refuse\"?");
	assert_int_equal(value_parse(&opt, "debt|refuse", arena, &value, &err),
	                 RENT_EINVAL);
	assert_int_equal(value_parse(&opt, "", arena, &value, &err), RENT_EINVAL);
	arena_free(arena);
}

static void test_list(void **state)
{
	const struct rent_option opt = { .name = "x", .type = RENT_OPT_LIST, .max = "3" };
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
	struct conf_value value, other;
	struct rent_error err;

	(void)state;
	assert_int_equal(value_parse(&opt, " a, b c ,,d", arena, &value, &err), 0);
	assert_string_equal(value.list[0], "a");
	assert_string_equal(value.list[1], "b c");
	assert_string_equal(value.list[2], "d");
	assert_null(value.list[3]);
	assert_int_equal(value_parse(&opt, "", arena, &other, &err), 0);
	assert_null(other.list[0]);
	assert_false(value_equal(&opt, &value, &other));
	assert_int_equal(value_parse(&opt, " [ \"a\", \"b\" ]", arena, &other, &err),
	                 RENT_EINVAL);
	assert_non_null(strstr(err.text, "a,b"));
	assert_int_equal(value_parse(&opt, "(\"a\")", arena, &other, &err), RENT_EINVAL);
	assert_int_equal(value_parse(&opt, "[]", arena, &other, &err), RENT_EINVAL);
	assert_int_equal(value_parse(&opt, "[::1]:80", arena, &other, &err), 0);
	assert_string_equal(other.list[0], "[::1]:80");
	assert_int_equal(value_parse(&opt, "a,b c,d", arena, &other, &err), 0);
	assert_true(value_equal(&opt, &value, &other));
	assert_int_equal(value_parse(&opt, "a,b,c,d", arena, &value, &err), RENT_EINVAL);
	arena_free(arena);
}

static void test_nearest(void **state)
{
	struct nearest nearest;
	char hint[80];

	(void)state;
	assert_int_equal(nearest_distance("", ""), 0);
	assert_int_equal(nearest_distance("abc", "abc"), 0);
	assert_int_equal(nearest_distance("abc", "acb"), 1);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_int_equal(nearest_distance("", "abc"), 3);
	nearest_init(&nearest, "quote_tll");
	nearest_try(&nearest, "quote_ttl");
	nearest_try(&nearest, "tick");
	assert_string_equal(nearest_hint(&nearest, hint, sizeof(hint)),
	                    "; did you mean \"quote_ttl\"?");
	nearest_init(&nearest, "frobnicate");
	nearest_try(&nearest, "tick");
	assert_string_equal(nearest_hint(&nearest, hint, sizeof(hint)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest), cmocka_unit_test(test_examples),
		cmocka_unit_test(test_bounds),  cmocka_unit_test(test_enum),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
