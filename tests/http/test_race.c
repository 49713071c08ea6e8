/* SPDX-License-Identifier: MIT
 *
 * test_race.c - many at once: one key, one quote, one stop, stops against ticks. One request
 * wins, the effect happens once, and the books agree.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CROWD 32

static struct deployment deployment;

struct racer {
	struct ride ride;
	long status;
	char order_id[65];
	char finished_at[64];
	char *body;
};

static struct racer racers[CROWD];

static const char *const busy[] = { "BILLING_TICK=20ms", NULL };

static int open_deployment(void **state)
{
	(void)state;
	memset(racers, 0, sizeof(racers));
	deployment_open(&deployment, &(struct deployment_spec){ .env = busy });
	return 0;
}

static int free_deployment(void **state)
{
	(void)state;
	for (size_t i = 0; i < CROWD; i++)
		free(racers[i].body);
	deployment_free(&deployment);
	return 0;
}

static void note(struct racer *r, const struct answer *a)
{
	const char *order = answer_str(a, "order_id"),
		   *end = answer_str(a, "finished_at");

	r->status = a->status;
	(void)snprintf(r->order_id, sizeof(r->order_id), "%s",
	               order != NULL ? order : "");
	(void)snprintf(r->finished_at, sizeof(r->finished_at), "%s",
	               end != NULL ? end : "");
	r->body = strdup(a->body);
}

static void race_start(void *item)
{
	struct racer *r = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);

	note(r, ride_start(c, r->ride.key, r->ride.quote_id));
	client_free(c);
}

static void race_stop(void *item)
{
	struct racer *r = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);

	note(r, ride_stop(c, r->ride.order_id, "second"));
	client_free(c);
}

static int64_t acted(const char *kind)
{
	return db_int(
		deployment.db,
		"SELECT COUNT(*) FROM operations WHERE kind = %Q AND state = 'SUCCEEDED'",
		kind);
}

/* Every answer is the one answer, or "still running". */
static void one_key(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	ride_must_quote(&deployment, "second", "key", &ride);
	for (size_t i = 0; i < CROWD; i++)
		racers[i].ride = ride;
	crowd_run(CROWD, race_start, racers, sizeof(racers[0]));
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	for (size_t i = 0; i < CROWD; i++) {
		if (racers[i].status == 200)
			assert_string_equal(racers[i].body, a->body);
		else
			assert_int_equal(racers[i].status, 409);
	}
	assert_int_equal(db_int(deployment.db, "SELECT COUNT(*) FROM rentals"), 1);
	assert_int_equal(acted("hold"), 1);
	assert_int_equal(acted("eject"), 1);
	expect_clean_end(&deployment, 30000);
}

static void one_quote(void **state)
{
	struct ride ride;
	int won = 0;

	(void)state;
	ride_must_quote(&deployment, "second", "quote", &ride);
	for (size_t i = 0; i < CROWD; i++) {
		racers[i].ride = ride;
		ride_key(racers[i].ride.key);
	}
	crowd_run(CROWD, race_start, racers, sizeof(racers[0]));
	for (size_t i = 0; i < CROWD; i++) {
		won += racers[i].status == 200;
		if (racers[i].status != 200 && racers[i].status != 409)
			fail_msg("got %ld %s", racers[i].status, racers[i].body);
	}
	assert_int_equal(won, 1);
	assert_int_equal(acted("hold"), 1);
	assert_int_equal(acted("eject"), 1);
	expect_clean_end(&deployment, 30000);
}

/* More keys than powerbanks: as many rentals as there were powerbanks, the others refused. */
static void last_powerbanks(void **state)
{
	int won = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		ride_must_quote(&deployment, "low", "low", &racers[i].ride);
	crowd_run(8, race_start, racers, sizeof(racers[0]));
	for (size_t i = 0; i < 8; i++) {
		won += racers[i].status == 200;
		if (racers[i].status != 200 && racers[i].status != 409)
			fail_msg("got %ld %s", racers[i].status, racers[i].body);
	}
	assert_int_equal(won, 2);
	expect_clean_end(&deployment, 30000);
}

static void many_stops(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "second", "stops", &ride);
	ride_age(&deployment, ride.order_id, 170);
	for (size_t i = 0; i < CROWD; i++)
		racers[i].ride = ride;
	crowd_run(CROWD, race_stop, racers, sizeof(racers[0]));
	expect_settled(&deployment, 20000);
	a = ride_stop(deployment.api, ride.order_id, "second");
	expect_status(a, 200);
	for (size_t i = 0; i < CROWD; i++) {
		if (racers[i].status != 200)
			fail_msg("got %ld %s", racers[i].status, racers[i].body);
		assert_string_equal(racers[i].finished_at, answer_str(a, "finished_at"));
	}
	assert_in_range(answer_int(a, "total_amount"), 170, 200);
	expect_clean_end(&deployment, 30000);
}

/* Ticks of 20 ms while 32 rentals are stopped: each is paid exactly, once. */
static void stops_and_ticks(void **state)
{
	(void)state;
	for (size_t i = 0; i < CROWD; i++)
		ride_begin(&deployment, "second", "ticks", &racers[i].ride);
	db_exec(deployment.db, "UPDATE rentals SET started_at = %s",
	        db_before(deployment.db, "started_at", 500));
	crowd_run(CROWD, race_stop, racers, sizeof(racers[0]));
	for (size_t i = 0; i < CROWD; i++) {
		if (racers[i].status != 200)
			fail_msg("got %ld %s", racers[i].status, racers[i].body);
	}
	expect_settled(&deployment, 30000);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE status = 'FINISHED' "
	                        "AND settlement = 'DONE' AND total_amount >= 500"),
	                 CROWD);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM debts WHERE amount_total > 0"),
	                 0);
	expect_clean_end(&deployment, 30000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_deployment, free_deployment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_key),    TEST(one_quote),       TEST(last_powerbanks),
		TEST(many_stops), TEST(stops_and_ticks),
	};

	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
