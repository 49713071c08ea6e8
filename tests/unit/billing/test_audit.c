/* SPDX-License-Identifier: MIT
 *
 * test_audit.c - the audit in the background: when it is run, what it shows, how it ends.
 */
#include "fixture.h"

static const struct fake_option often[] = { { "audit_interval", "80ms" },
	                                    { NULL, NULL } };

static const struct rent_finding findings[] = {
	{ .struct_size = sizeof(struct rent_finding),
	  .breach = true,
	  .invariant = "I1",
	  .code = "total_amount",
	  .rental_id = "r-1",
	  .op_id = "",
	  .text = "total_amount is 5" },
	{ .struct_size = sizeof(struct rent_finding),
	  .invariant = "I1",
	  .rental_id = "r-2",
	  .text = "a note" },
	{ .struct_size = sizeof(struct rent_finding),
	  .breach = true,
	  .invariant = "I1",
	  .rental_id = "r-3",
	  .text = "again" },
	{ .struct_size = sizeof(struct rent_finding),
	  .breach = true,
	  .invariant = "",
	  .rental_id = "r-4",
	  .text = "broken: not a time" },
};

static void hourly_or_never(void **state)
{
	static const struct fake_option never[] = { { "audit_interval", "0s" },
		                                    { NULL, NULL } };
	struct fixture *f = fixture_new(NULL);

	(void)state;
	assert_true(fixture_has_timer(f, AUDIT, RENT_HOUR));
	fixture_free(f);
	f = fixture_new(never);
	assert_false(fixture_has_timer(f, AUDIT, RENT_HOUR));
	assert_false(fixture_has_timer(f, AUDIT, 0));
	fixture_free(f);
}

static void breaches_are_shown_by_invariant(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->core.findings = findings;
	f->core.finding_count = 4;
	fixture_timer(f, AUDIT);
	assert_int_equal(f->core.audits, 1);
	assert_int_equal(fixture_metrics()->breaches[0], 2);
	assert_int_equal(fixture_metrics()->breaches[1], 0);
	assert_int_equal(fixture_metrics()->breaches[9], 1);
	assert_int_equal(fixture_metrics()->audited, 7);
	assert_true(fixture_metrics()->audited_at > 1700000000);
	assert_int_equal(fake_host_complaints(f->host), 1);
	/* The same again is not said again; what is healed is no longer shown. */
	fixture_timer(f, AUDIT);
	assert_int_equal(fake_host_complaints(f->host), 0);
	f->core.finding_count = 0;
	fixture_timer(f, AUDIT);
	assert_int_equal(fixture_metrics()->breaches[0], 0);
	assert_int_equal(fixture_metrics()->breaches[9], 0);
	assert_int_equal(fake_host_complaints(f->host), 0);
	fixture_free(f);
}

static void an_audit_that_fails_shows_nothing(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->core.audit_code = RENT_EFAIL;
	fixture_timer(f, AUDIT);
	assert_int_equal(fixture_errors("audit"), 1);
	assert_int_equal(fixture_metrics()->audited_at, 0);
	assert_int_equal(fake_host_complaints(f->host), 1);
	/* That the storage is away is the cycle's to say. */
	f->core.audit_code = RENT_EUNAVAIL;
	fixture_timer(f, AUDIT);
	assert_int_equal(fixture_errors("audit"), 2);
	assert_int_equal(fake_host_complaints(f->host), 0);
	fixture_free(f);
}

static void draining_ends_it(void **state)
{
	struct fixture *f = fixture_new(often);

	(void)state;
	f->plugin->drain(f->self);
	fixture_timer(f, AUDIT);
	assert_int_equal(f->core.audits, 0);
	assert_int_equal(fixture_metrics()->audited_at, 0);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hourly_or_never),
		cmocka_unit_test(breaches_are_shown_by_invariant),
		cmocka_unit_test(an_audit_that_fails_shows_nothing),
		cmocka_unit_test(draining_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
