/* SPDX-License-Identifier: MIT
 *
 * test_faults.c - pages that fail, storage that cannot be reached, a core that would have
 * billing loop for ever; and what is counted, logged and said of it.
 */
#include "fixture.h"

static void cycle_again(struct fixture *f)
{
	fixture_again(f);
	fixture_timer(f, CYCLE);
}

static void a_failed_page_is_counted_and_passed(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 6);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_ACCRUAL, 1)->plan_code = RENT_EFAIL;
	fixture_page(f, RENT_PHASE_ACCRUAL, 3)->run_code = RENT_EFAIL;
	fixture_page(f, RENT_PHASE_ACCRUAL, 4)->run_code = RENT_EINDOUBT;
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 6);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 5);
	assert_int_equal(f->core.ran[RENT_PHASE_DEBTS], 1);
	assert_int_equal(fixture_errors("plan"), 1);
	assert_int_equal(fixture_errors("run"), 2);
	assert_int_equal(fixture_errors("storage_unavailable"), 0);
	assert_int_equal(fixture_metrics()->cycles, 1);
	assert_int_equal(fake_host_complaints(f->host), 1);
	fixture_free(f);
}

static void a_page_that_fails_in_place_ends_its_phase(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 6);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_ACCRUAL, 2)->plan_code = RENT_ETIMEOUT;
	fixture_page(f, RENT_PHASE_ACCRUAL, 2)->stuck = true;
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 3);
	assert_int_equal(f->core.ran[RENT_PHASE_DEBTS], 1);
	assert_int_equal(fixture_errors("plan"), 1);
	fixture_free(f);
}

static void a_cursor_that_does_not_grow_ends_its_phase(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 6);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_ACCRUAL, 2)->stuck = true;
	fixture_timer(f, CYCLE);
	/* Its batch holds leases and is run all the same. */
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 3);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 3);
	assert_int_equal(f->core.ran[RENT_PHASE_DEBTS], 1);
	assert_int_equal(fixture_errors("cursor"), 1);
	assert_int_equal(fake_host_complaints(f->host), 1);
	fixture_free(f);
}

static void check_outage(bool at_run)
{
	static const struct fake_option options[] = { { "runners", "1" },
		                                      { NULL, NULL } };
	struct fixture *f = fixture_new(options);
	struct page *page;

	fixture_pages(f, RENT_PHASE_ACCRUAL, 6);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	page = fixture_page(f, RENT_PHASE_ACCRUAL, 2);
	*(at_run ? &page->run_code : &page->plan_code) = RENT_EUNAVAIL;
	for (int i = 1; i <= 3; i++) {
		cycle_again(f);
		assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 3);
		assert_int_equal(f->core.planned[RENT_PHASE_DEBTS], 0);
		assert_int_equal(fixture_errors("storage_unavailable"), i);
		assert_int_equal(fixture_state(f).cycles, 0);
		/* Logged once, not with every tick. */
		assert_int_equal(fake_host_complaints(f->host), i == 1);
	}
	assert_int_equal(fixture_metrics()->cycles, 0);
	*page = (struct page){ .looked_at = 1 };
	cycle_again(f);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 6);
	assert_int_equal(fixture_state(f).cycles, 1);
	/* The next outage is news again. */
	page->plan_code = RENT_EUNAVAIL;
	cycle_again(f);
	assert_int_equal(fake_host_complaints(f->host), 1);
	fixture_free(f);
}

static void an_outage_ends_the_cycle_until_the_next_tick(void **state)
{
	(void)state;
	check_outage(false);
	check_outage(true);
}

static void all_jobs_share_one_outage(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_RECOVERY, 1);
	fixture_page(f, RENT_PHASE_RECOVERY, 0)->plan_code = RENT_EUNAVAIL;
	f->core.housekeep_code = RENT_EUNAVAIL;
	fixture_timer(f, RECOVERY);
	fixture_timer(f, TIDY);
	assert_int_equal(fake_host_complaints(f->host), 1);
	assert_int_equal(fixture_errors("storage_unavailable"), 2);
	f->core.housekeep_code = RENT_EFAIL;
	fixture_timer(f, TIDY);
	assert_int_equal(fixture_errors("housekeeping"), 1);
	assert_int_equal(fake_host_complaints(f->host), 1);
	fixture_free(f);
}

/* A core that always has another page of recovery must not keep the thread for ever. */
static void recovery_has_a_ceiling(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_RECOVERY, PAGES_MAX);
	f->core.scripts[RENT_PHASE_RECOVERY].forever = true;
	fixture_timer(f, RECOVERY);
	assert_int_equal(f->core.planned[RENT_PHASE_RECOVERY], 1000);
	assert_int_equal(f->core.ran[RENT_PHASE_RECOVERY], 1000);
	fixture_free(f);
}

/* Rentals that were set aside are counted every time and told when their number changes; the
 * cycle goes on and is a good one. */
static void broken_rentals_are_passed(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 2);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_ACCRUAL, 0)->broken = 2;
	cycle_again(f);
	assert_int_equal(fixture_state(f).cycles, 1);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	assert_int_equal(fake_host_complaints(f->host), 1);
	assert_int_equal(fixture_errors("broken_rental"), 2);
	fixture_free(f);
}

/* Its place moves with every claim, so that an error cannot be passed by going on. */
static void an_error_ends_recovery(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_RECOVERY, 5);
	fixture_page(f, RENT_PHASE_RECOVERY, 1)->plan_code = RENT_EFAIL;
	fixture_timer(f, RECOVERY);
	assert_int_equal(f->core.planned[RENT_PHASE_RECOVERY], 2);
	assert_int_equal(f->core.ran[RENT_PHASE_RECOVERY], 1);
	assert_int_equal(fixture_errors("plan"), 1);
	fixture_free(f);
}

static void health_is_degraded_after_three_ticks(void **state)
{
	static const struct fake_option options[] = { { "tick", "10s" }, { NULL, NULL } };
	struct fixture *f = fixture_new(options);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 1);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	/* No cycle has run yet: counted from the start. */
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	fake_host_advance(f->host, 30 * RENT_SECOND);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	fake_host_advance(f->host, 1);
	assert_int_equal(fixture_health(f).state, RENT_DEGRADED);
	assert_true(strlen(fixture_health(f).why) > 0);
	cycle_again(f);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	/* A cycle with an error is not a good one. */
	fixture_page(f, RENT_PHASE_ACCRUAL, 0)->run_code = RENT_EFAIL;
	fake_host_advance(f->host, 20 * RENT_SECOND);
	cycle_again(f);
	fake_host_advance(f->host, 20 * RENT_SECOND);
	assert_int_equal(fixture_health(f).state, RENT_DEGRADED);
	fixture_page(f, RENT_PHASE_ACCRUAL, 0)->run_code = 0;
	cycle_again(f);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	fixture_free(f);
}

/* What fails stays failing until it has worked itself, whatever else works meanwhile. */
static void each_kind_of_work_answers_for_itself(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct rent_health health;

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 2);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_pages(f, RENT_PHASE_RECOVERY, 1);
	fixture_page(f, RENT_PHASE_DEBTS, 0)->run_code = RENT_EFAIL;
	cycle_again(f);
	health = fixture_health(f);
	assert_int_equal(health.state, RENT_DEGRADED);
	assert_non_null(strstr(health.why, "collecting debts fails: "));
	fixture_timer(f, RECOVERY);
	fixture_timer(f, TIDY);
	assert_int_equal(fixture_health(f).state, RENT_DEGRADED);
	fixture_page(f, RENT_PHASE_DEBTS, 0)->run_code = 0;
	f->core.housekeep_code = RENT_EFAIL;
	cycle_again(f);
	fixture_timer(f, TIDY);
	health = fixture_health(f);
	assert_int_equal(health.state, RENT_DEGRADED);
	assert_non_null(strstr(health.why, "housekeeping fails: "));
	cycle_again(f);
	assert_int_equal(fixture_health(f).state, RENT_DEGRADED);
	f->core.housekeep_code = 0;
	fixture_timer(f, TIDY);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	fixture_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_page_is_counted_and_passed),
		cmocka_unit_test(a_page_that_fails_in_place_ends_its_phase),
		cmocka_unit_test(a_cursor_that_does_not_grow_ends_its_phase),
		cmocka_unit_test(an_outage_ends_the_cycle_until_the_next_tick),
		cmocka_unit_test(all_jobs_share_one_outage),
		cmocka_unit_test(recovery_has_a_ceiling),
		cmocka_unit_test(broken_rentals_are_passed),
		cmocka_unit_test(an_error_ends_recovery),
		cmocka_unit_test(health_is_degraded_after_three_ticks),
		cmocka_unit_test(each_kind_of_work_answers_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
