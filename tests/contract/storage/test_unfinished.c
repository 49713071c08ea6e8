/* SPDX-License-Identifier: MIT
 *
 * test_unfinished.c - which providers the rentals that are not finished were begun with.
 */
#include "fixture.h"

#include <stdlib.h>

struct groups {
	struct rent_unfinished at[8];
	size_t n;
};

static int keep(void *arg, const struct rent_unfinished *group)
{
	struct groups *groups = arg;

	assert_true(groups->n < sizeof(groups->at) / sizeof(groups->at[0]));
	groups->at[groups->n++] = *group;
	return 0;
}

/* How many rentals are unfinished with this provider and plugin. */
static int64_t count_of(struct fixture *f, const char *provider, const char *plugin)
{
	struct groups groups = { .n = 0 };
	int64_t n = 0;

	assert_int_equal(f->api->unfinished(f->self, keep, &groups, &f->err), 0);
	for (size_t i = 0; i < groups.n; i++) {
		const struct rent_unfinished *g = &groups.at[i];

		assert_true(g->rentals > 0);
		if (strcmp(g->provider, provider) == 0 &&
		    strcmp(g->provider_plugin, plugin) == 0)
			n += g->rentals;
	}
	return n;
}

static void begin(struct fixture *f, const char *id, const char *provider,
                  const char *plugin)
{
	struct start *start = calloc(1, sizeof(*start));

	assert_non_null(start);
	put_quote(f, id, "user-1");
	start_init(f, start, id, id, id);
	start->s.provider = provider;
	start->s.provider_plugin = plugin;
	start->s.station_instance = "cabinets";
	start->s.station_plugin = "station_a";
	assert_int_equal(start_run(f, start), RENT_START_NEW);
	assert_string_equal(start->rental.provider_plugin, plugin);
	assert_string_equal(start->rental.station_plugin, "station_a");
	free(start);
}

static void a_start_records_its_plugins(void **state)
{
	struct fixture *f = *state;
	struct groups groups = { .n = 0 };
	struct shown shown;

	begin(f, "r1", "stripe", "payment_stripe");
	get(f, "r1", &shown);
	assert_string_equal(shown.rental.provider, "stripe");
	assert_string_equal(shown.rental.provider_plugin, "payment_stripe");
	assert_string_equal(shown.rental.station_instance, "cabinets");
	assert_string_equal(shown.rental.station_plugin, "station_a");
	assert_int_equal(f->api->unfinished(f->self, keep, &groups, &f->err), 0);
	assert_int_equal(groups.n, 1);
	assert_int_equal(groups.at[0].rentals, 1);
	assert_string_equal(groups.at[0].station_instance, "cabinets");
	assert_string_equal(groups.at[0].station_plugin, "station_a");
}

/* A caller of an older build ends its struct before them. */
static void an_older_caller_says_nothing_of_plugins(void **state)
{
	struct fixture *f = *state;
	struct start *start = calloc(1, sizeof(*start));
	struct shown shown;

	assert_non_null(start);
	put_quote(f, "q1", "user-1");
	start_init(f, start, "k1", "q1", "r1");
	start->s.station_instance = "cabinets";
	start->s.provider_plugin = "beyond its end";
	start->s.struct_size = offsetof(struct rent_start, provider_plugin);
	assert_int_equal(start_run(f, start), RENT_START_NEW);
	get(f, "r1", &shown);
	assert_string_equal(shown.rental.provider_plugin, "");
	assert_string_equal(shown.rental.station_instance, "cabinets");
	free(start);
}

static void groups_of_providers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(count_of(f, "stripe", "payment_stripe"), 0);
	begin(f, "r1", "stripe", "payment_stripe");
	begin(f, "r2", "stripe", "payment_stripe");
	begin(f, "r3", "stripe", "payment_other");
	begin(f, "r4", "kassa", "payment_stripe");
	assert_int_equal(count_of(f, "stripe", "payment_stripe"), 2);
	assert_int_equal(count_of(f, "stripe", "payment_other"), 1);
	assert_int_equal(count_of(f, "kassa", "payment_stripe"), 1);
}

/* PENDING, ACTIVE, not settled, or with an operation that nobody knows the end of. */
static void what_is_unfinished(void **state)
{
	struct fixture *f = *state;
	const char *const set = "UPDATE rentals SET status = '%s', settlement = '%s'";

	make_active(f, "r1");
	fixture_sql(f, "UPDATE rentals SET provider = 'p', provider_plugin = 'x'");
	assert_int_equal(count_of(f, "p", "x"), 1);
	fixture_sql(f, set, "FINISHED", "PENDING");
	assert_int_equal(count_of(f, "p", "x"), 1);
	fixture_sql(f, set, "FINISHED", "DONE");
	assert_int_equal(count_of(f, "p", "x"), 0);
	assert_int_equal(charge(f, "r1", "debt", 5), RENT_CHANGE_APPLIED);
	assert_int_equal(count_of(f, "p", "x"), 1);
	assert_int_equal(end_op(f, "r1", "debt", RENT_OP_UNKNOWN, 0),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(count_of(f, "p", "x"), 1);
	/* A person resolves it; the provider is not asked any more. */
	assert_int_equal(end_op(f, "r1", "debt", RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(count_of(f, "p", "x"), 0);
}

/* The plugin goes with the provider: both, or neither. */
static void a_change_names_both(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct shown shown;

	insert_active(f, "r1", "pb-1");
	c = change_of(f, "r1");
	c.provider = "stripe";
	c.provider_plugin = "payment_stripe";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.provider = "kassa";
	c.provider_plugin = "payment_yookassa";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	get(f, "r1", &shown);
	assert_string_equal(shown.rental.provider, "stripe");
	assert_string_equal(shown.rental.provider_plugin, "payment_stripe");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_start_records_its_plugins),
		T(an_older_caller_says_nothing_of_plugins),
		T(groups_of_providers),
		T(what_is_unfinished),
		T(a_change_names_both),
	};

	return cmocka_run_group_tests_name("unfinished", tests, NULL, NULL);
}
