/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host/upstream/test_retry.c - which ends of a try are followed by another one, and
 * after how long.
 */
#include "upstream/retry.h"

#include "support.h"

static const struct upstream_limits limits = { .tries = 3, .backoff_us = 1000 };

static void only_what_cannot_act_twice_is_tried_again(void **state)
{
	static const struct {
		enum rent_transport transport;
		int status;
		bool again; /* of the verdict */
		unsigned tries;
		uint32_t flags;
		bool due;
	} rows[] = {
		{ RENT_NOT_SENT, 0, true, 1, 0, true },
		{ RENT_NOT_SENT, 0, true, 2, 0, true },
		{ RENT_NOT_SENT, 0, true, 3, 0, false },
		{ RENT_NOT_SENT, 0, false, 1, RENT_RESEND_SAFE, false },
		{ RENT_NO_ANSWER, 0, false, 1, 0, false },
		{ RENT_NO_ANSWER, 0, false, 1, RENT_RESEND_SAFE, false },
		{ RENT_REPLIED, 503, false, 1, 0, false },
		{ RENT_REPLIED, 502, false, 1, RENT_RESEND_SAFE, true },
		{ RENT_REPLIED, 503, false, 2, RENT_RESEND_SAFE, true },
		{ RENT_REPLIED, 504, false, 3, RENT_RESEND_SAFE, false },
		{ RENT_REPLIED, 501, false, 1, RENT_RESEND_SAFE, false },
		{ RENT_REPLIED, 505, false, 1, RENT_RESEND_SAFE, false },
		{ RENT_REPLIED, 200, false, 1, RENT_RESEND_SAFE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct attempt_verdict v = { .transport = rows[i].transport,
			                           .status = rows[i].status,
			                           .again = rows[i].again };

		if (retry_is_due(&limits, rows[i].tries, rows[i].flags, &v) !=
		    rows[i].due)
			fail_msg("row %zu", i);
	}
}

static void waits_double_and_differ(void **state)
{
	const struct upstream_limits none = { .tries = 3, .backoff_us = 0 };
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (unsigned tries = 1; tries <= 20; tries++) {
		int64_t us = INT64_C(1000) << (tries > 16 ? 16 : tries - 1);

		for (int i = 0; i < 50; i++)
			assert_in_range(retry_delay_us(&limits, tries), us - us / 4,
			                us + us / 4);
	}
	for (int i = 0; i < 1000; i++) {
		int64_t us = retry_delay_us(&limits, 1);

		least = us < least ? us : least;
		most = us > most ? us : most;
	}
	assert_true(least < 850 && most > 1150);
	assert_int_equal(retry_delay_us(&none, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_cannot_act_twice_is_tried_again),
		cmocka_unit_test(waits_double_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
