/* SPDX-License-Identifier: MIT
 *
 * test_tariffs.c - the tariff cache: time to live, eviction, collisions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tariffs.h"

static struct rent_catalog_tariff tariff(int n)
{
	struct rent_catalog_tariff t = { .price_per_hour = n };

	(void)snprintf(t.id, sizeof(t.id), "tariff-%d", n);
	return t;
}

static bool cached(struct tariffs *t, int n, int64_t now)
{
	struct rent_catalog_tariff got, want = tariff(n);
	bool hit = tariffs_get(t, want.id, now, 600, &got);

	if (hit) {
		assert_int_equal(got.price_per_hour, n);
		assert_string_equal(got.id, want.id);
	}
	return hit;
}

static void put(struct tariffs *t, int n, int64_t now)
{
	struct rent_catalog_tariff one = tariff(n);

	tariffs_put(t, &one, now);
}

static void an_expired_one_is_never_used(void **state)
{
	struct tariffs *t = tariffs_new(8);

	(void)state;
	assert_non_null(t);
	assert_false(cached(t, 1, 0));
	put(t, 1, 1000);
	assert_true(cached(t, 1, 1000));
	assert_true(cached(t, 1, 1599));
	assert_false(cached(t, 1, 1600));
	put(t, 1, 1600);
	assert_true(cached(t, 1, 1700));
	tariffs_free(t);
}

static void the_one_not_used_longest_gives_way(void **state)
{
	struct tariffs *t = tariffs_new(4);
	int i;

	(void)state;
	assert_non_null(t);
	for (i = 0; i < 4; i++)
		put(t, i, 0);
	assert_true(cached(t, 0, 1)); /* 1 is now the oldest */
	put(t, 4, 1);
	assert_false(cached(t, 1, 1));
	assert_true(cached(t, 0, 1));
	assert_true(cached(t, 2, 1));
	assert_true(cached(t, 3, 1));
	assert_true(cached(t, 4, 1));
	tariffs_free(t);
}

/* Many more than fit, in few chains: what is found is always right, and the newest are. */
static void churn(void **state)
{
	struct tariffs *t = tariffs_new(16);
	int i, k;

	(void)state;
	assert_non_null(t);
	for (i = 0; i < 5000; i++) {
		put(t, i, 0);
		for (k = i; k > i - 16 && k >= 0; k--)
			assert_true(cached(t, k, 1));
		if (i >= 16)
			assert_false(cached(t, i - 16, 1));
		/* touch in order, so that the order of use stays the order of numbers */
		for (k = i - 15 < 0 ? 0 : i - 15; k <= i; k++)
			assert_true(cached(t, k, 1));
	}
	tariffs_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expired_one_is_never_used),
		cmocka_unit_test(the_one_not_used_longest_gives_way),
		cmocka_unit_test(churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
