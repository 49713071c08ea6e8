/* SPDX-License-Identifier: MIT
 *
 * crash_test.c - a process dies after each step of a start, a stop and a tick (named
 * failpoints), comes back, and everything settles: one hold, one powerbank, the books of both
 * sides equal, the audit clean.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIED 137 /* how a failpoint ends the process */

static struct world world;

static const char *const env[] = { "BILLING_TICK=100ms", "PAYMENT_BREAKER_RESET=100ms",
	                           NULL };
static const char *const args[] = { "--set=instances.core.options.start_lease=500ms",
	                            "--set=instances.core.options.resolve_base=50ms",
	                            "--set=instances.core.options.resolve_max=200ms",
	                            NULL };

static int open_world(void **state)
{
	(void)state;
	world_open(&world,
	           &(struct world_spec){ .split = true, .env = env, .args = args });
	return 0;
}

static int free_world(void **state)
{
	(void)state;
	world_free(&world);
	return 0;
}

static void restart_with(enum world_role role, const char *failpoint)
{
	char value[64];
	const char *with[] = { value, NULL };

	(void)snprintf(value, sizeof(value), "RENT_FAILPOINT=%s", failpoint);
	world_end(&world, role);
	world_start(&world, role, with);
}

static void expect_death(enum world_role role, const char *failpoint)
{
	int code = proc_join(world.procs[role], 20000);

	if (code != DIED)
		fail_msg("%s: expected the process to die there, got exit code %d",
		         failpoint, code);
	world_start(&world, role, NULL);
}

static bool is_started(void *arg)
{
	struct ride *ride = arg;
	const struct answer *a = ride_start(world.api, ride->key, ride->quote_id);

	if (a->status != 200 && a->status != 409 && a->status != 503)
		fail_msg("start: got %ld %s%s", a->status, a->why, a->body);
	if (a->status != 200)
		return false;
	(void)snprintf(ride->order_id, sizeof(ride->order_id), "%s",
	               answer_str(a, "order_id"));
	return true;
}

static void start_dies(const char *failpoint)
{
	struct ride ride;

	ride_must_quote(&world, "second", failpoint, &ride);
	restart_with(WORLD_API, failpoint);
	assert_int_equal(ride_start(world.api, ride.key, ride.quote_id)->status, 0);
	expect_death(WORLD_API, failpoint);
	if (!wait_until(is_started, &ride, 20000))
		fail_msg("%s: the start does not end: %s", failpoint,
		         ride_start(world.api, ride.key, ride.quote_id)->body);
	assert_int_equal(db_int(world.db,
	                        "SELECT COUNT(*) FROM rentals WHERE user_id = %Q",
	                        failpoint),
	                 1);
	ride_end(&world, &ride, "second");
	expect_settled(&world, 20000);
	expect_books(&world);
	expect_audit(&world);
}

static void starts(void **state)
{
	static const char *const points[] = { "start.begun", "start.held",
		                              "start.ejected", "start.recorded" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		start_dies(points[i]);
	world_stop(&world);
}

/* Nobody asks again: recovery ends the start all the same. */
static void start_left_behind(void **state)
{
	static const char *const points[] = { "start.begun", "start.held",
		                              "start.ejected" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct ride ride;

		ride_must_quote(&world, "second", points[i], &ride);
		restart_with(WORLD_API, points[i]);
		assert_int_equal(ride_start(world.api, ride.key, ride.quote_id)->status,
		                 0);
		expect_death(WORLD_API, points[i]);
		expect_settled(&world, 20000);
		/* driven forward or undone, and the key says the same from now on */
		if (db_int(world.db,
		           "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND status "
		           "= 'ACTIVE'",
		           points[i]) == 1) {
			assert_true(is_started(&ride));
			ride_end(&world, &ride, "second");
		} else {
			assert_false(is_started(&ride));
		}
		expect_settled(&world, 20000);
		expect_books(&world);
		expect_audit(&world);
	}
	world_stop(&world);
}

static bool is_stopped(void *arg)
{
	const struct ride *ride = arg;
	const struct answer *a = ride_stop(world.api, ride->order_id, "second");

	return a->status == 200;
}

static void stops(void **state)
{
	static const char *const points[] = { "stop.recorded", "stop.captured",
		                              "stop.released" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct ride ride;

		world_end(&world, WORLD_WORKER); /* so that the API has all the work */
		ride_begin(&world, "second", points[i], &ride);
		ride_age(&world, ride.order_id, 40);
		restart_with(WORLD_API, points[i]);
		assert_int_equal(ride_stop(world.api, ride.order_id, "second")->status,
		                 0);
		world_start(&world, WORLD_WORKER, NULL);
		expect_death(WORLD_API, points[i]);
		if (!wait_until(is_stopped, &ride, 20000))
			fail_msg("%s: cannot be stopped any more", points[i]);
		expect_settled(&world, 20000);
		assert_int_equal(db_int(world.db,
		                        "SELECT COUNT(*) FROM rentals WHERE id = %Q AND "
		                        "status = 'FINISHED' AND settlement = 'DONE' AND "
		                        "total_amount >= 40",
		                        ride.order_id),
		                 1);
		expect_books(&world);
		expect_audit(&world);
	}
	world_stop(&world);
}

static bool is_charged(void *arg)
{
	const struct ride *ride = arg;

	return db_int(world.db, "SELECT total_amount FROM rentals WHERE id = %Q",
	              ride->order_id) >= 40;
}

static void ticks(void **state)
{
	static const char *const points[] = { "tick.intents", "tick.charged",
		                              "tick.recorded" };

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct ride ride;
		char value[64];
		const char *with[] = { value, NULL };

		(void)snprintf(value, sizeof(value), "RENT_FAILPOINT=%s", points[i]);
		ride_begin(&world, "second", points[i], &ride);
		world_end(&world, WORLD_WORKER);
		ride_age(&world, ride.order_id, 40);
		world_spawn(&world, WORLD_WORKER, with); /* may die before it is ready */
		expect_death(WORLD_WORKER, points[i]);
		if (!wait_until(is_charged, &ride, 20000))
			fail_msg("%s: never charged", points[i]);
		ride_end(&world, &ride, "second");
		expect_settled(&world, 20000);
		expect_books(&world);
		expect_audit(&world);
	}
	world_stop(&world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, free_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts),
		TEST(start_left_behind),
		TEST(stops),
		TEST(ticks),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
