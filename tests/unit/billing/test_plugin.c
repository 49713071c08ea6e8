/* SPDX-License-Identifier: MIT
 *
 * test_plugin.c - options, timers and life cycle of billing.
 */
#include "fixture.h"

static void defaults_are_those_of_the_manual(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	assert_true(fixture_has_timer(f, CYCLE, 30 * RENT_SECOND));
	assert_true(fixture_has_timer(f, RECOVERY, RENT_SECOND));
	assert_true(fixture_has_timer(f, TIDY, 60 * RENT_SECOND));
	assert_int_equal(fixture_state(f).interval_us, 30 * RENT_SECOND);
	assert_int_equal(fixture_state(f).last_began_at, 0);
	fixture_free(f);
}

static void phases_decide_what_runs(void **state)
{
	static const struct {
		const char *phases;
		bool cycle, recovery, tidy;
	} rows[] = {
		{ "accrual", true, false, false },
		{ "debts", true, false, false },
		{ "recovery", false, true, false },
		{ "housekeeping", false, false, true },
		{ "housekeeping,recovery", false, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct fake_option options[] = { { "phases", rows[i].phases },
			                               { NULL, NULL } };
		struct fixture *f = fixture_new(options);

		assert_int_equal(fixture_has_timer(f, CYCLE, 30 * RENT_SECOND),
		                 rows[i].cycle);
		assert_int_equal(fixture_has_timer(f, RECOVERY, RENT_SECOND),
		                 rows[i].recovery);
		assert_int_equal(fixture_has_timer(f, TIDY, 60 * RENT_SECOND),
		                 rows[i].tidy);
		/* Without a cycle there is none to be late. */
		fake_host_advance(f->host, RENT_HOUR);
		assert_int_equal(fixture_health(f).state,
		                 rows[i].cycle ? RENT_DEGRADED : RENT_HEALTHY);
		fixture_free(f);
	}
}

static void a_phase_that_is_left_out_is_not_planned(void **state)
{
	static const struct fake_option options[] = { { "phases", "debts" },
		                                      { NULL, NULL } };
	struct fixture *f = fixture_new(options);

	(void)state;
	fixture_pages(f, RENT_PHASE_DEBTS, 2);
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.ran[RENT_PHASE_DEBTS], 2);
	assert_int_equal(fixture_metrics()->processed, 0);
	fixture_free(f);
}

static int create_with(const char *phases, bool bind, struct rent_error *err)
{
	const struct rent_plugin *plugin = fake_host_load(BILLING_SO);
	const struct fake_option options[] = { { "phases", phases }, { NULL, NULL } };
	static const struct rent_rental_api none = { .struct_size = sizeof(none) };
	struct fake_host *host = fake_host_new(plugin, options);
	void *self = NULL;
	int r;

	if (bind)
		fake_host_bind(host, "rental", &none, NULL);
	r = plugin->create(fake_host_table(host), &self, err);
	assert_null(self);
	fake_host_free(host);
	return r;
}

static void what_cannot_work_is_refused(void **state)
{
	struct rent_error err;

	(void)state;
	assert_int_equal(create_with("accrual,debt", true, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "\"debt\""));
	assert_int_equal(create_with("", true, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "empty"));
	assert_int_equal(create_with("accrual", true, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "batches"));
	assert_int_equal(create_with("accrual", false, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "not bound"));
}

static void state_writes_no_more_than_the_caller_has(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const struct rent_scheduler *api = f->plugin->api;
	struct rent_scheduler_state s;

	(void)state;
	memset(&s, 0x5a, sizeof(s));
	s.struct_size = offsetof(struct rent_scheduler_state, last_began_at);
	api->state(f->self, &s);
	assert_int_equal(s.cycles, 0);
	assert_int_equal(s.struct_size,
	                 offsetof(struct rent_scheduler_state, last_began_at));
	assert_int_equal(s.last_began_at, INT64_C(0x5a5a5a5a5a5a5a5a));
	fixture_free(f);
}

static int64_t another_page(const struct rent_host *host, const char *name)
{
	(void)host;
	assert_string_equal(name, "page");
	return 23;
}

static void a_reload_takes_the_new_page(void **state)
{
	static const struct fake_option options[] = { { "page", "17" }, { NULL, NULL } };
	struct fixture *f = fixture_new(options);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 1);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.limit, 17);
	f->table.opt_int = another_page;
	f->plugin->reload(f->self);
	fixture_again(f);
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.limit, 23);
	fixture_free(f);
}

/* Dashboards read these. */
static void metrics_are_those_of_the_dashboards(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const struct rent_metric_def *def;

	(void)state;
	def = fixture_metric_def("rental_system_billing_cycles_total");
	assert_int_equal(def->type, RENT_COUNTER);
	assert_null(def->labels[0]);
	def = fixture_metric_def("rental_system_billing_cycle_duration_seconds");
	assert_int_equal(def->type, RENT_HISTOGRAM);
	assert_int_equal(def->scale, RENT_SECOND);
	assert_int_equal(def->buckets[0], RENT_SECOND / 10);
	assert_int_equal(def->buckets[def->bucket_count - 1], 60 * RENT_SECOND);
	for (uint32_t i = 1; i < def->bucket_count; i++)
		assert_true(def->buckets[i - 1] < def->buckets[i]);
	def = fixture_metric_def("rental_system_active_rentals_processed_last_cycle");
	assert_int_equal(def->type, RENT_GAUGE);
	def = fixture_metric_def("rental_system_worker_errors_total");
	assert_int_equal(def->type, RENT_COUNTER);
	assert_string_equal(def->labels[0], "error_type");
	assert_null(def->labels[1]);
	fixture_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(phases_decide_what_runs),
		cmocka_unit_test(a_phase_that_is_left_out_is_not_planned),
		cmocka_unit_test(what_cannot_work_is_refused),
		cmocka_unit_test(state_writes_no_more_than_the_caller_has),
		cmocka_unit_test(a_reload_takes_the_new_page),
		cmocka_unit_test(metrics_are_those_of_the_dashboards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
