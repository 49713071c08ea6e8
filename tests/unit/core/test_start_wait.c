/* SPDX-License-Identifier: MIT
 *
 * test_start_wait.c - a request waits for a cabinet that has taken its order: how often it asks, what
 * it answers when its time is over, or when another run has the start.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "decide.h"
#include "fake_host.h"
#include "observers.h"
#include "start.h"

#define T0     (INT64_C(1700000000) * RENT_SECOND)
#define ROUNDS 64

static struct {
	/* The rounds after this one find that another run has the start; 0: none. */
	int leased_after;
	/* The order is at its end with this question; 0: never. */
	int ends_with;
	enum rent_op_state eject;
	int rounds, asked;
	/* When the order was asked for. */
	int64_t asked_at[ROUNDS];
	/* Of the last request: what it is paid with, and whether somebody is named. */
	char method_ref[RENT_REF_SIZE];
	bool is_named;
} world;

static struct fake_host *fake;
static struct rent_host host;
static struct core core;
static struct observers observers;
static int64_t began;

static int start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r),
		                 .id = "r1",
		                 .quote_id = "q1",
		                 .station_id = "s1",
		                 .status = RENT_STATUS_PENDING,
		                 .settlement = RENT_SETTLEMENT_OPEN,
		                 .created_at = T0,
		                 .now = T0 + host.mono_us(&host) - began,
		                 .open_ops = 1,
		                 .version = 1 };
	struct rent_op op = { .struct_size = sizeof(op),
		              .id = "e1",
		              .rental_id = "r1",
		              .ref = "T-1",
		              .kind = RENT_OP_EJECT,
		              .purpose = RENT_FOR_START,
		              .state = world.eject,
		              .created_at = T0,
		              .tries = 1 };
	const struct rent_op *ops[] = { &op };

	(void)self;
	(void)err;
	world.rounds++;
	rent_copy(world.method_ref, sizeof(world.method_ref), s->method_ref);
	world.is_named = s->actor != NULL;
	if (world.leased_after != 0 && world.rounds > world.leased_after) {
		s->ret = RENT_START_RUNNING;
		s->ret_retry_us = RENT_SECOND;
		return 0;
	}
	s->ret = RENT_START_RESUME;
	return s->fn(s->arg, &r, ops, 1);
}

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct rent_change *c = changes[0];

	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	if (c->ends[0].id != NULL)
		world.eject = c->ends[0].state;
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = c->expect_version + 1;
	c->ret_now = T0 + host.mono_us(&host) - began;
	return 0;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .start_begin = start_begin,
	                                     .advance = advance };

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(op->ref, "T-1");
	assert_true(world.asked < ROUNDS);
	world.asked_at[world.asked++] = host.mono_us(&host) - began;
	ret->method = "GET";
	return 0;
}

static void parse_lookup(void *self, const struct rent_station_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_station_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	ret->outcome = RENT_PENDING;
	if (world.ends_with == 0 || world.asked < world.ends_with)
		return;
	ret->outcome = RENT_SUCCEEDED;
	rent_copy(ret->powerbank_id, RENT_ID_SIZE, "PB-1");
}

static const struct rent_station cloud = { .struct_size = sizeof(cloud),
	                                   .build_lookup = build_lookup,
	                                   .parse_lookup = parse_lookup };

static void exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = RENT_REPLIED;
}

static void sleep_us(const struct rent_host *h, int64_t us)
{
	(void)h;
	fake_host_advance(fake, us);
}

static int setup(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&world, 0, sizeof(world));
	world.eject = RENT_OP_PENDING;
	fake = fake_host_new(NULL, NULL);
	fake_host_on_exchange(fake, exchange, NULL);
	fake_host_advance(fake, 0); /* from now on its clock stands */
	host = *fake_host_table(fake);
	host.sleep_us = sleep_us;
	began = host.mono_us(&host);
	core.host = &host;
	core.store = &storage;
	core.next_step = decide;
	core.payment.instance = "pay";
	core.station.api = &cloud;
	core.station.instance = "cloud";
	core.station.caps.settle_us = RENT_MINUTE;
	core.params = (struct params){ .r_buyout = 5000,
		                       .start_lease = 30 * RENT_SECOND,
		                       .start_wait = 20 * RENT_SECOND,
		                       .resolve_base = 5 * RENT_SECOND,
		                       .resolve_max = 10 * RENT_MINUTE };
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.station.lock, NULL);
	observers_init(core.observers, core.host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

/* A caller of an older build does not know of the actor, and what it has there is none. What it says
 * of the payment counts. */
static void a_request_of_an_older_build_is_read_as_far_as_it_goes(void **state)
{
	struct rent_arena *arena = host.arena_new(&host);
	struct rent_start_request req = {
		.struct_size = offsetof(struct rent_start_request, actor),
		.key = "k1",
		.quote_id = "q1",
		.request_id = "req-1",
		.arena = arena,
		.caller = "shop",
		.payment_method = "pm_1",
		.actor = (const struct rent_actor *)(const void *)"what is behind it"
	};
	struct rent_start_reply reply = { .struct_size = sizeof(reply) };
	struct rent_error err;

	(void)state;
	world.ends_with = 1;
	assert_int_equal(start_rental(&core, &req, &reply, &err), 0);
	assert_string_equal(world.method_ref, "pm_1");
	assert_false(world.is_named);
	host.arena_free(&host, arena);
}

static void expect(enum rent_verdict verdict)
{
	struct rent_arena *arena = host.arena_new(&host);
	struct rent_start_request req = { .struct_size = sizeof(req),
		                          .key = "k1",
		                          .quote_id = "q1",
		                          .request_id = "req-1",
		                          .arena = arena };
	struct rent_start_reply reply = { .struct_size = sizeof(reply) };
	struct rent_error err;

	assert_int_equal(start_rental(&core, &req, &reply, &err), 0);
	assert_int_equal(reply.verdict, verdict);
	assert_string_equal(reply.order_id, "r1");
	if (verdict == RENT_IN_DOUBT)
		assert_int_equal(reply.retry_after_us, 5 * RENT_SECOND);
	host.arena_free(&host, arena);
}

static void it_asks_until_the_powerbank_is_out(void **state)
{
	(void)state;
	world.ends_with = 4;
	expect(RENT_DONE);
	assert_int_equal(world.asked, 4);
	assert_int_equal(world.asked_at[1], RENT_SECOND / 4);
	assert_int_equal(world.asked_at[2], 3 * RENT_SECOND / 4);
	assert_int_equal(world.asked_at[3], 7 * RENT_SECOND / 4);
}

static void a_service_is_not_asked_more_often_than_it_wants(void **state)
{
	(void)state;
	core.station.caps.poll_us = 3 * RENT_SECOND;
	expect(RENT_IN_DOUBT);
	assert_int_equal(world.asked, 7);
	for (int i = 0; i < world.asked; i++)
		assert_int_equal(world.asked_at[i], RENT_SECOND * i * 3);
}

/* Recovery looks for the order when the time of the request is over. */
static void another_run_that_has_the_start_leaves_it_in_doubt(void **state)
{
	(void)state;
	world.leased_after = 2;
	expect(RENT_IN_DOUBT);
	assert_int_equal(world.asked, 2);
	assert_true(world.rounds > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(it_asks_until_the_powerbank_is_out),
		T(a_request_of_an_older_build_is_read_as_far_as_it_goes),
		T(a_service_is_not_asked_more_often_than_it_wants),
		T(another_run_that_has_the_start_leaves_it_in_doubt),
	};

	return cmocka_run_group_tests_name("start_wait", tests, NULL, NULL);
}
