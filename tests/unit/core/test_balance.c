/* SPDX-License-Identifier: MIT
 *
 * test_balance.c - all rentals of a user added up: storage adds up, and only rentals whose cost is
 * not all booked are read; a storage that does not add up is read page by page, with the same
 * result.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "balance.h"
#include "core.h"

#define T0    (INT64_C(1700000000) * RENT_SECOND)
#define ENDED (RENT_SCAN_MAX + 3)

/* One active rental, one pending, and more ended ones than a page holds. */
static struct {
	struct rent_rental active, pending, ended;
	int rows;       /* that were read one by one */
	int sums;       /* how often storage added up */
	int64_t moving; /* paid between two sums, so often */
	bool unsettled; /* the newest of those that ended, and nothing of it is paid */
} world;

static bool is_wanted(const struct rent_list_query *query, enum rent_status status)
{
	return query->status == RENT_STATUS_NONE || query->status == status;
}

static int fake_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                     void *arg, struct rent_error *err)
{
	uint32_t n = 0;
	int64_t last =
		query->before_created_at == 0 ? ENDED + 3 : query->before_created_at;

	(void)self;
	(void)err;
	for (int64_t at = last - 1; at > 0 && n < query->limit; at--) {
		struct rent_rental r = at == ENDED + 2   ? world.active
		                       : at == ENDED + 1 ? world.pending
		                                         : world.ended;

		if (!is_wanted(query, r.status))
			continue;
		if (at == ENDED && world.unsettled) {
			r.settlement = RENT_SETTLEMENT_PENDING;
			r.paid = 0;
		}
		r.struct_size = sizeof(r);
		r.created_at = at;
		world.rows++;
		n++;
		if (fn(arg, &r, NULL, 0) != 0)
			return -1;
	}
	return 0;
}

static int fake_sums(void *self, const char *user_id, struct rent_user_sums *ret,
                     struct rent_error *err)
{
	(void)self;
	(void)user_id;
	(void)err;
	if (world.sums++ > 0 && world.moving > 0) {
		world.moving--;
		world.active.paid++;
	}
	ret->rentals = ENDED + 2;
	ret->live = 2;
	ret->paid = world.active.paid + ENDED * world.ended.paid;
	ret->debt = world.active.debt + ENDED * world.ended.debt;
	ret->in_flight = world.active.in_flight;
	ret->in_flight_debt = world.active.in_flight_debt;
	ret->in_doubt = world.active.in_doubt;
	ret->unsettled = world.unsettled ? 1 : 0;
	ret->paid -= world.unsettled ? world.ended.paid : 0;
	return 0;
}

static const struct rent_storage adds_up = { .struct_size = sizeof(adds_up),
	                                     .rental_list = fake_list,
	                                     .user_sums = fake_sums };
static const struct rent_storage only_lists = { .struct_size = sizeof(only_lists),
	                                        .rental_list = fake_list };

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.active = (struct rent_rental){ .status = RENT_STATUS_ACTIVE,
		                             .price_per_hour = 3600,
		                             .started_at = T0,
		                             .now = T0 + 100 * RENT_SECOND,
		                             .paid = 40,
		                             .debt = 20,
		                             .in_flight = 17,
		                             .in_flight_debt = 10,
		                             .in_doubt = 3 };
	world.pending.status = RENT_STATUS_PENDING;
	world.ended = (struct rent_rental){ .status = RENT_STATUS_FINISHED,
		                            .has_final = true,
		                            .final_amount = 7,
		                            .paid = 5,
		                            .debt = 2 };
	return 0;
}

static struct rent_balance balance_with(const struct rent_storage *store)
{
	struct core core = { .store = store,
		             .params = { .r_buyout = 5000 },
		             .params_lock = PTHREAD_MUTEX_INITIALIZER };
	struct rent_balance ret = { .struct_size = sizeof(ret) };
	struct rent_error err;

	assert_int_equal(balance_read(&core, "anna", &ret, &err), 0);
	return ret;
}

static void expect_sums(const struct rent_balance *b)
{
	assert_int_equal(b->rentals, ENDED + 2);
	assert_int_equal(b->live, 2);
	assert_int_equal(b->accrued, 100 + ENDED * 7);
	assert_int_equal(b->paid, 40 + ENDED * 5);
	assert_int_equal(b->debt, 20 + ENDED * 2);
	assert_int_equal(b->in_flight, 17 - 10 + 3);
}

static void only_live_rentals_are_read(void **state)
{
	struct rent_balance b = balance_with(&adds_up);

	(void)state;
	expect_sums(&b);
	assert_int_equal(world.rows, 2);
	assert_int_equal(world.sums, 2);
}

static void a_storage_that_only_lists_gives_the_same(void **state)
{
	struct rent_balance b = balance_with(&only_lists);

	(void)state;
	expect_sums(&b);
	assert_int_equal(world.rows, ENDED + 2);
}

static void a_deposit_taken_in_advance_is_not_accrued(void **state)
{
	struct rent_balance b;

	(void)state;
	world.active.debt = 300;
	b = balance_with(&adds_up);
	assert_int_equal(b.accrued, 100 + ENDED * 7);
	assert_int_equal(b.debt, 300 + ENDED * 2);
}

static void money_that_moves_meanwhile_is_counted_once(void **state)
{
	struct rent_balance b;

	(void)state;
	world.moving = 1;
	b = balance_with(&adds_up);
	assert_int_equal(b.paid, 41 + ENDED * 5);
	assert_int_equal(b.accrued, 100 + ENDED * 7);
	assert_int_equal(world.sums, 3);
	world.moving = 1000;
	world.sums = 0;
	(void)balance_with(&adds_up); /* it ends, whatever moves */
	assert_int_equal(world.sums, 4);
}

/* It ended, and what it costs is not all booked: an outcome is waited for. */
static void an_ended_rental_that_is_not_settled_costs_its_final_price(void **state)
{
	struct rent_balance b;

	(void)state;
	world.unsettled = true;
	b = balance_with(&adds_up);
	assert_int_equal(b.paid, 40 + ENDED * 5 - 5);
	assert_int_equal(b.accrued, 100 + ENDED * 7);
	/* No further than needed: it is the newest of those that ended. */
	assert_in_range(world.rows, 3, 2 + RENT_SCAN_MAX);
	b = balance_with(&only_lists);
	assert_int_equal(b.accrued, 100 + ENDED * 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_live_rentals_are_read, setup),
		cmocka_unit_test_setup(a_storage_that_only_lists_gives_the_same, setup),
		cmocka_unit_test_setup(a_deposit_taken_in_advance_is_not_accrued, setup),
		cmocka_unit_test_setup(money_that_moves_meanwhile_is_counted_once, setup),
		cmocka_unit_test_setup(
			an_ended_rental_that_is_not_settled_costs_its_final_price, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
