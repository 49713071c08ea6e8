/* SPDX-License-Identifier: MIT
 *
 * cli_test.c - the command line: exit codes, one line for a mistake, lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run.h"

struct usage {
	const char *args[3];
	const char *said;
};

static const struct usage usages[] = {
	{ { "--chekc-config" },
	  "unknown option '--chekc-config'; did you mean \"--check-config\"?" },
	{ { "--zzzzzzzzzzzz" }, "unknown option '--zzzzzzzzzzzz'; see rentald -h" },
	{ { "-x" }, "unknown option '-x'" },
	{ { "--audit=now" }, "'--audit' takes no value" },
	{ { "--config" }, "'--config' needs a value: --config=FILE" },
	{ { "--migrate=soon" },
	  "--migrate=soon is not known; allowed: --migrate, --migrate=dry-run" },
	{ { "--format=xml" }, "--format=xml is not known; allowed: text, json" },
	{ { "--audit", "--migrate" }, "'--audit' and '--migrate' do not go together" },
	{ { "my.conf" }, "did you mean \"--config=my.conf\"?" },
};

static void test_usage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		struct run run;

		run_init(&run);
		run_to_end(&run, usages[i].args);
		run_assert_code(&run, 64);
		run_assert_said(&run, usages[i].said);
		/* One line, never a page. */
		assert_ptr_equal(strchr(run.out, '\n'), run.out + run.size - 1);
		run_done(&run);
	}
}

static void test_version(void **state)
{
	struct run run;

	(void)state;
	run_init(&run);
	run_to_end(&run, (const char *[]){ "-V", NULL });
	run_assert_code(&run, 0);
	run_assert_said(&run, "rentald " RENT_VERSION "\n");
	run_assert_not_said(&run, "compiler");
	run_to_end(&run, (const char *[]){ "-VV", NULL });
	run_assert_said(&run, "compiler ");
	run_assert_said(&run, "-fstack-protector-strong");
	run_assert_said(&run, "libcurl libcurl/");
	run_to_end(&run, (const char *[]){ "-VV", "--format=json", NULL });
	run_assert_said(&run, "\"libmicrohttpd\": \"");
	run_done(&run);
}

static void test_lists(void **state)
{
	struct run run;

	(void)state;
	run_init(&run);
	run_write(&run, "it.conf", "service = \"x\";\n");
	run_to_end(&run, (const char *[]){ "--config=it.conf", "--list-options=t_store",
	                                   NULL });
	run_assert_code(&run, 0);
	run_assert_said(&run, "tick");
	run_assert_said(&run, "a duration from 1s to 1h");
	run_assert_said(&run, "reloadable");
	run_to_end(&run, (const char *[]){ "--config=it.conf", "--list-options=t_stroe",
	                                   NULL });
	run_assert_code(&run, 78);
	run_assert_said(&run, "did you mean \"t_store\"?");
	run_to_end(&run, (const char *[]){ "--config=it.conf",
	                                   "--list-options=" API_PLUGIN_DIR "/t_http.so",
	                                   "--format=json", NULL });
	run_assert_code(&run, 0);
	run_assert_said(&run, "\"name\": \"greeting\"");
	run_done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
