/* SPDX-License-Identifier: MIT
 *
 * config_test.c - the report about a mistyped configuration: everything at once,
 * each with its place, its line and what would have been right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"

static void check(struct run *run, const char *text)
{
	run_write(run, "it.conf", text);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct run));
	run_init(*state);
	return 0;
}

static int teardown(void **state)
{
	run_done(*state);
	free(*state);
	return 0;
}

static void test_six_mistakes(void **state)
{
	struct run *run = *state;

	check(run,
	      "service = \"t\";\n"
	      "runtime = { wrokers = 4; };\n"
	      "instances = (\n"
	      "\t{ name = \"main\"; plugin = \"t_store\";\n"
	      "\t  options = {\n"
	      "\t\ttick = \"soon\";\n"
	      "\t\tcount = 11;\n"
	      "\t\tfail = \"crahs\";\n"
	      "\t\tlabel = 5;\n"
	      "\t  };\n"
	      "\t},\n"
	      "\t{ name = \"core\"; plugin = \"t_rental\"; uses = { storage = \"mian\"; }; }\n"
	      ");\n");
	run_assert_code(run, 78);
	run_assert_said(
		run,
		"it.conf:2:13: runtime.wrokers: there is no such option; did you mean "
		"\"workers\"?");
	run_assert_said(
		run,
		"it.conf:6:10: instances.main.options.tick: 'soon' is not a duration; "
		"allowed: a duration from 1s to 1h");
	run_assert_said(run,
	                "it.conf:7:11: instances.main.options.count: '11' is too large; "
	                "allowed: an integer from 1 to 10");
	run_assert_said(
		run, "it.conf:8:10: instances.main.options.fail: 'crahs' is not known; "
		     "allowed: \"none\"");
	run_assert_said(run, "did you mean \"crash\"?");
	run_assert_said(
		run,
		"it.conf:9:11: instances.main.options.label: is a number: 5; allowed: "
		"text of 1 to 16 characters, in quotes");
	run_assert_said(
		run, "it.conf:12:59: instances.core.uses.storage: there is no instance "
		     "'mian'; did you mean \"main\"?");
	run_assert_said(run, "6 problems in it.conf");
	/* The line is quoted and the caret stands below the value, tabs and all. */
	run_assert_said(run, "    \t\ttick = \"soon\";\n    \t\t       ^\n");
	/* In the order of the file. */
	assert_true(strstr(run->out, "it.conf:2:") < strstr(run->out, "it.conf:6:"));
	assert_true(strstr(run->out, "it.conf:9:") < strstr(run->out, "it.conf:12:"));
}

static void test_bindings(void **state)
{
	struct run *run = *state;

	check(run,
	      "instances = (\n"
	      "{ name = \"a\"; plugin = \"t_rental\"; },\n"
	      "{ name = \"b\"; plugin = \"t_rental\"; uses = { storage = \"web\"; }; },\n"
	      "{ name = \"c\"; plugin = \"t_rental\"; uses = { stroage = \"s\"; storage = \"s\"; }; },\n"
	      "{ name = \"web\"; plugin = \"t_http\"; },\n"
	      "{ name = \"s\"; plugin = \"t_store\"; }\n"
	      ");\n"
	      "listeners = ( { name = \"l\"; listen = \"127.0.0.1:0\"; routes = [ \"web\", \"s\" ]; } );\n");
	run_assert_code(run, 78);
	run_assert_said(
		run,
		"it.conf:2:1: instances.a.uses.storage: is missing; the plugin "
		"'t_rental' needs an instance of kind \"storage\"; of that kind there "
		"is: \"s\"");
	run_assert_said(run,
	                "instances.b.uses.storage: 'web' is of kind \"http\" (plugin "
	                "'t_http'), needed is kind \"storage\"");
	run_assert_said(run,
	                "instances.c.uses.stroage: the plugin 't_rental' does not use a "
	                "'stroage'; did you mean \"storage\"?");
	run_assert_said(run, "listeners.l.routes: 's' is of kind \"storage\"");
	run_assert_said(run, "4 problems");
}

static void test_lists_of_bindings(void **state)
{
	struct run *run = *state;

	check(run,
	      "instances = (\n"
	      "{ name = \"a\"; plugin = \"t_store\"; uses = { next = [ \"b\", \"c\" ]; }; },\n"
	      "{ name = \"b\"; plugin = \"t_store\"; },\n"
	      "{ name = \"c\"; plugin = \"t_store\"; }\n"
	      ");\n");
	run_assert_code(run, 0);
	check(run,
	      "instances = (\n"
	      "{ name = \"a\"; plugin = \"t_store\"; uses = { next = [ \"b\", \"x\" ]; }; },\n"
	      "{ name = \"b\"; plugin = \"t_store\"; uses = { next = [ \"c\", \"c\", \"c\" ]; }; },\n"
	      "{ name = \"c\"; plugin = \"t_store\"; uses = { next = [ ]; }; },\n"
	      "{ name = \"d\"; plugin = \"t_store\"; uses = { next = [ \"c\" ]; next_2 = \"c\"; }; },\n"
	      "{ name = \"e\"; plugin = \"t_rental\"; uses = { storage = [ \"c\", \"c\" ]; }; }\n"
	      ");\n");
	run_assert_code(run, 78);
	run_assert_said(run, "instances.a.uses.next[1]: there is no instance 'x'");
	run_assert_said(run, "instances.b.uses.next: names 3 instances; the plugin "
	                     "'t_store' uses 1 to 2");
	run_assert_said(run, "instances.c.uses.next: names 0 instances");
	run_assert_said(run,
	                "instances.d.uses.next: is a list; 'next_2' belongs into it");
	run_assert_said(run, "instances.e.uses.storage: names 2 instances; the plugin "
	                     "'t_rental' uses 1 to 1");
	run_assert_said(run, "5 problems");
}

static void test_cycle(void **state)
{
	struct run *run = *state;

	check(run, "instances = (\n"
	           "{ name = \"a\"; plugin = \"t_store\"; uses = { next = \"b\"; }; },\n"
	           "{ name = \"b\"; plugin = \"t_store\"; uses = { next = \"c\"; }; },\n"
	           "{ name = \"c\"; plugin = \"t_store\"; uses = { next = \"a\"; }; }\n"
	           ");\n");
	run_assert_code(run, 78);
	run_assert_said(run, "is a cycle: 'c' uses 'a' uses 'b' uses 'c'");
	run_assert_said(run, "it.conf:4:");
	run_assert_said(run, "1 problem");
}

static void test_syntax_and_duplicates(void **state)
{
	struct run *run = *state;

	check(run, "service = \"t\"\nlog = { level = \"info\" format = \"json\"; };\n"
	           "runtime = { workers = ; };\n");
	run_assert_code(run, 78);
	run_assert_said(run, "it.conf:3:1: syntax error");
	check(run,
	      "service = \"t\";\nlog = {\n level = \"info\";\n level = \"warn\";\n};\n"
	      "service = \"u\";\n");
	run_assert_code(run, 78);
	run_assert_said(
		run,
		"it.conf:4:2: level: is set twice in the same group; the first is at "
		"it.conf:3:2");
	run_assert_said(run, "it.conf:6:1: service: is set twice");
}

static void test_includes(void **state)
{
	struct run *run = *state;
	char path[160];

	(void)snprintf(path, sizeof(path), "mkdir -p %s/sub/deep", run->dir);
	assert_int_equal(system(path), 0);
	run_write(run, "sub/one.inc", "@include \"deep/two.inc\"\n");
	run_write(run, "sub/deep/two.inc", "# a comment\nlog = { level = \"lots\"; };\n");
	check(run,
	      "/*\n@include \"no such file\"\n*/\n@include \"sub/one.inc\"\nservice = 7;\n");
	run_assert_code(run, 78);
	run_assert_said(run, "sub/deep/two.inc:2:17: log.level: 'lots' is not known");
	run_assert_said(run, "it.conf:5:11: service: is a number: 7");
	check(run, "instances = ( { name = \"s\"; plugin = \"t_store\"; options = {\n"
	           "label = \"\n@include x\"; }; } );\n");
	run_assert_code(run, 0);
	check(run, "@include gone.inc\n");
	run_assert_code(run, 78);
	run_assert_said(run, "it.conf:1:1: syntax error");
	check(run, "@include \"gone.inc\"\n");
	run_assert_said(run,
	                "it.conf:1:1: @include: cannot read 'gone.inc': No such file");
	check(run, "@include \"it.conf\"\n");
	run_assert_code(run, 78);
	run_assert_said(run, "does a file include itself?");
}

static void test_substitutions(void **state)
{
	struct run *run = *state;

	assert_int_equal(setenv("T_LABEL", "from env", 1), 0);
	assert_int_equal(unsetenv("T_NONE"), 0);
	run_write(run, "secret.txt", "hidden word\n");
	check(run, "instances = ( { name = \"s\"; plugin = \"t_store\"; options = {\n"
	           "label = \"${env:T_LABEL}\"; tick = \"${env:T_NONE:-7s}\";\n"
	           "count = \"${env:T_NONE}\"; password = \"${file:gone.txt}\";\n"
	           "names = [ \"$${plain}\", \"${evn:X}\" ]; }; } );\n");
	run_assert_code(run, 78);
	run_assert_said(
		run,
		"instances.s.options.count: the environment variable 'T_NONE' is not "
		"set; set it, or write ${env:T_NONE:-default}");
	run_assert_said(run, "cannot read 'gone.txt'");
	run_assert_said(run, "'${evn:X}' is not known; allowed: ${env:NAME}");
	run_assert_said(run, "3 problems");
	run_to_end(run, (const char *[]){
				"--config=it.conf", "--set=instances.s.options.count=3",
				"--set=instances.s.options.password=${file:secret.txt}",
				"--set=instances.s.options.names=x,${env:T_LABEL}",
				"--dump-config", NULL });
	run_assert_code(run, 0);
	run_assert_said(run, "label = \"from env\"; # it.conf:2 (environment)");
	run_assert_said(run, "tick = \"7s\"; # it.conf:2 (environment)");
	run_assert_said(run, "count = 3; # --set");
	run_assert_said(run, "names = [ \"x\", \"from env\" ]; # --set");
	run_assert_said(run, "room = \"64KiB\"; # default");
	run_assert_not_said(run, "hidden word");
}

/* A secret is shown when it is a reference; what the reference falls back to only when there
 * is nothing of a secret in it. */
static void test_dump_references(void **state)
{
	static const struct {
		const char *written, *shown;
	} cases[] = {
		{ "${env:T_LABEL}", "password = \"${env:T_LABEL}\";" },
		{ "${env:T_LABEL:-}", "password = \"${env:T_LABEL:-}\";" },
		{ "${env:T_LABEL:-db:///x}", "password = \"${env:T_LABEL:-db:///x}\";" },
		{ "${env:T_LABEL:-db://me:pw@x}", "password = \"********\";" },
		{ "${env:T_LABEL:-db:///x?password=pw}", "password = \"********\";" },
		{ "${env:T_LABEL:-pw}", "password = \"********\";" },
		{ "${env:T_LABEL:-db:///x}pw", "password = \"********\";" },
	};
	struct run *run = *state;
	char text[512];

	assert_int_equal(setenv("T_LABEL", "from env", 1), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
			text, sizeof(text),
			"service = \"t-svc\";\ninstances = ( { name = \"s\"; plugin = "
			"\"t_store\"; options = { password = \"%s\"; }; } );\n",
			cases[i].written);
		run_write(run, "it.conf", text);
		run_to_end(run,
		           (const char *[]){ "--config=it.conf", "--dump-config", NULL });
		run_assert_code(run, 0);
		run_assert_said(run, cases[i].shown);
	}
}

static void test_dump_loads_again(void **state)
{
	struct run *run = *state;
	char first[RUN_OUTPUT];

	check(run,
	      "service = \"t-svc\";\n"
	      "listeners = ( { name = \"l\"; listen = \"[::1]:0\"; cors = [ \"*\" ]; } );\n"
	      "instances = ( { name = \"s\"; plugin = \"t_store\"; options = {\n"
	      "big = 5000000000; password = \"pa$${ss\"; label = \"q\\\"$${x\";\n"
	      "far = { timeout = \"2s\"; }; flag = true; factor = 1.25; }; },\n"
	      "{ name = \"r\"; plugin = \"t_rental\"; uses = { storage = \"s\"; }; } );\n");
	run_assert_code(run, 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--dump-config", NULL });
	run_assert_code(run, 0);
	run_assert_said(run, "big = 5000000000L; # it.conf:4");
	run_assert_said(run, "password = \"********\";");
	run_assert_said(run, "label = \"q\\\"$${x\";");
	run_assert_said(run, "storage = \"s\"; # it.conf:6");
	run_assert_not_said(run, "pa$");
	memcpy(first, run->out, sizeof(first));
	run_write(run, "again.conf", first);
	run_to_end(run, (const char *[]){ "--config=again.conf", "--dump-config", NULL });
	run_assert_code(run, 0);
	/* The same values, whose origin is now the dump. */
	run_assert_said(run, "big = 5000000000L; # again.conf:");
	run_assert_said(run, "label = \"q\\\"$${x\";");
	run_assert_said(run, "timeout = \"2s\"; # again.conf:");
	run_to_end(run, (const char *[]){ "--config=again.conf", "--check-config",
	                                  "--format=json", NULL });
	run_assert_code(run, 0);
	assert_string_equal(run->out, "[]\n");
}

/* libconfig gives 705032704 for this. */
static void test_big_integer(void **state)
{
	struct run *run = *state;

	check(run, "instances = ( { name = \"s\"; plugin = \"t_store\"; options = {\n"
	           "count = 4294967297; big = 99999999999999999999; }; } );\n");
	run_assert_code(run, 78);
	run_assert_said(
		run, "it.conf:2:9: instances.s.options.count: '4294967297' is too large");
	run_assert_said(run, "'99999999999999999999' does not fit into 64 bits");
}

static void test_host_settings(void **state)
{
	struct run *run = *state;

	check(run, "listeners = (\n"
	           "{ name = \"a b\"; listen = \"127.0.0.1:8000\"; },\n"
	           "{ name = \"x\"; listen = \"127.0.0.1:8000\"; },\n"
	           "{ name = \"y\"; listen = \"nowhere\"; port = 5; },\n"
	           "{ listen = \"127.0.0.1:99999\"; routes = [ \"web\" ]; }\n"
	           ");\ninstances = { };\nlog = \"info\";\n");
	run_assert_code(run, 78);
	run_assert_said(run, "'a b' is no name for a listener");
	run_assert_said(run, "'127.0.0.1:8000' is already taken by listener 'a b'");
	run_assert_said(run, "'nowhere' is no address with a port");
	run_assert_said(run, "listeners.y.port: there is no such option");
	run_assert_said(run, "name: is missing");
	run_assert_said(run, "'127.0.0.1:99999' is no address");
	run_assert_said(run, "there is no instance 'web'");
	run_assert_said(run, "instances: is a group; allowed: a list of groups");
	run_assert_said(run, "log: is text; allowed: a group");
}

static void test_unreadable(void **state)
{
	struct run *run = *state;

	run_to_end(run, (const char *[]){ "--config=none.conf", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "none.conf: cannot read the configuration: No such file");
	run_to_end(run, (const char *[]){ "--config=.", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "Is a directory");
	run_to_end(run, (const char *[]){ "--config=none.conf", "--check-config",
	                                  "--format=json", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "\"problem\": \"none.conf: cannot read");
}

#define PLANTED "Hush-7x9q"

/* Whatever is wrong, and wherever: neither the problem nor the line that it quotes shows a secret. */
static void test_secrets_stay_hidden(void **state)
{
	static const char *const instances[] = {
		/* the plugin refuses; the whole of it in one line */
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"\"; fail = \"create\"; }; }",
		/* without quotes */
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = 1234567890; }; }",
		/* a mistyped name, and a neighbour's mistake */
		"{ name = \"s\"; plugin = \"t_store\"; options = { pasword = \"" PLANTED
		"\"; }; }",
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"\"; count = 11; }; }",
		/* too long, unresolved, and a secret that another option repeats */
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"\"; fail = \"" PLANTED "\"; }; }",
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"${env:NOWHERE_SET}\"; }; }",
		/* a plugin that is not there, and a syntax error */
		"{ name = \"s\"; plugin = \"t_stroe\"; options = { password = \"" PLANTED
		"\"; }; }",
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"\"; ] }; }",
		/* twice */
		"{ name = \"s\"; plugin = \"t_store\"; options = { password = \"" PLANTED
		"\"; password = \"" PLANTED "\"; }; }",
	};
	struct run *run = *state;
	char text[512];

	for (size_t i = 0; i < sizeof(instances) / sizeof(instances[0]); i++) {
		for (int json = 0; json < 2; json++) {
			(void)snprintf(text, sizeof(text), "instances = (\n%s\n);\n",
			               instances[i]);
			run_write(run, "it.conf", text);
			run_to_end(run, (const char *[]){
						"--config=it.conf", "--check-config",
						json ? "--format=json" : NULL, NULL });
			run_assert_code(run, 78);
			run_assert_not_said(run, PLANTED);
			run_assert_not_said(run, "1234567890");
		}
	}
	run_write(run, "it.conf",
	          "instances = ( { name = \"s\"; plugin = \"t_store\"; } );\n");
	for (size_t i = 0; i < 2; i++) {
		static const char *const sets[] = {
			"--set=instances.s.options.pasword=" PLANTED,
			"--set=instances.t.options.password=" PLANTED,
		};

		run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config",
		                                  sets[i], NULL });
		run_assert_code(run, 78);
		run_assert_not_said(run, PLANTED);
	}
}

/* A file or a folder on the way to it that others may write is refused, as sshd does. */
static void test_files_of_others(void **state)
{
	struct run *run = *state;
	char path[128];

	check(run, "instances = ( );\n");
	run_assert_code(run, 0);
	(void)snprintf(path, sizeof(path), "%s/it.conf", run->dir);
	assert_int_equal(chmod(path, 0666), 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "others may change the file");
	run_assert_said(run, "its mode 0666");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(run->dir, 0777), 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "others may change the folder");
	assert_int_equal(chmod(run->dir, 01777), 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 0);
	assert_int_equal(chmod(run->dir, 0700), 0);

	run_write(run, "part.conf", "service = \"t\";\n");
	run_write(run, "secret.txt", "hidden word\n");
	check(run, "@include \"part.conf\"\n"
	           "instances = ( { name = \"s\"; plugin = \"t_store\";\n"
	           "options = { password = \"${file:secret.txt}\"; }; } );\n");
	run_assert_code(run, 0);
	(void)snprintf(path, sizeof(path), "%s/secret.txt", run->dir);
	assert_int_equal(chmod(path, 0660), 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "instances.s.options.password: others may change the file");
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/part.conf", run->dir);
	assert_int_equal(chmod(path, 0602), 0);
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run, "it.conf:1:1: @include: others may change the file");
}

/* A plugin that others may write is not loaded, neither through a link. */
static void test_plugins_of_others(void **state)
{
	struct run *run = *state;
	char path[128];

	run_write(run, "mine.so", "no object at all\n");
	(void)snprintf(path, sizeof(path), "%s/mine.so", run->dir);
	assert_int_equal(chmod(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/link.so", run->dir);
	assert_int_equal(symlink("mine.so", path), 0);
	for (int link = 0; link < 2; link++) {
		check(run,
		      link ? "instances = ( { name = \"s\"; plugin = \"./link.so\"; } );\n"
		           : "instances = ( { name = \"s\"; plugin = \"./mine.so\"; } );\n");
		run_assert_code(run, 78);
		run_assert_said(run, "instances.s.plugin: others may change the file");
		run_assert_said(run, "its mode 0777");
		run_assert_not_said(run, "cannot load the plugin");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_six_mistakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bindings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_of_bindings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cycle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_syntax_and_duplicates, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_includes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_substitutions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dump_references, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dump_loads_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_big_integer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_secrets_stay_hidden, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_files_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plugins_of_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
