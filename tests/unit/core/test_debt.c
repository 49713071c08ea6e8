/* SPDX-License-Identifier: MIT
 *
 * test_debt.c - debts: how an attempt to collect one is counted.
 */
#include "decisions.h"

static void a_failed_debt_step_is_counted_and_a_good_one_resets(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_DECLINED } };
	struct rental_work w = rental_for(GOAL_TICK, RENT_STATUS_ACTIVE, 10);

	(void)state;
	w.r.debt = 10;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.debt_attempts, 1);
	assert_int_equal(w.r.debt_last_attempt_at, w.r.now);
	work_done(&w);

	s.of[RENT_OP_CHARGE] = RENT_OP_SUCCEEDED;
	w = rental_for(GOAL_TICK, RENT_STATUS_FINISHED, 10);
	w.r.finished_at = T0 + 5 * RENT_SECOND;
	w.r.settlement = RENT_SETTLEMENT_DONE;
	w.r.debt = 5;
	w.r.debt_attempts = 3;
	w.r.debt_last_attempt_at = w.r.now - RENT_HOUR;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(w.r.paid, 5);
	assert_int_equal(w.r.debt_attempts, 0);
	assert_int_equal(w.r.debt_last_attempt_at, 0);
	work_done(&w);
}

/* Neither while it runs nor afterwards, and what becomes due is owed. */
static void after_an_outside_movement_no_tick_charges(void **state)
{
	static const enum rent_status statuses[] = { RENT_STATUS_ACTIVE,
		                                     RENT_STATUS_FINISHED };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
		struct rental_work w = rental_for(GOAL_TICK, statuses[i], 3600);

		w.r.debt = 10;
		w.r.outside_at = T0 + RENT_SECOND;
		if (statuses[i] == RENT_STATUS_FINISHED) {
			w.r.finished_at = T0 + 5 * RENT_SECOND;
			w.r.settlement = RENT_SETTLEMENT_DONE;
		}
		(void)decide_to_rest(&w, &s);
		assert_int_equal(s.calls[RENT_OP_CHARGE], 0);
		assert_true(w.r.debt >= 10);
		assert_false(debt_begin_tick_charge(&w, RENT_FOR_DEBT, 10));
		work_done(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_debt_step_is_counted_and_a_good_one_resets),
		cmocka_unit_test(after_an_outside_movement_no_tick_charges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
