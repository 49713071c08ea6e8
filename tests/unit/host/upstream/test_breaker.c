/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host/upstream/test_breaker.c - the circuit breaker with a clock of the test's.
 */
#include "support.h"
#include "upstream/breaker.h"

#define SECOND INT64_C(1000000)

static struct breaker breaker_of(unsigned failures)
{
	struct breaker b;

	breaker_init(&b, failures, 30 * SECOND);
	return b;
}

static void run(struct breaker *b, enum breaker_result result, int64_t now)
{
	uint32_t ticket;

	assert_true(breaker_admit(b, now, &ticket));
	breaker_result(b, ticket, result, now, now + 1);
}

static void opens_after_failures_in_a_row(void **state)
{
	struct breaker b = breaker_of(3);
	uint32_t ticket;

	(void)state;
	run(&b, BREAKER_FAILURE, 1);
	run(&b, BREAKER_FAILURE, 2);
	run(&b, BREAKER_OK, 3); /* the row ends */
	run(&b, BREAKER_FAILURE, 4);
	run(&b, BREAKER_FAILURE, 5);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_int_equal(b.failures, 2);
	run(&b, BREAKER_FAILURE, 6);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(b.last_failure_us, 7);
	assert_false(breaker_admit(&b, 7, &ticket));
	assert_false(breaker_admit(&b, 6 + 30 * SECOND - 1, &ticket));
}

static void it_says_how_long_to_wait(void **state)
{
	struct breaker b = breaker_of(1);
	uint32_t probe, ticket;

	(void)state;
	run(&b, BREAKER_FAILURE, 6);
	assert_true(breaker_wait(&b, 6) == 30 * SECOND);
	assert_true(breaker_wait(&b, 6 + 10 * SECOND) == 20 * SECOND);
	assert_true(breaker_wait(&b, 5 + 30 * SECOND) == 1);
	assert_true(breaker_wait(&b, 6 + 40 * SECOND) == 1); /* nobody asked meanwhile */
	assert_true(breaker_admit(&b, 6 + 30 * SECOND, &probe));
	assert_false(breaker_admit(&b, 7 + 30 * SECOND, &ticket));
	assert_true(breaker_wait(&b, 7 + 30 * SECOND) == 1); /* until the probe ends */
	breaker_result(&b, probe, BREAKER_FAILURE, 31 * SECOND, 31 * SECOND);
	assert_true(breaker_wait(&b, 32 * SECOND) == 29 * SECOND);
}

static void one_probe_decides(void **state)
{
	struct breaker b = breaker_of(1);
	uint32_t probe, ticket;
	int64_t now = 6;

	(void)state;
	run(&b, BREAKER_FAILURE, now);
	now += 30 * SECOND;
	assert_true(breaker_admit(&b, now, &probe));
	assert_int_equal(b.state, BREAKER_HALF_OPEN);
	assert_false(breaker_admit(&b, now, &ticket));
	breaker_result(&b, probe, BREAKER_FAILURE, now, now);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_false(breaker_admit(&b, now + 29 * SECOND, &ticket));
	now += 30 * SECOND;
	assert_true(breaker_admit(&b, now, &probe));
	breaker_result(&b, probe, BREAKER_OK, now, now);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_int_equal(b.failures, 0);
	assert_true(breaker_admit(&b, now, &ticket));
	assert_true(breaker_admit(&b, now, &ticket));
}

static void late_results_change_nothing(void **state)
{
	struct breaker b = breaker_of(1);
	uint32_t before, ticket, probe;

	(void)state;
	assert_true(breaker_admit(&b, 1, &before));
	run(&b, BREAKER_FAILURE, 2);
	breaker_result(&b, before, BREAKER_OK, 3, 3); /* was in the air when it opened */
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_true(breaker_admit(&b, 2 + 30 * SECOND, &probe));
	breaker_result(&b, before, BREAKER_FAILURE, 31 * SECOND, 31 * SECOND);
	assert_int_equal(b.state, BREAKER_HALF_OPEN);
	assert_false(breaker_admit(&b, 31 * SECOND, &ticket));
	breaker_result(&b, probe, BREAKER_OK, 31 * SECOND, 31 * SECOND);
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void a_probe_without_verdict_makes_room_for_the_next(void **state)
{
	struct breaker b = breaker_of(1);
	uint32_t probe;

	(void)state;
	run(&b, BREAKER_FAILURE, 0);
	assert_true(breaker_admit(&b, 30 * SECOND, &probe));
	breaker_result(&b, probe, BREAKER_NEITHER, 30 * SECOND, 1);
	assert_int_equal(b.state, BREAKER_HALF_OPEN);
	assert_true(breaker_admit(&b, 30 * SECOND, &probe));
	breaker_result(&b, probe, BREAKER_OK, 30 * SECOND, 1);
	assert_string_equal(breaker_name(b.state), "closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_after_failures_in_a_row),
		cmocka_unit_test(it_says_how_long_to_wait),
		cmocka_unit_test(one_probe_decides),
		cmocka_unit_test(late_results_change_nothing),
		cmocka_unit_test(a_probe_without_verdict_makes_room_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
