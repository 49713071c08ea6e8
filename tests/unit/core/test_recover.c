/* SPDX-License-Identifier: MIT
 *
 * test_recover.c - recovery: a rental that a dead or absent driver left half done.
 */
#include "core.h"
#include "decisions.h"
#include "fake_host.h"
#include "recover.h"

/* The hold that stayed unknown at the start turns out declined while the rental runs. */
static void a_late_decline_of_the_hold_becomes_debt(void **state)
{
	struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_DECLINED } };
	struct rental_work w = rental_for(GOAL_RECOVER, RENT_STATUS_ACTIVE, 10);

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_UNKNOWN, 300);
	w.leased = true;
	assert_int_equal(decide_to_rest(&w, &s), 1);
	assert_int_equal(w.r.debt, 300);
	assert_int_equal(w.r.open_ops, 0);
	work_done(&w);
}

/* Broken off by a dead provider, taken up by recovery: the same end. */
static void a_settlement_put_off_ends_as_if_it_had_not_been(void **state)
{
	struct script s = { .of = { [RENT_OP_CAPTURE] = RENT_OP_NOT_EXECUTED,
		                    [RENT_OP_CHARGE] = RENT_OP_NOT_EXECUTED,
		                    [RENT_OP_RELEASE] = RENT_OP_NOT_EXECUTED } };
	struct rental_work w = rental_for(GOAL_STOP, RENT_STATUS_ACTIVE, 200);
	int64_t first_wait;
	size_t i;

	(void)state;
	add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_SUCCEEDED, 300);
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(w.r.debt, 200);
	first_wait = w.r.work_at - w.r.now;
	assert_int_equal(first_wait, params.resolve_base);

	for (i = 0; i < RENT_OP_EJECT; i++)
		s.of[i] = RENT_OP_SUCCEEDED;
	for (i = 0; i < w.op_count; i++)
		w.ops[i].called = false; /* a new run */
	w.goal = GOAL_RECOVER;
	w.leased = true;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(w.r.settlement, RENT_SETTLEMENT_DONE);
	assert_int_equal(w.r.paid, 200);
	assert_int_equal(w.r.debt, 0);
	assert_int_equal(work_find_op(&w, RENT_OP_HOLD)->op.used, 300);
	assert_int_equal(w.r.work_at, 0);
	work_done(&w);
}

/* The provider named a time that is later than our own back-off; an earlier one changes nothing. */
static void a_provider_that_names_a_time_is_not_asked_before(void **state)
{
	static const struct {
		int64_t named, want;
	} cases[] = { { 90 * RENT_SECOND, 90 * RENT_SECOND },
		      { RENT_SECOND, 5 * RENT_SECOND } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script s = { .of = { [RENT_OP_HOLD] = RENT_OP_UNKNOWN } };
		struct rental_work w = rental_for(GOAL_RECOVER, RENT_STATUS_ACTIVE, 10);

		add_op(&w, "hold", RENT_OP_HOLD, RENT_OP_UNKNOWN, 300);
		w.leased = true;
		w.wait_us = cases[i].named;
		(void)decide_to_rest(&w, &s);
		assert_int_equal(w.r.work_at - w.r.now, cases[i].want);
		work_done(&w);
	}
}

/* A row that another program left PENDING: nothing is known of it, nothing is begun. */
static void a_start_of_somebody_else_is_left_alone(void **state)
{
	struct script s = { .of = { [RENT_OP_EJECT] = RENT_OP_SUCCEEDED } };
	struct rental_work w = rental_for(GOAL_RECOVER, RENT_STATUS_PENDING, 100);

	(void)state;
	w.leased = w.has_ops = true;
	(void)decide_to_rest(&w, &s);
	assert_int_equal(s.calls[RENT_OP_EJECT], 0);
	assert_int_equal(w.r.status, RENT_STATUS_PENDING);
	work_done(&w);
}

/* The cabinet gave the powerbank out and has it again before anybody learned of either. */
static void a_start_whose_powerbank_is_back_ends_at_once(void **state)
{
	struct rental_work w = rental_for(GOAL_RECOVER, RENT_STATUS_PENDING, 100);

	(void)state;
	add_op(&w, "eject", RENT_OP_EJECT, RENT_OP_SUCCEEDED, 0);
	w.leased = w.has_ops = true;
	w.ending = (struct ending){ .by = RENT_ENDED_BY_CABINET,
		                    .station_id = "s-9",
		                    .at = T0 + 50 * RENT_SECOND };
	decide(&w);
	record_change(&w);
	assert_int_equal(w.r.status, RENT_STATUS_ACTIVE);
	decide(&w);
	record_change(&w);
	assert_int_equal(w.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(w.r.finished_at, w.r.started_at);
	assert_int_equal(w.r.final_amount, 0);
	assert_int_equal(w.r.ended_by, RENT_ENDED_BY_CABINET);
	assert_string_equal(w.r.return_station_id, "s-9");
	work_done(&w);
}

/* ---- which page a tick reads */

static int scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	enum rent_scan *scanned = self;

	(void)after_id;
	(void)limit;
	(void)fn;
	(void)arg;
	(void)err;
	*scanned = what;
	return 0;
}

/* The end of a hold may be the previous provider's to say, and need not be known beforehand. */
static void where_holds_may_end_the_page_shows_them(void **state)
{
	static const struct rent_storage store = { .struct_size = sizeof(store),
		                                   .scan = scan };
	static const struct rent_payment api = { .struct_size = sizeof(api) };
	const uint32_t hold = RENT_PAY_BIT(RENT_PAY_HOLD);
	const struct {
		int64_t margin;
		uint32_t bound, previous;
		bool has_previous;
		enum rent_scan want;
	} cases[] = {
		{ RENT_HOUR, hold, 0, false, RENT_SCAN_HELD },
		{ RENT_HOUR, 0, hold, true, RENT_SCAN_HELD },
		{ RENT_HOUR, 0, hold, false, RENT_SCAN_ACTIVE },
		{ RENT_HOUR, 0, 0, true, RENT_SCAN_ACTIVE },
		{ 0, hold, hold, true, RENT_SCAN_ACTIVE },
	};
	struct fake_host *fake = fake_host_new(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum rent_scan scanned = RENT_SCAN_DEBTS;
		struct rent_page page = { .struct_size = sizeof(page), .limit = 10 };
		struct core core = { .host = fake_host_table(fake),
			             .store = &store,
			             .store_self = &scanned,
			             .params.hold_margin = cases[i].margin };
		struct rent_batch *batch;
		struct rent_run run = { .struct_size = sizeof(run) };
		struct rent_error err;

		pthread_mutex_init(&core.params_lock, NULL);
		core.payment.api = &api;
		core.payment.caps.operations = cases[i].bound;
		core.payment_previous.api = cases[i].has_previous ? &api : NULL;
		core.payment_previous.caps.operations = cases[i].previous;
		assert_int_equal(recover_plan_batch(&core, RENT_PHASE_ACCRUAL, &page,
		                                    &batch, &run, &err),
		                 0);
		assert_int_equal(scanned, cases[i].want);
		pthread_mutex_destroy(&core.params_lock);
	}
	fake_host_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_holds_may_end_the_page_shows_them),
		cmocka_unit_test(a_late_decline_of_the_hold_becomes_debt),
		cmocka_unit_test(a_settlement_put_off_ends_as_if_it_had_not_been),
		cmocka_unit_test(a_provider_that_names_a_time_is_not_asked_before),
		cmocka_unit_test(a_start_of_somebody_else_is_left_alone),
		cmocka_unit_test(a_start_whose_powerbank_is_back_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
