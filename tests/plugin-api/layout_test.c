/* SPDX-License-Identifier: MIT
 *
 * layout_test.c - the layout of every public struct that crosses the border, frozen for
 * x86-64 and aarch64 (LP64). A member may be added at the end: then the size here changes
 * together with RENT_API_MINOR, the offsets never do.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <rent/auth.h>
#include <rent/catalog.h>
#include <rent/event.h>
#include <rent/payment.h>
#include <rent/plugin.h>
#include <rent/rental.h>
#include <rent/scheduler.h>
#include <rent/station.h>
#include <rent/storage.h>

#include <cmocka.h>

#include <core/intentions.h>

struct member {
	const char *row, *name;
	size_t offset, expected;
};

#define AT(type, member, expected)                                \
	{                                                         \
		"AT(" #type ", " #member ", ", #type "." #member, \
			offsetof(struct type, member), expected   \
	}
#define SIZE(type, expected)                                                       \
	{                                                                          \
		"SIZE(" #type ", ", "sizeof " #type, sizeof(struct type), expected \
	}

static const struct member members[] = {
#include "layout.inc"
};

/* The slots of a storage stand in the order of the table of intentions, new ones at its end. */
static const struct member slots[] = {
#define INTENTION(name, access, commit, parameters, arguments) \
	AT(rent_storage, name, sizeof(void *) * (1 + (size_t)INTENTION_##name)),
#define INTENTION_CACHE INTENTION
#include <core/intentions.def>
};

static int count_wrong(const struct member *rows, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].offset == rows[i].expected)
			continue;
		print_error("%s is %zu, frozen is %zu\n", rows[i].name, rows[i].offset,
		            rows[i].expected);
		wrong++;
	}
	return wrong;
}

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(members, sizeof(members) / sizeof(*members)), 0);
	assert_int_equal(count_wrong(slots, sizeof(slots) / sizeof(*slots)), 0);
}

/* Codes travel as numbers: they are as frozen as offsets. */
static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(RENT_PLUGIN_MAGIC, 0x52454e54);
	assert_string_equal(RENT_PLUGIN_SYMBOL, "rent_plugin_entry");
	assert_int_equal(RENT_API_MAJOR, 1);
	assert_int_equal(RENT_EFAIL, -1);
	assert_int_equal(RENT_EINVAL, -2);
	assert_int_equal(RENT_ENOMEM, -3);
	assert_int_equal(RENT_EUNAVAIL, -4);
	assert_int_equal(RENT_ETIMEOUT, -5);
	assert_int_equal(RENT_EFULL, -6);
	assert_int_equal(RENT_ECORRUPT, -7);
	assert_int_equal(RENT_EUNSUPPORTED, -8);
	assert_int_equal(RENT_EINDOUBT, -9);
	assert_int_equal(RENT_UNKNOWN, 0);
	assert_int_equal(RENT_SUCCEEDED, 1);
	assert_int_equal(RENT_PENDING, 2);
	assert_int_equal(RENT_DECLINED, 3);
	assert_int_equal(RENT_NOT_EXECUTED, 4);
	assert_int_equal(RENT_INVALID, 5);
	assert_int_equal(RENT_UNSUPPORTED, 6);
	assert_int_equal(RENT_DECLINE_OTHER, 5);
	assert_int_equal(RENT_DECLINE_BUSY, 8);
	assert_int_equal(RENT_DECLINE_ACTION, 9);
	assert_int_equal(RENT_PAY_LOOKUP, 6);
	assert_int_equal(RENT_PAY_EXTEND, 7);
	assert_int_equal(RENT_ACTION_CONFIRM_ELSEWHERE, 3);
	assert_int_equal(RENT_EVENT_OTHER, 0);
	assert_int_equal(RENT_EVENT_EJECTED, 1);
	assert_int_equal(RENT_EVENT_RETURNED, 3);
	assert_int_equal(RENT_EVENT_POWERBANK_FAULTY, 8);
	assert_int_equal(RENT_EVENT_OPERATION, 20);
	assert_int_equal(RENT_EVENT_DISPUTE_CLOSED, 27);
	assert_int_equal(RENT_STATION_OPEN, 1);
	assert_int_equal(RENT_STATION_RESTART, 4);
	assert_int_equal(RENT_OPT_END, 0);
	assert_int_equal(RENT_OPT_STRING, 1);
	assert_int_equal(RENT_OPT_PATH, 10);
	assert_int_equal(RENT_PARALLEL, 1);
	assert_int_equal(RENT_CHECK_UNSTARTED, 4);
	assert_int_equal(RENT_OWN_IO, 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_numbers),
	};

	/* Until 1.0 is out: the rows with what they are now, for layout.inc. */
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			(void)printf("%s%zu),\n", members[i].row, members[i].offset);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
