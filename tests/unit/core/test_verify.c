/* SPDX-License-Identifier: MIT
 *
 * test_verify.c - a customer says that his powerbank is back, to cabinets that have it, have it
 * not, or say nothing.
 */
#include "inbound.h"
#include "one_rental.h"
#include "stop_request.h"

static struct rent_view stop_at(const char *station_id)
{
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rent_error err;

	assert_int_equal(stop_rental(&core, "r1", station_id, &view, &err), 0);
	return view;
}

static void expect(enum rent_verdict verdict)
{
	assert_int_equal(stop_at("far-away").verdict, verdict);
}

static void goes_on(int64_t asked_after)
{
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(db.r.stop_asked_at,
	                 asked_after == 0 ? 0 : T0 + asked_after * RENT_SECOND);
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

static void put_in(void)
{
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
}

static void report(const char *station_id, int64_t seconds)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .id = "in-1",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = RENT_EVENT_PROVEN,
		                  .powerbank_id = "PB-1",
		                  .at = T0 + seconds * RENT_SECOND };
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	rent_copy(e.station_id, sizeof(e.station_id), station_id);
	assert_int_equal(inbound_event(&core, &e, said, &err), 0);
	assert_string_equal(said, "returned");
}

static void what_the_cabinet_has_is_back(void **state)
{
	(void)state;
	put_in();
	expect(RENT_DONE);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
	db.r.now += RENT_MINUTE;
	expect(RENT_DONE);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
}

static void what_is_in_the_bag_goes_on_paying(void **state)
{
	(void)state;
	expect(RENT_NOT_RETURNED);
	goes_on(0);
	/* Nor is it in a cabinet that does not exist. */
	cloud.unknown = true;
	expect(RENT_NOT_RETURNED);
	goes_on(0);
	/* He puts it in later, and pays to that minute. */
	db.r.now += RENT_HOUR;
	report("far-away", 4000);
	ended(RENT_ENDED_BY_CABINET, 4000);
}

static void the_time_of_asking_is_kept(void **state)
{
	(void)state;
	cloud.silent = true;
	assert_true(stop_at("far-away").retry_after_us == 5 * RENT_SECOND);
	goes_on(1000);
	assert_string_equal(db.r.return_station_id, "far-away");
	/* Asking again does not make it later. */
	db.r.now += RENT_MINUTE;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
	db.r.now += RENT_HOUR;
	cloud.silent = false;
	put_in();
	expect(RENT_DONE);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
}

/* The time decides what the customer pays, so the books say who brought it. */
static void who_asked_is_kept(void **state)
{
	const struct rent_actor actor = { .struct_size = sizeof(actor),
		                          .subject = "alice" };
	const struct rent_stop_request req = { .struct_size = sizeof(req),
		                               .order_id = "r1",
		                               .station_id = "far-away",
		                               .actor = &actor };
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rent_error err;

	(void)state;
	cloud.silent = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stop_as(&core, &req, &view, &err), 0);
		assert_int_equal(view.verdict, RENT_RETURN_UNVERIFIED);
		goes_on(1000);
		assert_int_equal(db.deeds, 1); /* asking again changes nothing */
	}
	assert_int_equal(db.deed.kind, RENT_DEED_STOP);
	assert_null(db.deed.op_id);
	assert_string_equal(db.deed.actor->subject, "alice");
	/* The answer that forgets it is the cabinet's. */
	cloud.silent = false;
	assert_int_equal(stop_as(&core, &req, &view, &err), 0);
	goes_on(0);
	assert_int_equal(db.deeds, 1);
}

static void the_cabinets_report_confirms_it(void **state)
{
	(void)state;
	cloud.state = RENT_STATION_OFFLINE;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
	db.r.now += RENT_HOUR;
	report("far-away", 4600);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
}

/* The cabinet knows better when it came back, if that was before. */
static void an_earlier_return_counts(void **state)
{
	(void)state;
	cloud.silent = true;
	expect(RENT_RETURN_UNVERIFIED);
	report("far-away", 900);
	ended(RENT_ENDED_BY_CABINET, 900);
}

/* It was in his bag after all. */
static void an_answer_forgets_it(void **state)
{
	(void)state;
	cloud.silent = true;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
	cloud.silent = false;
	expect(RENT_NOT_RETURNED);
	goes_on(0);
	db.r.now += RENT_HOUR;
	report("far-away", 4600);
	ended(RENT_ENDED_BY_CABINET, 4600);
}

/* It may be in one of the slots that it does not show. */
static void a_cabinet_that_shows_a_part_denies_nothing(void **state)
{
	(void)state;
	cloud.complete = false;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
}

static void another_station_confirms_nothing(void **state)
{
	(void)state;
	cloud.silent = true;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
	db.r.now += RENT_HOUR;
	report("elsewhere", 4600);
	assert_int_equal(db.r.ended_by, RENT_ENDED_BY_CABINET);
	assert_int_equal(db.r.final_amount, 4600);
	assert_string_equal(db.r.return_station_id, "elsewhere");
}

/* A cabinet that has not noticed its own eject yet shows the powerbank; whoever says "stop" then
 * would have it for nothing. */
static void what_has_just_come_out_is_not_back(void **state)
{
	(void)state;
	put_in();
	db.r.started_at = db.r.now - 10 * RENT_SECOND;
	assert_true(stop_at("far-away").retry_after_us == 20 * RENT_SECOND);
	goes_on(0);
	db.r.started_at = db.r.now - 30 * RENT_SECOND;
	expect(RENT_DONE);
	assert_int_equal(db.r.final_amount, 30);
}

static void the_order_knows_it_too(void **state)
{
	(void)state;
	cloud.order.returned_at = T0 + 400 * RENT_SECOND;
	rent_copy(cloud.order.returned_to, RENT_ID_SIZE, "far-away");
	expect(RENT_DONE);
	ended(RENT_ENDED_BY_CABINET, 400);
}

static void others_may_come_before(void **state)
{
	(void)state;
	cloud.silent = true;
	db.conflicts = 3;
	expect(RENT_RETURN_UNVERIFIED);
	goes_on(1000);
}

static void a_customer_may_be_trusted(void **state)
{
	(void)state;
	core.params.stop = STOP_TRUSTED;
	expect(RENT_DONE);
	assert_int_equal(cloud.asked, 0);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
}

static void cabinets_that_cannot_be_asked_are_not(void **state)
{
	static const struct rent_station blind = { .struct_size = sizeof(blind) };

	(void)state;
	core.station.api = &blind;
	expect(RENT_DONE);
	ended(RENT_ENDED_BY_CUSTOMER, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, one_rental_setup, one_rental_teardown)
		T(what_the_cabinet_has_is_back),
		T(what_is_in_the_bag_goes_on_paying),
		T(the_time_of_asking_is_kept),
		T(who_asked_is_kept),
		T(the_cabinets_report_confirms_it),
		T(an_earlier_return_counts),
		T(an_answer_forgets_it),
		T(a_cabinet_that_shows_a_part_denies_nothing),
		T(another_station_confirms_nothing),
		T(what_has_just_come_out_is_not_back),
		T(the_order_knows_it_too),
		T(others_may_come_before),
		T(a_customer_may_be_trusted),
		T(cabinets_that_cannot_be_asked_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
