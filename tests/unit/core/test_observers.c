/* SPDX-License-Identifier: MIT
 *
 * test_observers.c - what a host says of itself before it has done anything: counters begin
 * at 0, and a sum is not shown before it was read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rent/storage.h>

#include "observers.h"

#define FAMILIES 32
#define SERIES   64

struct rent_metric {
	const char *name;
	enum rent_metric_type type;
};

/* The values that the host's registry would show. */
static struct {
	struct rent_metric families[FAMILIES];
	size_t family_count;
	struct {
		const struct rent_metric *family;
		const char *label;
		int64_t value;
	} series[SERIES];
	size_t series_count;
} shown;

static struct rent_metric *metric(const struct rent_host *host,
                                  const struct rent_metric_def *def)
{
	struct rent_metric *m;

	(void)host;
	for (size_t i = 0; i < shown.family_count; i++) {
		if (strcmp(shown.families[i].name, def->name) == 0)
			return &shown.families[i];
	}
	assert_true(shown.family_count < FAMILIES);
	m = &shown.families[shown.family_count++];
	*m = (struct rent_metric){ def->name, def->type };
	return m;
}

static int64_t *series(const struct rent_metric *family, const char *label)
{
	for (size_t i = 0; i < shown.series_count; i++) {
		if (shown.series[i].family == family &&
		    strcmp(shown.series[i].label, label) == 0)
			return &shown.series[i].value;
	}
	assert_true(shown.series_count < SERIES);
	shown.series[shown.series_count].family = family;
	shown.series[shown.series_count].label = label;
	return &shown.series[shown.series_count++].value;
}

static void metric_add(struct rent_metric *m, int64_t n, const char *const *labels)
{
	*series(m, labels == NULL || labels[0] == NULL ? "" : labels[0]) += n;
}

static void metric_set(struct rent_metric *m, int64_t v, const char *const *labels)
{
	assert_int_equal(m->type, RENT_GAUGE);
	*series(m, labels == NULL || labels[0] == NULL ? "" : labels[0]) = v;
}

static const struct rent_host host = {
	.struct_size = sizeof(host),
	.metric = metric,
	.metric_add = metric_add,
	.metric_set = metric_set,
};

static int begin(void **state)
{
	static struct observers observers;

	memset(&shown, 0, sizeof(shown));
	observers_init(&observers, &host);
	*state = &observers;
	return 0;
}

/* The value, or -1 when nothing is said. */
static int64_t value(const char *name, const char *label)
{
	for (size_t i = 0; i < shown.series_count; i++) {
		if (strcmp(shown.series[i].family->name, name) == 0 &&
		    strcmp(shown.series[i].label, label) == 0)
			return shown.series[i].value;
	}
	return -1;
}

static void rentals_begin_at_zero(void **state)
{
	static const char *const statuses[] = { "ACTIVE", "FINISHED", "BUYOUT",
		                                "FAILED" };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		assert_int_equal(value("rental_system_rentals_total", statuses[i]), 0);
	/* Never counted: a 0 there would stay, whatever happens. */
	assert_int_equal(value("rental_system_rentals_total", "PENDING"), -1);
}

/* A family without labels is shown as 0 once it is registered. */
static void sums_are_not_registered_before_they_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < shown.family_count; i++)
		assert_int_not_equal(shown.families[i].type, RENT_GAUGE);
}

static void sums_are_shown_as_read(void **state)
{
	struct rent_totals totals = {
		.struct_size = sizeof(totals),
		.active = 3,
		.debt = 250,
		.open_ops = 2,
		.manual_ops = 1,
		.oldest_work_us = 7 * RENT_SECOND + 1,
	};
	size_t before;

	observers_totals(*state, &totals);
	before = shown.family_count;
	totals.active = 4;
	observers_totals(*state, &totals);
	assert_int_equal(shown.family_count, before);
	assert_int_equal(value("rental_system_active_rentals_current", ""), 4);
	assert_int_equal(value("rental_system_debt_amount_current", ""), 250);
	assert_int_equal(value("rental_system_open_operations_current", ""), 2);
	assert_int_equal(value("rental_system_manual_operations_current", ""), 1);
	assert_int_equal(value("rental_system_recovery_lag_seconds", ""), 7);
}

#define T(fn) cmocka_unit_test_setup(fn, begin)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(rentals_begin_at_zero),
		T(sums_are_not_registered_before_they_are_read),
		T(sums_are_shown_as_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
