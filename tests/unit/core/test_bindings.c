/* SPDX-License-Identifier: MIT
 *
 * test_bindings.c - whether the providers of unfinished rentals are bound as they were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bindings.h"

/* What storage says. */
static const struct rent_unfinished *groups;
static size_t group_count;
static int storage_code;

static int unfinished(void *self, rent_unfinished_fn fn, void *arg,
                      struct rent_error *err)
{
	int code = storage_code;
	size_t i;

	(void)self;
	(void)err;
	for (i = 0; i < group_count && code == 0; i++)
		code = fn(arg, &groups[i]);
	return code;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .unfinished = unfinished };
static const struct rent_payment payment = { .struct_size = sizeof(payment) };

static struct core bound_to(const char *instance, const char *plugin,
                            const char *previous, const char *previous_plugin)
{
	struct core core = { .store = &storage };

	core.payment.api = &payment;
	core.payment.instance = instance;
	core.payment.plugin = plugin;
	core.payment_previous.api = previous == NULL ? NULL : &payment;
	core.payment_previous.instance = previous;
	core.payment_previous.plugin = previous_plugin;
	return core;
}

static int check(struct core core, const struct rent_unfinished *group,
                 struct rent_error *err)
{
	groups = group;
	group_count = group == NULL ? 0 : 1;
	*err = (struct rent_error){ 0 };
	return bindings_check(&core, err);
}

static const struct rent_unfinished twelve = { .provider = "stripe",
	                                       .provider_plugin = "payment_stripe",
	                                       .rentals = 12 };

static void bound_as_it_was(void **state)
{
	struct rent_error err;

	(void)state;
	assert_int_equal(
		check(bound_to("stripe", "payment_stripe", NULL, NULL), &twelve, &err),
		0);
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", "stripe", "payment_stripe"),
	              &twelve, &err),
		0);
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", NULL, NULL), NULL, &err), 0);
}

static void not_bound(void **state)
{
	struct rent_error err;

	(void)state;
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", NULL, NULL), &twelve, &err),
		RENT_EINVAL);
	assert_non_null(strstr(err.text, "12 unfinished rentals"));
	assert_non_null(strstr(err.text, "'stripe' (payment_stripe)"));
	assert_non_null(strstr(err.text, "payment_previous"));
}

/* The name stayed, and another provider is behind it. */
static void bound_with_another_plugin(void **state)
{
	struct rent_error err;

	(void)state;
	assert_int_equal(
		check(bound_to("stripe", "payment_http", NULL, NULL), &twelve, &err),
		RENT_EINVAL);
	assert_non_null(strstr(err.text, "payment_stripe"));
	assert_non_null(strstr(err.text, "is now payment_http"));
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", "stripe", "payment_http"),
	              &twelve, &err),
		RENT_EINVAL);
}

/* Rows of another program and of older builds say less. */
static void what_is_not_known_matches(void **state)
{
	const struct rent_unfinished foreign = { .rentals = 1 };
	const struct rent_unfinished older = { .provider = "stripe", .rentals = 1 };
	struct rent_error err;

	(void)state;
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", NULL, NULL), &foreign, &err),
		0);
	assert_int_equal(
		check(bound_to("stripe", "payment_http", NULL, NULL), &older, &err), 0);
	assert_int_equal(check(bound_to("stripe", NULL, NULL, NULL), &twelve, &err), 0);
	assert_int_equal(
		check(bound_to("kassa", "payment_yookassa", NULL, NULL), &older, &err),
		RENT_EINVAL);
	assert_non_null(strstr(err.text, "1 unfinished rental began"));
}

static const struct rent_station cabinets = { .struct_size = sizeof(cabinets) };

static struct core with_stations(const char *first, const char *second)
{
	struct core core = bound_to("stripe", "payment_stripe", NULL, NULL);

	core.station.api = first == NULL ? NULL : &cabinets;
	core.station.instance = first;
	core.station.plugin = "station_http";
	core.station_others[0].api = second == NULL ? NULL : &cabinets;
	core.station_others[0].instance = second;
	core.station_others[0].plugin = "station_http";
	return core;
}

static void cabinets_are_bound_as_they_were(void **state)
{
	const struct rent_unfinished rented = { .station_instance = "depot",
		                                .station_plugin = "station_http",
		                                .rentals = 3 };
	const struct rent_unfinished otherwise = { .station_instance = "depot",
		                                   .station_plugin = "station_new",
		                                   .rentals = 3 };
	struct rent_error err;

	(void)state;
	assert_int_equal(check(with_stations("depot", NULL), &rented, &err), 0);
	assert_int_equal(check(with_stations("cloud", "depot"), &rented, &err), 0);
	assert_int_equal(check(with_stations("cloud", NULL), &rented, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "3 unfinished rentals began with the station "
	                                 "'depot' (station_http), which is not bound"));
	assert_non_null(strstr(err.text, "in the list of uses.station"));
	assert_int_equal(check(with_stations("cloud", "depot"), &otherwise, &err),
	                 RENT_EINVAL);
	assert_non_null(strstr(err.text, "is now station_http"));
	/* A worker without cabinets does not ask them. */
	assert_int_equal(check(with_stations(NULL, NULL), &rented, &err), 0);
}

/* A storage that cannot be read says so; an older one is not asked. */
static void the_storage_says_nothing(void **state)
{
	const struct rent_storage older = { .struct_size = sizeof(older) };
	struct core core = bound_to("kassa", "payment_yookassa", NULL, NULL);
	struct rent_error err;

	(void)state;
	storage_code = RENT_EUNAVAIL;
	assert_int_equal(check(core, &twelve, &err), RENT_EUNAVAIL);
	storage_code = 0;
	core.store = &older;
	assert_int_equal(check(core, &twelve, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_as_it_was),
		cmocka_unit_test(not_bound),
		cmocka_unit_test(bound_with_another_plugin),
		cmocka_unit_test(what_is_not_known_matches),
		cmocka_unit_test(cabinets_are_bound_as_they_were),
		cmocka_unit_test(the_storage_says_nothing),
	};

	return cmocka_run_group_tests_name("bindings", tests, NULL, NULL);
}
