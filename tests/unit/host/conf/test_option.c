/* SPDX-License-Identifier: MIT
 *
 * option_test.c - option tables: the host's own are in order, broken ones are named; and
 * reading a whole configuration with overrides.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <rent/host.h>

#include "conf/config.h"
#include "conf/settings.h"

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#define END                                                               \
	{                                                                 \
		NULL, RENT_OPT_END, 0, NULL, NULL, NULL, NULL, NULL, NULL \
	}

static void test_own_tables(void **state)
{
	struct rent_error err = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(option_table_check(settings_host, &n, &err), 0);
	assert_int_equal(option_table_check(settings_listener, &n, &err), 0);
	assert_int_equal(option_table_check(settings_instance, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(option_table_check(NULL, &n, &err), 0);
	assert_int_equal(n, 0);
}

static const struct broken {
	struct rent_option row;
	const char *said;
} broken[] = {
	{ { .name = "A", .type = RENT_OPT_INT }, "name 'A' is not of [a-z0-9_.]" },
	{ { .name = ".a", .type = RENT_OPT_INT }, "name '.a'" },
	{ { .name = NULL, .type = RENT_OPT_INT }, "name ''" },
	{ { .name = "a", .type = RENT_OPT_ENUM }, "an enum without choices" },
	{ { .name = "a", .type = RENT_OPT_INT, .def = "x" },
	  "default: 'x' is not an integer" },
	{ { .name = "a", .type = RENT_OPT_INT, .min = "x" }, "min 'x' is not a int" },
	{ { .name = "a", .type = RENT_OPT_INT, .min = "5", .max = "4" },
	  "min '5' is above max '4'" },
	{ { .name = "a", .type = RENT_OPT_BOOL, .min = "0" },
	  "a bool has no min or max" },
	{ { .name = "a", .type = RENT_OPT_INT, .flags = RENT_OPT_REQUIRED, .def = "1" },
	  "is required and has the default '1'" },
	{ { .name = "a", .type = RENT_OPT_ENUM, .choices = "x|y", .def = "z" },
	  "default: 'z'" },
};

static void test_broken_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const struct rent_option table[] = { broken[i].row, END };
		struct rent_error err = { 0 };
		size_t n;

		assert_int_equal(option_table_check(table, &n, &err), RENT_EINVAL);
		if (strstr(err.text, broken[i].said) == NULL)
			fail_msg("row %zu: \"%s\"", i, err.text);
	}
}

/* Writes text to a temporary file, loads it, removes it. */
static struct config *load(const char *text, const char *const *sets)
{
	char path[] = "/tmp/rentald-conf-XXXXXX";
	struct config *config = NULL;
	int fd = mkstemp(path), error = 0;
	ssize_t n = (ssize_t)strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, (size_t)n), n);
	(void)close(fd);
	(void)config_load(path, sets, &config, &error);
	(void)unlink(path);
	assert_non_null(config);
	return config;
}

static void test_defaults(void **state)
{
	struct config *config = load("", NULL);

	(void)state;
	assert_int_equal(config->report.count, 0);
	assert_int_equal(option_int(&config->host, "runtime.workers"), 16);
	assert_int_equal(option_int(&config->host, "runtime.drain_timeout"),
	                 10 * RENT_SECOND);
	assert_int_equal(option_int(&config->host, "runtime.arena_max"), 1 << 20);
	assert_int_equal(option_int(&config->host, "log.level"),
	                 RENT_LOG_INFO - RENT_LOG_ERROR);
	assert_null(option_text(&config->host, "plugin_dir"));
	config_free(config);
}

static void test_overrides(void **state)
{
	const char *const sets[] = { "runtime.workers=3", "listeners.a.listen=[::1]:5",
		                     "instances.x.options.deep.er=1", NULL };
	struct config *config =
		load("runtime = { workers = 2; queue = 0x10; };\n"
	             "listeners = ( { name = \"a\"; listen = \"h:1\"; } );\n"
	             "instances = ( { name = \"x\"; plugin = \"p\"; } );\n",
	             sets);
	const struct conf_node *deep;

	(void)state;
	assert_int_equal(config->report.count, 0);
	assert_int_equal(option_int(&config->host, "runtime.workers"), 3);
	assert_int_equal(option_get(&config->host, "runtime.workers")->origin,
	                 ORIGIN_SET);
	assert_int_equal(option_int(&config->host, "runtime.queue"), 16);
	assert_string_equal(config->listeners[0].listen, "[::1]:5");
	deep = node_member(config_instance(config, "x")->group, "deep");
	assert_string_equal(node_member(deep, "er")->text, "1");
	config_free(config);
}

static void test_bad_overrides(void **state)
{
	const char *const sets[] = {
		"nothing",          "=x", "listeners.b.listen=h:1", "service.x=1",
		"runtime.worker=1", NULL
	};
	struct config *config =
		load("service = \"s\";\n"
	             "listeners = ( { name = \"a\"; listen = \"h:1\"; } );\n",
	             sets);

	(void)state;
	assert_int_equal(config->report.count, 5);
	for (const struct problem *p = config->report.first; p != NULL; p = p->next)
		assert_memory_equal(p->place.file, "--set=", 6);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_tables),
		cmocka_unit_test(test_broken_tables),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_bad_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
