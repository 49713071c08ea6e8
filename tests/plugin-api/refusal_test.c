/* SPDX-License-Identifier: MIT
 *
 * refusal_test.c - plugins that are wrong, each in its own way. Each is refused with exit
 * code 78 and a message for just that mistake, which names file, place in the configuration
 * and cure; a crash with 70.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run.h"

struct way {
	const char *plugin;
	int code;
	const char *said[3];
};

static const struct way ways[] = {
	{ "bad_no_symbol",
	  78,
	  { "does not export 'rent_plugin_entry'", "RENT_PLUGIN()" } },
	{ "bad_major",
	  78,
	  { "built for plugin API 7.3", "this rentald has 1.0", "rebuild it" } },
	{ "bad_magic", 78, { "magic is 0x01020304, not 0x52454e54" } },
	{ "bad_small",
	  78,
	  { "says that its descriptor has 40 bytes", "no version of the API" } },
	{ "bad_large", 78, { "but plugin API 1.0 has at most", "rebuild it" } },
	{ "bad_null_descriptor", 78, { "rent_plugin_entry() returned no descriptor" } },
	{ "bad_options_default",
	  78,
	  { "broken option table", "option 'wild': default", "too large" } },
	{ "bad_options_type",
	  78,
	  { "broken option table", "'strange': type 77 is not known" } },
	{ "bad_options_twice",
	  78,
	  { "broken option table", "'plain' is declared twice" } },
	{ "bad_no_create", 78, { "has no create()" } },
	{ "bad_no_name", 78, { "has no name" } },
	{ "bad_no_routes", 78, { "kind \"http\" without a table of routes" } },
	{ "bad_fail_create", 78, { "the plugin 'bad' refuses: url: 'x' is no address" } },
	{ "bad_crash_create",
	  70,
	  { "plugin 'bad' (instance 'it', ", "crashed in create (SIGSEGV)" } },
	{ "bad_crash_load", 70, { "bad_crash_load.so) crashed in loading" } },
	{ "missing", 78, { "cannot read the plugin", "missing.so': No such file" } },
	{ "t_stroe", 78, { "did you mean \"t_store\"?" } },
	{ "./it.conf", 78, { "cannot load the plugin './it.conf'" } },
};

static void configure(struct run *run, const char *plugin)
{
	char text[256];

	(void)snprintf(
		text, sizeof(text),
		"service = \"t\";\ninstances = (\n\t{ name = \"it\"; plugin = \"%s\"; }\n);\n",
		plugin);
	run_write(run, "it.conf", text);
}

static void test_each_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct run run;

		run_init(&run);
		configure(&run, ways[i].plugin);
		run_to_end(&run, (const char *[]){ "--config=it.conf", "--check-config",
		                                   NULL });
		print_message("%s: %.*s\n", ways[i].plugin, (int)strcspn(run.out, "\n"),
		              run.out);
		run_assert_code(&run, ways[i].code);
		for (size_t j = 0; j < 3 && ways[i].said[j] != NULL; j++)
			run_assert_said(&run, ways[i].said[j]);
		if (ways[i].code == 78) {
			run_assert_said(&run, "it.conf:3:");
			run_assert_said(&run, "^");
			run_assert_said(&run, "1 problem in it.conf");
		}
		run_done(&run);
	}
}

/* A later minor of our major is welcome: what it added is not known here and not used. */
static void test_newer_minor(void **state)
{
	struct run run;

	(void)state;
	run_init(&run);
	configure(&run, "bad_newer");
	run_to_end(&run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(&run, 0);
	run_assert_said(&run, "ok");
	run_done(&run);
}

static void test_start_unavailable(void **state)
{
	struct run run;

	(void)state;
	run_init(&run);
	configure(&run, "bad_fail_start");
	run_to_end(&run, (const char *[]){ "--config=it.conf", NULL });
	run_assert_code(&run, 69);
	run_assert_said(&run,
	                "start of the plugin 'bad' failed: the database at 'nowhere'");
	run_done(&run);
}

static void test_inspect(void **state)
{
	struct run run;

	(void)state;
	run_init(&run);
	run_to_end(&run,
	           (const char *[]){ "--inspect", API_PLUGIN_DIR "/t_store.so", NULL });
	run_assert_code(&run, 0);
	run_assert_said(&run, "kind storage, plugin API 1.0, parallel");
	run_assert_said(&run, "far.breaker_reset");
	run_to_end(&run,
	           (const char *[]){ "--inspect", API_PLUGIN_DIR "/bad_magic.so", NULL });
	run_assert_code(&run, 78);
	run_assert_said(&run, "magic is");
	run_done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_way),
		cmocka_unit_test(test_newer_minor),
		cmocka_unit_test(test_start_unavailable),
		cmocka_unit_test(test_inspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
