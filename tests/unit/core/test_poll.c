/* SPDX-License-Identifier: MIT
 *
 * test_poll.c - nobody reports a return, and asking finds it: by the order, by the slots, after a
 * customer's stop; how often, and how many.
 */
#include "one_rental.h"
#include "poll.h"

static int setup(void **state)
{
	int code = one_rental_setup(state);

	fake_host_advance(fake, 0); /* from now on its clock stands */
	core.poll_interval = 10 * RENT_MINUTE;
	core.poll_rate = 10;
	rent_copy(db.r.station_id, RENT_ID_SIZE, "far-away");
	return code;
}

static void ended(enum rent_ended_by by, int64_t seconds)
{
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(db.r.ended_by, by);
	assert_string_equal(db.r.return_station_id, "far-away");
	assert_int_equal((db.r.finished_at - T0) / RENT_SECOND, seconds);
	assert_int_equal(db.r.final_amount, seconds);
}

static void shown(void)
{
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
}

static void the_order_says_since_when(void **state)
{
	(void)state;
	cloud.order.returned_at = T0 + 400 * RENT_SECOND;
	rent_copy(cloud.order.returned_to, RENT_ID_SIZE, "far-away");
	poll_look(&core);
	ended(RENT_ENDED_BY_CABINET, 400);
	assert_int_equal(cloud.asked, 1);
}

static void an_order_that_is_out_goes_on(void **state)
{
	(void)state;
	shown(); /* the order knows better */
	poll_look(&core);
	assert_int_equal(db.ends, 0);
	assert_int_equal(cloud.asked, 1);
}

static void the_slots_say_that_it_is_there_now(void **state)
{
	(void)state;
	db.eject.ref[0] = '\0';
	poll_look(&core);
	assert_int_equal(db.ends, 0);
	shown();
	fake_host_advance(fake, core.poll_interval);
	poll_look(&core);
	ended(RENT_ENDED_BY_CABINET, 1000);
}

static void said_stop(void)
{
	db.r.stop_asked_at = T0 + 500 * RENT_SECOND;
	rent_copy(db.r.return_station_id, RENT_ID_SIZE, "far-away");
	rent_copy(db.r.station_id, RENT_ID_SIZE, "s1");
}

static void a_customer_pays_to_his_stop(void **state)
{
	(void)state;
	said_stop();
	cloud.state = RENT_STATION_OFFLINE;
	poll_look(&core);
	assert_int_equal(db.ends, 0);
	assert_int_equal(cloud.asked, 2); /* the order, and the station that he named */
	assert_int_equal(db.r.stop_asked_at, T0 + 500 * RENT_SECOND);
	cloud.state = RENT_STATION_ONLINE;
	shown();
	fake_host_advance(fake, core.poll_interval);
	poll_look(&core);
	ended(RENT_ENDED_BY_CUSTOMER, 500);
}

/* It was in his bag: he brings it an hour later, and pays to then. */
static void a_stop_that_was_not_so_is_forgotten(void **state)
{
	(void)state;
	said_stop();
	poll_look(&core);
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.r.stop_asked_at, 0);
	assert_string_equal(db.r.return_station_id, "");
	db.r.now += RENT_HOUR;
	cloud.order.returned_at = T0 + 4000 * RENT_SECOND;
	rent_copy(cloud.order.returned_to, RENT_ID_SIZE, "far-away");
	fake_host_advance(fake, core.poll_interval);
	poll_look(&core);
	ended(RENT_ENDED_BY_CABINET, 4000);
}

static void what_nobody_answers_goes_on(void **state)
{
	(void)state;
	cloud.silent = true;
	shown();
	poll_look(&core);
	assert_int_equal(db.ends, 0);
	assert_int_equal(cloud.asked, 2);
}

static void what_was_only_just_given_out_is_not_asked_for(void **state)
{
	(void)state;
	db.r.started_at = db.r.now - 10 * RENT_SECOND;
	shown();
	poll_look(&core);
	assert_int_equal(cloud.asked, 0);
}

static void once_in_each_interval(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		poll_look(&core);
	assert_int_equal(cloud.asked, 1);
	fake_host_advance(fake, core.poll_interval - 1);
	poll_look(&core);
	assert_int_equal(cloud.asked, 1);
	fake_host_advance(fake, 1);
	poll_look(&core);
	assert_int_equal(cloud.asked, 2);
}

/* A look that is full is followed by another one. */
static void so_many_at_a_time(void **state)
{
	(void)state;
	core.poll_rate = 1;
	poll_look(&core);
	assert_int_equal(cloud.asked, 1);
	assert_true(core.poll.running);
	poll_look(&core); /* none is left */
	assert_int_equal(cloud.asked, 1);
	assert_false(core.poll.running);
}

static void who_wants_fewer_questions_is_not_asked(void **state)
{
	(void)state;
	core.station.caps.poll_us = core.poll_interval + 1;
	poll_look(&core);
	core.poll_interval = 0;
	poll_look(&core);
	assert_int_equal(cloud.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, one_rental_teardown)
		T(the_order_says_since_when),
		T(an_order_that_is_out_goes_on),
		T(the_slots_say_that_it_is_there_now),
		T(a_customer_pays_to_his_stop),
		T(a_stop_that_was_not_so_is_forgotten),
		T(what_nobody_answers_goes_on),
		T(what_was_only_just_given_out_is_not_asked_for),
		T(once_in_each_interval),
		T(so_many_at_a_time),
		T(who_wants_fewer_questions_is_not_asked),
	};

	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
