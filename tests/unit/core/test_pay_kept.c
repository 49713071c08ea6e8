/* SPDX-License-Identifier: MIT
 *
 * test_pay_kept.c - the answer that is kept of a payment when two hosts hear of it under one key: the one
 * that found nothing owed, and the one that charged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "decide.h"
#include "fake_host.h"
#include "observers.h"
#include "pay.h"
#include "pay_kept.h"

#define T0      (INT64_C(1700000000) * RENT_SECOND)
#define NOTHING "{\"order_id\":\"r1\",\"paid\":0}"
#define ALL     "{\"order_id\":\"r1\",\"paid\":100}"

static struct {
	struct rent_rental r;
	/* The charge under the key, and how often it is looked for before it is there. */
	struct rent_op charge;
	int not_yet;
	/* What is kept; NULL: nothing. said: of what request. */
	const char *kept;
	char said[RENT_ID_SIZE];
	int puts;
} world;

static struct fake_host *fake;
static struct core core;
static struct observers observers;

static int rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	(void)self;
	(void)err;
	return strcmp(id, "r1") == 0 ? fn(arg, &world.r, NULL, 0) : 1;
}

static int op_requested(void *self, const char *key, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	(void)self;
	(void)err;
	if (world.not_yet-- > 0 ||
	    strncmp(world.charge.request_key, key, strlen(key)) != 0)
		return 1;
	return fn(arg, &world.charge);
}

/* Nothing is recorded; the key of the payment that should have been is remembered. */
static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	rent_copy(world.charge.request_key, sizeof(world.charge.request_key),
	          changes[0]->request->key);
	return RENT_EFAIL;
}

static int answer_get(void *self, struct rent_kept_answer *kept, struct rent_error *err)
{
	(void)self;
	(void)err;
	if (world.kept == NULL)
		return 1;
	kept->ret_answer = world.kept;
	kept->ret_fingerprint = world.said;
	kept->ret_outcome = "done";
	return 0;
}

/* The first one stays. */
static int answer_put(void *self, const struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	(void)self;
	(void)err;
	world.puts++;
	rent_copy(world.said, sizeof(world.said), answer->fingerprint);
	if (world.kept == NULL)
		world.kept = answer->answer;
	return 0;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .rental_get = rental_get,
	                                     .op_requested = op_requested,
	                                     .answer_get = answer_get,
	                                     .answer_put = answer_put,
	                                     .advance = advance };

static struct rent_arena *arena;

static int pay(struct rent_pay_reply *ret)
{
	struct rent_pay_request req = {
		.struct_size = sizeof(req), .order_id = "r1", .key = "k1", .arena = arena
	};
	struct rent_error err;

	*ret = (struct rent_pay_reply){ .struct_size = sizeof(*ret) };
	return pay_rental(&core, &req, ret, &err);
}

/* Somebody has charged all that was owed, under the key that pay() uses. */
static int setup(void **state)
{
	struct rent_pay_reply ret;

	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&core, 0, sizeof(core));
	world.r = (struct rent_rental){ .struct_size = sizeof(world.r),
		                        .id = "r1",
		                        .provider = "pay",
		                        .status = RENT_STATUS_FINISHED,
		                        .settlement = RENT_SETTLEMENT_DONE,
		                        .debt = 100,
		                        .started_at = T0,
		                        .now = T0 + 100 * RENT_SECOND };
	fake = fake_host_new(NULL, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.next_step = decide;
	core.payment.instance = "pay";
	core.params.r_buyout = 5000;
	core.params.start_lease = 30 * RENT_SECOND;
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.payment.lock, NULL);
	observers_init(&observers, core.host);
	arena = core.host->arena_new(core.host);
	assert_int_not_equal(pay(&ret), 0);
	assert_true(world.charge.request_key[0] != '\0');
	rent_copy(world.said, sizeof(world.said),
	          strchr(world.charge.request_key, '-') + 1);
	world.charge.struct_size = sizeof(world.charge);
	rent_copy(world.charge.id, sizeof(world.charge.id), "c1");
	world.charge.kind = RENT_OP_CHARGE;
	world.charge.state = RENT_OP_SUCCEEDED;
	world.charge.amount = world.charge.processed = 100;
	world.r.debt = 0;
	world.r.paid = 100;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core.host->arena_free(core.host, arena);
	fake_host_free(fake);
	return 0;
}

static void expect(const char *json)
{
	struct rent_pay_reply ret;

	assert_int_equal(pay(&ret), 0);
	assert_int_equal(ret.verdict, RENT_DONE);
	assert_string_equal(ret.json, json);
}

static void nothing_owed_is_kept(void **state)
{
	(void)state;
	world.charge.request_key[0] = '\0';
	expect(NOTHING);
	assert_string_equal(world.kept, NOTHING);
	world.r.debt = 100;
	expect(NOTHING);
}

/* Another host charges after this one has looked. */
static void the_payment_is_looked_for_again(void **state)
{
	(void)state;
	world.not_yet = 1;
	expect(ALL);
	assert_string_equal(world.kept, ALL);
	assert_int_equal(world.puts, 1);
}

/* "Nothing" was kept before the charge was there. */
static void a_charge_wins_over_nothing(void **state)
{
	(void)state;
	world.kept = NOTHING;
	expect(ALL);
	expect(ALL);
}

/* … or while it was made: the host that made it does not hear of the other one's answer. */
static void whoever_charged_says_so(void **state)
{
	struct rent_pay_reply ret = { .struct_size = sizeof(ret),
		                      .verdict = RENT_DONE,
		                      .json = ALL };
	const struct pay_key key = {
		.key = "k", .said = world.said, .order_id = "r1", .arena = arena
	};
	struct rent_error err;

	(void)state;
	world.kept = NOTHING;
	assert_int_equal(pay_kept_put(&core, &key, &ret, &err), 0);
	assert_string_equal(ret.json, ALL);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(nothing_owed_is_kept),
		T(the_payment_is_looked_for_again),
		T(a_charge_wins_over_nothing),
		T(whoever_charged_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
