/* SPDX-License-Identifier: MIT
 *
 * test_reconcile.c - the comparison with the providers' books in the background: when it is run,
 * what it shows, how it fails.
 */
#include "fixture.h"

static const struct fake_option often[] = { { "reconcile_interval", "80ms" },
	                                    { NULL, NULL } };

static const struct rent_finding findings[] = {
	{ .struct_size = sizeof(struct rent_finding),
	  .breach = true,
	  .invariant = "I8",
	  .rental_id = "r-1",
	  .text = "the provider took 5" },
	{ .struct_size = sizeof(struct rent_finding),
	  .invariant = "I8",
	  .rental_id = "r-2",
	  .text = "a note" },
};

static void never_unless_it_is_wanted(void **state)
{
	static const struct fake_option seldom[] = { { "reconcile_interval", "3d" },
		                                     { NULL, NULL } };
	struct fixture *f = fixture_new(NULL);

	(void)state;
	assert_false(fixture_has_timer(f, BOOKS, 0));
	fixture_free(f);
	f = fixture_new(seldom);
	assert_true(fixture_has_timer(f, BOOKS, 72 * RENT_HOUR));
	/* What was late in the provider's list is seen by the next run. */
	fixture_timer(f, BOOKS);
	assert_true(f->table.wall_us(&f->table) - f->core.reconciled_since >=
	            144 * RENT_HOUR);
	fixture_free(f);
}

static void differences_are_shown_and_said_once(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->core.findings = findings;
	f->core.finding_count = 2;
	fixture_timer(f, BOOKS);
	assert_int_equal(f->core.reconciles, 1);
	assert_true(f->table.wall_us(&f->table) - f->core.reconciled_since >=
	            24 * RENT_HOUR);
	assert_int_equal(fixture_metrics()->differences, 1);
	assert_int_equal(fixture_metrics()->entries, 9);
	assert_true(fixture_metrics()->reconciled_at > 1700000000);
	assert_int_equal(fake_host_complaints(f->host), 1);
	fixture_timer(f, BOOKS);
	assert_int_equal(fake_host_complaints(f->host), 0);
	f->core.finding_count = 0;
	fixture_timer(f, BOOKS);
	assert_int_equal(fixture_metrics()->differences, 0);
	assert_int_equal(fake_host_complaints(f->host), 0);
	fixture_free(f);
}

/* A failure proves nothing: the metrics stay, and health says so. */
static void a_failure_is_not_a_clean_run(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->core.reconcile_code = RENT_EFAIL;
	fixture_timer(f, BOOKS);
	assert_int_equal(fixture_errors("reconcile"), 1);
	assert_int_equal(fixture_metrics()->reconciled_at, 0);
	assert_int_equal(fixture_health(f).state, RENT_DEGRADED);
	assert_int_equal(fake_host_complaints(f->host), 1);
	f->core.reconcile_code = 0;
	fixture_timer(f, BOOKS);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	fixture_free(f);
}

/* It will not learn it: said once. */
static void a_provider_that_cannot_list_is_no_failure(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->core.reconcile_code = RENT_EUNSUPPORTED;
	fixture_timer(f, BOOKS);
	fixture_timer(f, BOOKS);
	assert_int_equal(fake_host_complaints(f->host), 1);
	assert_int_equal(fixture_errors("reconcile"), 0);
	assert_int_equal(fixture_health(f).state, RENT_HEALTHY);
	assert_int_equal(fixture_metrics()->reconciled_at, 0);
	fixture_free(f);
}

static void draining_ends_it(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->plugin->drain(f->self);
	fixture_timer(f, BOOKS);
	assert_int_equal(f->core.reconciles, 0);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_unless_it_is_wanted),
		cmocka_unit_test(differences_are_shown_and_said_once),
		cmocka_unit_test(a_failure_is_not_a_clean_run),
		cmocka_unit_test(a_provider_that_cannot_list_is_no_failure),
		cmocka_unit_test(draining_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
