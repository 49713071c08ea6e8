/* SPDX-License-Identifier: MIT
 *
 * test_resolve.c - when a worker looks at a rental one of whose operations was resolved by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "fake_host.h"
#include "observers.h"
#include "resolve.h"

#define T0 (INT64_C(1700000000) * RENT_SECOND)

static struct rent_rental rental;
static struct rent_op manual;
/* Of the change. */
static int64_t work_in_us, work_tries;

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	return strcmp(id, manual.id) == 0 ? fn(arg, &manual) : 1;
}

static int op_scan(void *self, enum rent_ops what, const char *after, uint32_t limit,
                   rent_op_fn fn, void *arg, struct rent_error *err)
{
	(void)self;
	(void)what;
	(void)after;
	(void)limit;
	(void)fn;
	(void)arg;
	(void)err;
	return 0;
}

static int resolutions(void *self, const char *rental_id, rent_resolution_fn fn,
                       void *arg, struct rent_error *err)
{
	(void)self;
	(void)rental_id;
	(void)fn;
	(void)arg;
	(void)err;
	return 0;
}

static int rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	(void)self;
	(void)id;
	(void)err;
	return fn(arg, &rental, NULL, 0);
}

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	work_in_us = changes[0]->work_in_us;
	work_tries = changes[0]->work_tries;
	changes[0]->ret = RENT_CHANGE_APPLIED;
	changes[0]->ret_version = rental.version + 1;
	changes[0]->ret_now = rental.now;
	return 0;
}

/* The time of a release that was refused: no operation is open, and only the row knows it. A hold that was to be
 * renewed or extended has its rental scheduled at once. */
static void what_is_left_keeps_its_time(void **state)
{
	static const struct rent_storage store = { .struct_size = sizeof(store),
		                                   .op_get = op_get,
		                                   .op_scan = op_scan,
		                                   .resolutions = resolutions,
		                                   .rental_get = rental_get,
		                                   .advance = advance };
	static const struct {
		int64_t work_at;
		enum rent_op_kind kind;
		enum rent_purpose purpose;
		int64_t want, tries;
	} cases[] = {
		{ 0, RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_NO_WORK, 3 },
		{ T0 + RENT_MINUTE, RENT_OP_CHARGE, RENT_FOR_ACCRUAL, RENT_MINUTE, 3 },
		{ T0 - RENT_MINUTE, RENT_OP_CHARGE, RENT_FOR_ACCRUAL, 0, 3 },
		{ 0, RENT_OP_HOLD, RENT_FOR_START, RENT_NO_WORK, 3 },
		{ 0, RENT_OP_HOLD, RENT_FOR_ACCRUAL, 0, 0 },
		{ T0 + RENT_MINUTE, RENT_OP_HOLD, RENT_FOR_ACCRUAL, 0, 0 },
	};
	static struct observers observers;
	struct fake_host *fake = fake_host_new(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct core core = { .host = fake_host_table(fake),
			             .store = &store,
			             .observers = &observers,
			             .payment.instance = "pay" };
		struct rent_resolve rs = { .struct_size = sizeof(rs),
			                   .op_id = "charge",
			                   .as = RENT_OP_DECLINED,
			                   .reason = "they say so",
			                   .by = "ann" };
		struct rent_error err;

		observers_init(&observers, core.host);
		pthread_mutex_init(&core.params_lock, NULL);
		rental = (struct rent_rental){ .struct_size = sizeof(rental),
			                       .id = "r1",
			                       .status = RENT_STATUS_ACTIVE,
			                       .settlement = RENT_SETTLEMENT_OPEN,
			                       .now = T0,
			                       .started_at = T0,
			                       .in_doubt = rent_op_takes(cases[i].kind)
			                                           ? 100
			                                           : 0,
			                       .work_at = cases[i].work_at,
			                       .work_tries = 3 };
		manual = (struct rent_op){ .struct_size = sizeof(manual),
			                   .id = "charge",
			                   .rental_id = "r1",
			                   .kind = cases[i].kind,
			                   .purpose = cases[i].purpose,
			                   .state = RENT_OP_MANUAL,
			                   .amount = 100 };
		work_in_us = -9;
		assert_int_equal(resolve_operation(&core, &rs, &err), 0);
		assert_int_equal(rs.verdict, RENT_RESOLVED);
		assert_int_equal(work_in_us, cases[i].want);
		assert_int_equal(work_tries, cases[i].tries);
		pthread_mutex_destroy(&core.params_lock);
	}
	fake_host_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_keeps_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
