/* SPDX-License-Identifier: MIT
 *
 * test_housekeep.c - what housekeeping deletes: page by page, each kind at its own age.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "recover.h"

static int full_pages, pages; /* of the outbox */
static bool has_totals;

static int purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                 int64_t *ret_n, struct rent_error *err)
{
	(void)self;
	(void)limit;
	(void)err;
	assert_int_equal(quote_age_us, RENT_HOUR);
	assert_int_equal(key_age_us, RENT_MINUTE);
	*ret_n = 0;
	return 0;
}

static int outbox_purge(void *self, int64_t age_us, uint32_t limit, int64_t *ret_n,
                        struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_int_equal(age_us, 30 * RENT_SECOND);
	*ret_n = pages++ < full_pages ? limit : limit - 1;
	return 0;
}

/* The sums come last; here they end the test. */
static int totals(void *self, struct rent_totals *ret, struct rent_error *err)
{
	(void)self;
	(void)ret;
	has_totals = true;
	return rent_fail(err, RENT_EUNAVAIL, "away");
}

static void keep_house(const struct rent_storage *store)
{
	struct core core = { .store = store,
		             .quote_retention = RENT_HOUR,
		             .key_retention = RENT_MINUTE,
		             .outbox_retention = 30 * RENT_SECOND };
	struct rent_error err;

	pages = 0;
	has_totals = false;
	assert_int_equal(recover_housekeep(&core, &err), RENT_EUNAVAIL);
	assert_true(has_totals);
}

static void delivered_messages_go_page_by_page(void **state)
{
	static const struct rent_storage store = { .struct_size = sizeof(store),
		                                   .purge = purge,
		                                   .outbox_purge = outbox_purge,
		                                   .totals = totals };

	(void)state;
	full_pages = 0;
	keep_house(&store);
	assert_int_equal(pages, 1);
	full_pages = 2;
	keep_house(&store);
	assert_int_equal(pages, 3);
	/* However many there are, a run ends. */
	full_pages = 1000000;
	keep_house(&store);
	assert_in_range(pages, 3, 10000);
}

static void a_storage_may_have_no_outbox(void **state)
{
	static const struct rent_storage store = { .struct_size = sizeof(store),
		                                   .purge = purge,
		                                   .totals = totals };

	(void)state;
	keep_house(&store);
	assert_int_equal(pages, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivered_messages_go_page_by_page),
		cmocka_unit_test(a_storage_may_have_no_outbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
