/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_time.c - rent/time.h reads what it writes, what databases write, and
 * nothing else.
 */
#include <rent/time.h>

#include "support.h"

static const struct {
	const char *text, *same; /* same NULL: refused */
} rows[] = {
	{ "2026-11-23T07:21:04.123456Z", "2026-11-23T07:21:04.123456Z" },
	{ "2026-11-23 07:21", "2026-11-23T07:21:00.000000Z" },
	{ "2026-11-23 07:21:04", "2026-11-23T07:21:04.000000Z" },
	{ "2026-11-23T07:21:04.1", "2026-11-23T07:21:04.100000Z" },
	{ "2026-11-23T07:21:04.1234567899Z", "2026-11-23T07:21:04.123456Z" },
	{ "2026-11-23 07:21:04+03", "2026-11-23T04:21:04.000000Z" },
	{ "2026-11-23 07:21:04-03:30", "2026-11-23T10:51:04.000000Z" },
	{ "2026-11-23 07:21:04+0330", "2026-11-23T03:51:04.000000Z" },
	{ "2026-11-23 07:21-01", "2026-11-23T08:21:00.000000Z" },
	{ "2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000000Z" },
	{ "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
	{ "", NULL },
	{ "2026-11-23", NULL },
	{ "2026-11-23T", NULL },
	{ "2026-11-23X07:21", NULL },
	{ "2026-13-23T07:21", NULL },
	{ "2026-00-23T07:21", NULL },
	{ "2026-11-32T07:21", NULL },
	{ "2026-11-23T24:00", NULL },
	{ "2026-11-23T07:60", NULL },
	{ "2026-11-23T07:21:61", NULL },
	{ "2026-11-23T07:21:04.", NULL },
	{ "2026-11-23T07:21:04.x", NULL },
	{ "2026-11-23T07:21:04ZZ", NULL },
	{ "2026-11-23T07:21:04+3", NULL },
	{ "2026-11-23T07:21:04+03:3", NULL },
	{ "2026-11-23T07:21:04 UTC", NULL },
	{ "26-11-23T07:21", NULL },
};

static void rows_hold(void **state)
{
	char text[RENT_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t us = 77;
		bool ok = rent_time_parse(rows[i].text, &us);

		if (ok != (rows[i].same != NULL))
			fail_msg("'%s' was %s", rows[i].text, ok ? "read" : "refused");
		if (!ok) {
			assert_int_equal(us, 77);
			continue;
		}
		rent_time_text(us, 'T', text);
		assert_string_equal(text, rows[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows_hold) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
