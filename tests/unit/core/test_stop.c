/* SPDX-License-Identifier: MIT
 *
 * test_stop.c - stops: the end of a rental, beside a tick or a settlement that is under way.
 */
#include "decisions.h"

static void a_stop_during_a_charge_only_ends_the_rental(void **state)
{
	struct script s = { 0 };
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, 50);

	(void)state;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "worker");
	w.r.lease_until = w.r.now + RENT_SECOND;
	w.r.in_flight = 50;
	w.r.open_ops = 1;
	decide(&w);
	assert_int_equal(w.change.lease, RENT_LEASE_NONE);
	record_change(&w);
	assert_int_equal(w.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.r.finished_at, T0 + 50 * RENT_SECOND);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(w.r.work_at, w.r.now);
	assert_int_equal(decide_to_rest(&w, &s), 0);
	work_done(&w);
}

/* The database's clock was set back between the start and the stop. */
static void a_rental_never_ends_before_it_began(void **state)
{
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, -3);

	(void)state;
	w.leased = true;
	decide(&w);
	assert_int_equal(w.next.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.next.finished_at, T0);
	assert_int_equal(w.next.final_amount, 0);
	work_done(&w);
}

/* A reload of r_buyout does not change what an ended rental costs. */
static void the_price_of_an_ended_rental_is_fixed(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct params later = params;
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, 300);

	(void)state;
	(void)decide_to_rest(&w, &s);
	assert_true(w.r.has_final);
	assert_int_equal(w.r.final_amount, 300);
	later.r_buyout = 200;
	assert_int_equal(cost_at(&later, &w.r, w.r.now), 300);
	work_done(&w);
}

/* A stop reads the rental while the tick's charge is on its way; the worker then records that
 * it was never sent and gives the lease back, so that the stop conflicts and reads again. The
 * charge has ended: it must not be sent, although the stop has seen it open. */
static void a_charge_that_ended_meanwhile_is_not_sent_again(void **state)
{
	struct script s = { .of = { [RENT_OP_CHARGE] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, 50);
	struct rent_op charge = { .struct_size = sizeof(charge),
		                  .id = "c",
		                  .kind = RENT_OP_CHARGE,
		                  .purpose = RENT_FOR_ACCRUAL,
		                  .state = RENT_OP_INTENT,
		                  .amount = 50,
		                  .created_at = T0 };
	struct rent_rental now = w.r;

	(void)state;
	now.open_ops = 1;
	now.in_flight = 50;
	rent_copy(now.lease_token, sizeof(now.lease_token), "worker");
	now.lease_until = now.now + RENT_SECOND;
	load_one_more(&w, &now, &charge);
	decide(&w);
	assert_int_equal(w.call, NO_CALL);
	/* not executed: debt, and storage shows it no more */
	now.version++;
	now.open_ops = now.in_flight = 0;
	now.debt = 50;
	now.lease_token[0] = '\0';
	now.lease_until = 0;
	assert_int_equal(work_load(&w, &now, NULL, 0), 0);
	(void)decide_to_rest(&w, &s);
	for (size_t i = 0; i < w.op_count; i++)
		assert_string_not_equal(w.ops[i].op.id, "c");
	assert_int_equal(s.calls[RENT_OP_CHARGE], 1); /* that of the settlement */
	assert_int_equal(w.r.paid, 50);
	assert_int_equal(w.r.debt, 0);
	work_done(&w);
}

/* A stop comes upon a settlement whose driver has died or sleeps: it asks for the open capture
 * once more, but only with the lease, else the sleeper might conclude meanwhile that nothing
 * was sent. */
static void whoever_asks_again_takes_the_lease(void **state)
{
	struct rental_work w = settling(50, 0);

	(void)state;
	w.goal = GOAL_STOP;
	w.leased = false;
	w.r.open_ops = 1;
	w.r.in_flight = 50;
	rent_copy(w.r.lease_token, sizeof(w.r.lease_token), "sleeper");
	w.r.lease_until = w.r.now - 1;
	add_full(&w, (struct rent_op){ .id = "c",
	                               .kind = RENT_OP_CAPTURE,
	                               .purpose = RENT_FOR_SETTLE,
	                               .state = RENT_OP_INTENT,
	                               .amount = 50,
	                               .created_at = T0 });
	decide(&w);
	assert_int_not_equal(w.call, NO_CALL);
	assert_true(w.has_change);
	assert_int_equal(w.change.lease, RENT_LEASE_TAKE);
	record_change(&w);
	assert_true(w.leased);
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_during_a_charge_only_ends_the_rental),
		cmocka_unit_test(a_rental_never_ends_before_it_began),
		cmocka_unit_test(the_price_of_an_ended_rental_is_fixed),
		cmocka_unit_test(a_charge_that_ended_meanwhile_is_not_sent_again),
		cmocka_unit_test(whoever_asks_again_takes_the_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
