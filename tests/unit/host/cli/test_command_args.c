/* SPDX-License-Identifier: MIT
 *
 * test_command_args.c - words of the command line met by the table of a command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/command_args.h"

/* clang-format off */
static const struct rent_option arguments[] = {
	RENT_STRING_OPTION("item", NULL, .flags = RENT_OPT_POSITIONAL | RENT_OPT_REQUIRED),
	RENT_STRING_OPTION("place", NULL, .flags = RENT_OPT_POSITIONAL),
	RENT_ENUM_OPTION("as", "new", .choices = "new|used"),
	RENT_INT_OPTION("times", NULL, .min = "1", .max = "9"),
	RENT_BOOL_OPTION("twice", "false"),
	RENT_STRING_OPTION("reason", NULL, .flags = RENT_OPT_REQUIRED, .unit = "TEXT",
		.help = "why"),
	RENT_OPTIONS_END,
};
/* clang-format on */

static int run(void *self, const struct rent_command_run *command_run,
               struct rent_error *err)
{
	(void)self;
	(void)command_run;
	(void)err;
	return RENT_COMMAND_DONE;
}

static const struct rent_command note_down = {
	.name = "note down", .flag = "note", .arguments = arguments, .run = run
};

#define WORDS(...)                \
	{                         \
		__VA_ARGS__, NULL \
	}

static void test_is(void **state)
{
	static const struct {
		const char *words[5];
		bool is;
	} cases[] = {
		{ WORDS("note", "down"), true },
		{ WORDS("--reason=x", "note", "down", "a"), true },
		{ WORDS("note"), false },
		{ WORDS("down", "note"), false },
		{ WORDS("--note=a"), true },
		{ WORDS("--note", "a"), true },
		{ WORDS("--notes=a"), false },
		{ WORDS("--reason=x", "--note=a"), true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(command_is(&note_down, cases[i].words), cases[i].is);
}

static void test_parse(void **state)
{
	static const struct {
		const char *words[7];
		/* NULL: it parses. */
		const char *why;
	} cases[] = {
		{ WORDS("note", "down", "a", "--reason=x"), NULL },
		{ WORDS("note", "down", "--reason", "x", "a", "here"), NULL },
		{ WORDS("--reason=x", "--note=a", "--times=9", "--twice"), NULL },
		{ WORDS("--note", "a", "--reason=x", "--as=used"), NULL },
		{ WORDS("note", "down", "--reason=x"), "note down needs ITEM" },
		{ WORDS("--note=a"), "--note needs --reason=TEXT: why" },
		{ WORDS("--note=a", "--reason"), "'--reason' needs a value" },
		{ WORDS("--note=a", "--as=odd"), "--as=odd is not known; allowed" },
		{ WORDS("--note=a", "--times=0"), "--times=0 is too small" },
		{ WORDS("--note=a", "--times=10"), "--times=10 is too large" },
		{ WORDS("--note=a", "--times=x"), "--times=x is not " },
		{ WORDS("--note=a", "--raeson=x"),
		  "unknown option '--raeson'; did you mean \"--reason\"?" },
		{ WORDS("--note=a", "--chekc-config"),
		  "unknown option '--chekc-config'; did you mean \"--check-config\"?" },
		{ WORDS("note", "down", "a", "b", "c"),
		  "'c' is one word too many; it is: note down ITEM [PLACE]" },
		{ WORDS("--note=a", "b", "c"),
		  "'c' is one word too many; it is: --note=ITEM[=PLACE]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
		struct option_set set = { 0 };
		struct rent_error err = { 0 };
		const char *unknown;
		int r = command_args_parse(&note_down, cases[i].words, arena, &set,
		                           &unknown, &err);

		if (cases[i].why == NULL) {
			assert_int_equal(r, 0);
			assert_string_equal(option_text(&set, "item"), "a");
			assert_string_equal(option_text(&set, "reason"), "x");
		} else {
			assert_int_equal(r, RENT_EINVAL);
			if (strncmp(err.text, cases[i].why, strlen(cases[i].why)) != 0)
				fail_msg("'%s' is not '%s'", err.text, cases[i].why);
			assert_int_equal(unknown != NULL,
			                 strncmp(err.text, "unknown", 7) == 0);
		}
		arena_free(arena);
	}
}

/* An omitted argument has its default, a given one its value. */
static void test_values(void **state)
{
	static const char *const words[] =
		WORDS("note", "down", "a", "b", "--reason=x", "--as=used");
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
	struct option_set set = { 0 };
	struct rent_error err = { 0 };
	const char *unknown;

	(void)state;
	assert_int_equal(
		command_args_parse(&note_down, words, arena, &set, &unknown, &err), 0);
	assert_string_equal(option_text(&set, "place"), "b");
	assert_int_equal(option_int(&set, "as"), 1);
	assert_int_equal(option_get(&set, "as")->origin, ORIGIN_SET);
	assert_false(option_bool(&set, "twice"));
	assert_int_equal(option_get(&set, "twice")->origin, ORIGIN_DEFAULT);
	assert_false(option_get(&set, "times")->value.set);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
