/* SPDX-License-Identifier: MIT
 *
 * log_test.c - a log line: order of keys, escaping in both forms, the limit.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "log/limit.h"
#include "log/log.h"

#include "base/clock.h"

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
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
	                    "a=1 user=\"u 1\" q=\"x=\\\"y\\\"\\n\"\n");
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

/* What a terminal would obey, or show in another order, is written as its code. */
static void test_controls_beyond_ascii(void **state)
{
	const struct rent_field fields[] = { { "path", "/a\xc2\x9b"
		                                       "31mred" },
		                             { "bidi", "x\xe2\x80\xae"
		                                       "y\xe2\x81\xa6z\xe2\x80\xa8" },
		                             { "plain",
		                               "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8b" },
		                             { NULL, NULL } };
	char line[4096];

	(void)state;
	for (int json = 0; json < 2; json++) {
		log_setup(RENT_LOG_INFO, json ? LOG_JSON : LOG_LOGFMT);
		log_write(RENT_LOG_INFO, "core", fields, "x");
		(void)said(line, sizeof(line));
		assert_non_null(strstr(line, "/a\\u009b31mred"));
		assert_non_null(strstr(line, "x\\u202ey\\u2066z\\u2028"));
		assert_non_null(strstr(line, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8b"));
	}
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

/* Reads what is there, and counts lines and those that the log says are missing. */
static void read_all(int *lines, int *missing)
{
	static char text[8 * 1024 * 1024];
	size_t n = 0;
	ssize_t more;

	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	for (int quiet = 0; quiet < 20;) {
		more = read(out[0], text + n, sizeof(text) - 1 - n);
		n += more > 0 ? (size_t)more : 0;
		quiet = more > 0 ? 0 : quiet + 1;
		if (more <= 0)
			(void)usleep(10000);
	}
	text[n] = '\0';
	*lines = *missing = 0;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		(*lines)++;
	for (const char *p = text; (p = strstr(p, " dropped=")) != NULL; p++)
		*missing += (int)strtol(p + 9, NULL, 10);
}

/* The reader of the log has stopped: no caller waits, and the log reports afterwards what
 * is missing. */
static void test_reader_that_stopped(void **state)
{
	char filler[200];
	const struct rent_field fields[] = { { "v", filler }, { NULL, NULL } };
	int64_t began = clock_mono_us();
	int lines, missing;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	log_start();
	for (int i = 0; i < 20000; i++)
		log_access("http", fields, "line %d", i);
	assert_true(clock_mono_us() - began < 5 * RENT_SECOND);
	assert_true(log_dropped() > 1000);
	/* another process that shares the pipe still waits when it writes to it */
	assert_int_equal(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
	read_all(&lines, &missing);
	assert_int_equal(missing, log_dropped());
	assert_int_equal(lines + missing, 20001);
	log_access("http", NULL, "on it goes");
	read_all(&lines, &missing);
	assert_int_equal(lines, 1);
	log_stop();
}

/* Lines that wait for each other are still counted one by one. */
static void test_held_lines_are_counted(void **state)
{
	uint64_t before = log_dropped();
	int lines, missing;

	(void)state;
	log_start();
	for (int i = 0; i < 20000; i++) {
		log_hold();
		for (int k = 0; k < 3; k++)
			log_access("http", NULL, "line %d of the turn %d", k, i);
		log_release();
	}
	assert_true(log_dropped() - before > 1000);
	read_all(&lines, &missing);
	assert_int_equal(missing, log_dropped() - before);
	assert_int_equal(lines + missing, 60001);
	log_stop();
}

static void test_held_lines_come_together(void **state)
{
	static const char *const order[] = { "msg=one", "msg=two", "msg=trouble",
		                             "msg=three" };
	char text[4096], *at = text;

	(void)state;
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	log_hold();
	log_access("http", NULL, "one");
	log_access("http", NULL, "two");
	assert_int_equal(read(out[0], text, sizeof(text)), -1);
	log_write(RENT_LOG_ERROR, "core", NULL, "trouble");
	log_access("http", NULL, "three");
	(void)said(text, sizeof(text));
	assert_null(strstr(text, order[3]));
	log_release();
	(void)said(text + strlen(text), sizeof(text) - strlen(text));
	for (size_t i = 0; i < 4; i++) {
		at = strstr(at, order[i]);
		assert_non_null(at);
	}
	log_access("http", NULL, "alone");
	assert_non_null(strstr(said(text, sizeof(text)), "msg=alone"));
}

/* They do not wait for ever: those that would not fit are written. */
static void test_many_held_lines(void **state)
{
	int lines, missing;

	(void)state;
	log_hold();
	for (int i = 0; i < 200; i++)
		log_access("http", NULL, "line %d", i);
	read_all(&lines, &missing);
	assert_in_range(lines, 120, 199);
	log_release();
	read_all(&lines, &missing);
	assert_in_range(lines, 1, 80);
}

static void test_end_with_a_reader_that_stopped(void **state)
{
	int64_t began;

	(void)state;
	log_start();
	for (int i = 0; i < 2000; i++)
		log_access("http", NULL, "line %d of those that nobody takes", i);
	began = clock_mono_us();
	log_stop();
	log_access("http", NULL, "nor this one");
	log_last_words("nor this");
	assert_in_range(clock_mono_us() - began, LOG_STOP_US / 2, 2 * LOG_STOP_US);
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
		cmocka_unit_test_setup_teardown(test_controls_beyond_ascii, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level, setup, teardown),
		cmocka_unit_test(test_limit),
		cmocka_unit_test_setup_teardown(test_reader_that_stopped, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_held_lines_are_counted, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_held_lines_come_together, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_many_held_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_with_a_reader_that_stopped,
		                                setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
