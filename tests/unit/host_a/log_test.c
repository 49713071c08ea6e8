/* SPDX-License-Identifier: MIT
 *
 * log_test.c - a log line: order of keys, escaping in both forms, the limit.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "log/limit.h"
#include "log/log.h"

#include <cmocka.h>
#include <jansson.h>
#include <unistd.h>

static int out[2];

static int setup(void **state)
{
	(void)state;
	assert_int_equal(pipe(out), 0);
	log_to(out[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_to(2);
	log_setup(RENT_LOG_INFO, LOG_LOGFMT);
	(void)close(out[0]);
	(void)close(out[1]);
	return 0;
}

/* One write is one line, so one read gives one when only one was written. */
static const char *said(char *buffer, size_t size)
{
	ssize_t n = read(out[0], buffer, size - 1);

	assert_true(n > 0);
	buffer[n] = '\0';
	return buffer;
}

static void test_logfmt(void **state)
{
	const struct rent_field fields[] = {
		{ "a", "1" },         { "user", "u 1" },
		{ "gone", NULL },     { "request_id", "r-1" },
		{ "q", "x=\"y\"\n" }, { NULL, NULL }
	};
	char line[512];

	(void)state;
	log_write(RENT_LOG_WARN, "core", fields, "half of %d", 7);
	said(line, sizeof(line));
	assert_memory_equal(line, "ts=2", 4);
	assert_string_equal(strstr(line, "level="),
	                    "level=warn msg=\"half of 7\" component=core request_id=r-1 "
	                    "user=\"u 1\" a=1 q=\"x=\\\"y\\\"\\n\"\n");
}

static void test_json(void **state)
{
	const struct rent_field fields[] = { { "ctl", "\x01\x1f\x7f" },
		                             { "utf", "\xc3\xa4\xe2\x82\xac" },
		                             { "bad", "\xff\xc0\x80\xed\xa0\x80" },
		                             { NULL, NULL } };
	char line[512];
	json_t *json;

	(void)state;
	log_setup(RENT_LOG_INFO, LOG_JSON);
	log_write(RENT_LOG_INFO, "core", fields, "\"quoted\\\"");
	json = json_loads(said(line, sizeof(line)), 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "msg")),
	                    "\"quoted\\\"");
	assert_string_equal(json_string_value(json_object_get(json, "utf")),
	                    "\xc3\xa4\xe2\x82\xac");
	assert_string_equal(json_string_value(json_object_get(json, "ctl")),
	                    "\x01\x1f\x7f");
	assert_non_null(strstr(line, "\\ufffd"));
	json_decref(json);
}

static void test_long(void **state)
{
	char value[9000], line[16384];
	const struct rent_field fields[] = { { "v", value },
		                             { "after", "x" },
		                             { NULL, NULL } };
	json_t *json;

	(void)state;
	memset(value, '"', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_setup(RENT_LOG_INFO, LOG_JSON);
	log_write(RENT_LOG_ERROR, "core", fields, "long");
	json = json_loads(said(line, sizeof(line)), 0, NULL);
	assert_non_null(json);
	json_decref(json);
}

static void test_level(void **state)
{
	char line[512];

	(void)state;
	log_setup(RENT_LOG_WARN, LOG_LOGFMT);
	assert_false(log_enabled(RENT_LOG_INFO));
	log_write(RENT_LOG_INFO, "core", NULL, "not said");
	log_access("http", NULL, "not said either");
	log_write(RENT_LOG_ERROR, "core", NULL, "said");
	assert_non_null(strstr(said(line, sizeof(line)), "msg=said"));
}

static void test_limit(void **state)
{
	int64_t now = RENT_HOUR, suppressed = -1;

	(void)state;
	for (int i = 0; i < LOG_BURST; i++) {
		assert_true(limit_allow("a", "text", now, &suppressed));
		assert_int_equal(suppressed, 0);
	}
	for (int i = 0; i < 100; i++)
		assert_false(limit_allow("a", "text", now, &suppressed));
	/* Another text and another component have their own. */
	assert_true(limit_allow("a", "other", now, &suppressed));
	assert_true(limit_allow("b", "text", now, &suppressed));
	now += RENT_SECOND / LOG_PER_SECOND;
	assert_true(limit_allow("a", "text", now, &suppressed));
	assert_int_equal(suppressed, 100);
	assert_false(limit_allow("a", "text", now, &suppressed));
	now += RENT_HOUR;
	assert_true(limit_allow("a", "text", now, &suppressed));
	assert_int_equal(suppressed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_logfmt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level, setup, teardown),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
