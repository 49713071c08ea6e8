/* SPDX-License-Identifier: MIT
 *
 * test_returned.c - what services report of a return: proven or a hint, early, late, twice, of
 * another powerbank, with cabinets that confirm it, deny it, or say nothing.
 */
#include "inbound.h"
#include "one_rental.h"

/* Seconds after T0; 0: it does not say when. */
static struct rent_inbound report(enum rent_event_trust trust, int64_t seconds)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .id = "in-1",
		                  .instance = "cloud",
		                  .event_id = "x",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = trust,
		                  .station_id = "far-away",
		                  .powerbank_id = "PB-1",
		                  .at = seconds == 0 ? 0 : T0 + seconds * RENT_SECOND,
		                  .received_at = db.r.now };

	return e;
}

static void expect(const struct rent_inbound *e, const char *outcome)
{
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	assert_int_equal(inbound_event(&core, e, said, &err), 0);
	assert_string_equal(said, outcome);
}

static void not_ended(void)
{
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
}

static void ended_after(int64_t seconds)
{
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(db.r.ended_by, RENT_ENDED_BY_CABINET);
	assert_string_equal(db.r.return_station_id, "far-away");
	assert_int_equal((db.r.finished_at - T0) / RENT_SECOND, seconds);
	assert_int_equal(db.r.final_amount, seconds);
	assert_int_equal(db.r.debt, seconds);
}

static void a_proven_return_ends_at_its_time(void **state)
{
	static const struct {
		int64_t at, ends;
	} cases[] = { { 100, 100 }, { 0, 1000 }, { 5000, 1000 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_inbound e = report(RENT_EVENT_PROVEN, cases[i].at);

		expect(&e, "returned");
		ended_after(cases[i].ends);
		assert_int_equal(cloud.asked, 0);
		(void)one_rental_teardown(state);
		(void)one_rental_setup(state);
	}
}

static void twice_is_one_end(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	one_rental_listen();
	expect(&e, "returned");
	assert_non_null(strstr(heard, "\"ended_by\":\"cabinet\",\"note\":null"));
	e.at += 50 * RENT_SECOND;
	expect(&e, "orphan");
	ended_after(100);
}

/* Then it was when the report came, however late it is acted on. */
static void a_return_that_does_not_say_when(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 0);

	(void)state;
	e.received_at = T0 + 700 * RENT_SECOND;
	expect(&e, "returned");
	ended_after(700);
	assert_int_equal(db.note.kind, RENT_NOTE_RETURN_TIME);
	assert_non_null(strstr(db.note.text, "does not say when"));
}

/* … and one that came before the rental is not its. */
static void a_report_of_before_that_does_not_say_when(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 0);

	(void)state;
	e.received_at = T0 - RENT_HOUR;
	expect(&e, "earlier");
	not_ended();
}

static void a_time_outside_of_the_rental_is_noted(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 5000);

	(void)state;
	expect(&e, "returned");
	ended_after(1000);
	assert_int_equal(db.note.kind, RENT_NOTE_RETURN_TIME);
	assert_non_null(strstr(db.note.text, "outside of the rental"));
}

/* It came late, and the powerbank is out again. */
static void a_return_from_before_the_rental_is_not_its(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, -3600);

	(void)state;
	expect(&e, "earlier");
	not_ended();
}

static void a_return_of_nobodys_powerbank_is_an_orphan(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	rent_copy(e.powerbank_id, sizeof(e.powerbank_id), "PB-2");
	expect(&e, "orphan");
	not_ended();
}

static void a_return_of_long_ago_is_for_a_person(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	db.r.now = T0 + 2 * DAY;
	expect(&e, "too late");
	not_ended();
	assert_int_equal(fake_host_complaints(fake), 1);
	db.r.now = T0 + DAY;
	expect(&e, "returned");
	ended_after(100);
}

static void a_return_while_a_charge_is_in_flight_only_ends(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	rent_copy(db.r.lease_token, sizeof(db.r.lease_token), "worker");
	db.r.lease_until = db.r.now + RENT_SECOND;
	expect(&e, "returned");
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.finished_at, T0 + 100 * RENT_SECOND);
	assert_int_equal(db.r.settlement, RENT_SETTLEMENT_PENDING);
}

/* ---- hints */

static void the_order_proves_a_hint(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	cloud.order.returned_at = T0 + 50 * RENT_SECOND;
	expect(&e, "returned");
	ended_after(50);
	expect(&e, "ended already");
	assert_int_equal(db.ends, 1);
}

static void an_order_that_is_out_denies_it(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	e.powerbank_id[0] = '\0';
	expect(&e, "names no powerbank");
	not_ended();
	/* Nor is what it says of another powerbank about this rental. */
	rent_copy(cloud.order.powerbank_id, RENT_ID_SIZE, "PB-2");
	cloud.order.returned_at = T0 + 50 * RENT_SECOND;
	expect(&e, "names no powerbank");
	not_ended();
}

static void the_slots_prove_a_hint(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	expect(&e, "not there");
	not_ended();
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(700);
}

/* It came out after all for a start that had failed, while another rental was thought to have it. */
static void the_slots_prove_a_hint_of_a_failed_start(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	rent_copy(db.eject.rental_id, RENT_ID_SIZE, "r2");
	db.other = (struct rent_rental){ .struct_size = sizeof(db.other),
		                         .id = "r2",
		                         .status = RENT_STATUS_FAILED };
	expect(&e, "not there");
	not_ended();
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(700);
}

/* The report is of a rental before; the powerbank has been out since, and is there again. */
static void a_hint_from_before_the_rental_does_not_date_its_end(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, -3600);

	(void)state;
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(1000);
}

static void what_nobody_confirms_stays_open(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	(void)state;
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	cloud.silent = true;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	cloud.silent = false;
	cloud.state = RENT_STATION_OFFLINE;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	cloud.state = RENT_STATION_ONLINE;
	/* The cabinet may not have noticed yet that it gave it out. */
	db.r.started_at = db.r.now - 10 * RENT_SECOND;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	not_ended();
	cloud.silent = true;
	db.r.started_at = T0;
	db.r.now += 2 * DAY;
	expect(&e, "not confirmed");
	not_ended();
}

/* ---- before the rental began */

/* Ours took minutes to begin: the one before may have brought it, or ours may be back. */
static void a_return_while_it_began_is_asked_for(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, -300);

	(void)state;
	db.r.created_at = T0 - 600 * RENT_SECOND;
	expect(&e, "not there");
	not_ended();
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(0);
}

/* The powerbank was given out again a moment after it was put in, and the report of that comes when
 * the next customer has it. */
static void a_return_just_before_it_began_is_asked_for(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 0);

	(void)state;
	e.at = T0 - 1;
	expect(&e, "not there");
	not_ended();
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(0);
}

static void cannot_look(void)
{
	static struct rent_station blind;

	blind = *core.station.api;
	blind.build_snapshot = NULL;
	core.station.api = &blind;
}

static void a_service_that_cannot_look_says_nothing_of_it(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, -300);

	(void)state;
	db.r.created_at = T0 - 600 * RENT_SECOND;
	cannot_look();
	expect(&e, "while it began");
	not_ended();
}

/* Its clock is a little behind ours. */
static void a_service_that_cannot_look_is_believed_for_a_moment(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, -30);

	(void)state;
	cannot_look();
	expect(&e, "returned");
	ended_after(0);
}

static int handed_on(const struct rent_inbound *e)
{
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	return inbound_event(&core, e, said, &err);
}

/* Nobody knows yet which powerbank came out for the other start. */
static void a_return_waits_for_a_start_of_its_service(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 990);

	(void)state;
	rent_copy(e.powerbank_id, sizeof(e.powerbank_id), "PB-2");
	db.other = (struct rent_rental){ .struct_size = sizeof(db.other),
		                         .id = "r2",
		                         .station_id = "far-away",
		                         .status = RENT_STATUS_PENDING,
		                         .open_ops = 1,
		                         .created_at = e.received_at - RENT_MINUTE,
		                         .now = e.received_at + RENT_SECOND };
	assert_int_equal(handed_on(&e), 1);
	/* What came out there may come back elsewhere. */
	rent_copy(db.other.station_id, RENT_ID_SIZE, "s2");
	assert_int_equal(handed_on(&e), 1);
	/* One that began afterwards; another service's; one of which everything is known. */
	db.other.created_at = e.received_at;
	expect(&e, "orphan");
	db.other.created_at = e.received_at - RENT_MINUTE;
	rent_copy(db.other.station_instance, RENT_ID_SIZE, "depot");
	expect(&e, "orphan");
	rent_copy(db.other.station_instance, RENT_ID_SIZE, "cloud");
	assert_int_equal(handed_on(&e), 1);
	db.other.open_ops = 0;
	expect(&e, "orphan");
	db.other.open_ops = 1;
	/* However long ago that began, the report waits a quarter of an hour. */
	db.other.created_at = e.received_at - RENT_HOUR;
	assert_int_equal(handed_on(&e), 1);
	db.other.now = e.received_at + 15 * RENT_MINUTE;
	assert_int_equal(handed_on(&e), 1);
	db.other.now++;
	expect(&e, "orphan");
	db.other.now = e.received_at;
	/* It came back before that start was made. */
	db.other.created_at = e.received_at - RENT_MINUTE;
	e.at = db.other.created_at - 2 * RENT_SECOND;
	expect(&e, "orphan");
	e.at = 0;
	assert_int_equal(handed_on(&e), 1);
	/* It has ended. */
	db.other.status = RENT_STATUS_FAILED;
	expect(&e, "orphan");
	not_ended();
}

/* The answer to an order was lost; the report of it brings the reference. */
static void a_report_brings_the_reference(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 0);

	(void)state;
	e.kind = RENT_EVENT_EJECTED;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	core.params.manual_after = DAY;
	db.r.status = RENT_STATUS_PENDING;
	db.r.quote_id[0] = 'q';
	db.r.started_at = 0;
	db.r.open_ops = 1;
	db.r.now = T0 + 20 * RENT_SECOND;
	db.eject.state = RENT_OP_UNKNOWN;
	db.eject.created_at = T0;
	db.eject.tries = 1;
	db.eject.result[0] = db.eject.ref[0] = '\0';
	expect(&e, "asked for");
	assert_int_equal(cloud.asked, 0); /* by what? */
	assert_int_equal(db.r.status, RENT_STATUS_PENDING);
	rent_copy(e.ref, sizeof(e.ref), "T-1");
	expect(&e, "asked for");
	assert_int_equal(cloud.asked, 1);
	assert_string_equal(db.eject.ref, "T-1");
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
}

/* ---- what was bought out */

/* Bought out at 500, after 500 seconds. */
static void a_return_after_the_buyout(int64_t window, int64_t back, const char *outcome)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, back);

	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	cloud.order.returned_at = T0 + back * RENT_SECOND;
	core.params.r_buyout = 500;
	core.params.buyout_return_window = window;
	db.r.status = RENT_STATUS_BUYOUT;
	db.r.settlement = RENT_SETTLEMENT_DONE;
	db.r.ended_by = RENT_ENDED_BY_BUYOUT;
	db.r.finished_at = T0 + 500 * RENT_SECOND;
	db.r.has_final = true;
	db.r.final_amount = db.r.debt = 500;
	expect(&e, outcome);
}

static void within_the_window_it_costs_what_was_due_then(void **state)
{
	(void)state;
	one_rental_listen();
	a_return_after_the_buyout(RENT_HOUR, 400, "returned after the buyout");
	ended_after(400);
	assert_non_null(strstr(heard,
	                       "\"ended_by\":\"cabinet\",\"note\":\"the powerbank came "
	                       "back after the buyout"));
	assert_int_equal(db.note.kind, RENT_NOTE_AFTER_BUYOUT);
	a_return_after_the_buyout(RENT_HOUR, 900, "returned after the buyout");
	assert_int_equal(db.r.final_amount, 500); /* nobody pays more than that */
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
}

static void after_the_window_it_stays_bought(void **state)
{
	(void)state;
	a_return_after_the_buyout(RENT_MINUTE, 561, "ended already");
	assert_int_equal(db.ends, 0);
	a_return_after_the_buyout(RENT_MINUTE, 560, "returned after the buyout");
	assert_int_equal(db.ends, 1);
}

static void by_default_a_buyout_is_for_ever(void **state)
{
	(void)state;
	a_return_after_the_buyout(0, 400, "ended already");
	assert_int_equal(db.ends, 0);
	assert_int_equal(cloud.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, one_rental_setup, one_rental_teardown)
		T(a_proven_return_ends_at_its_time),
		T(twice_is_one_end),
		T(a_return_that_does_not_say_when),
		T(a_report_of_before_that_does_not_say_when),
		T(a_time_outside_of_the_rental_is_noted),
		T(a_return_from_before_the_rental_is_not_its),
		T(a_return_of_nobodys_powerbank_is_an_orphan),
		T(a_return_of_long_ago_is_for_a_person),
		T(a_return_while_a_charge_is_in_flight_only_ends),
		T(the_order_proves_a_hint),
		T(an_order_that_is_out_denies_it),
		T(the_slots_prove_a_hint),
		T(the_slots_prove_a_hint_of_a_failed_start),
		T(a_hint_from_before_the_rental_does_not_date_its_end),
		T(what_nobody_confirms_stays_open),
		T(a_return_while_it_began_is_asked_for),
		T(a_return_just_before_it_began_is_asked_for),
		T(a_service_that_cannot_look_says_nothing_of_it),
		T(a_service_that_cannot_look_is_believed_for_a_moment),
		T(a_return_waits_for_a_start_of_its_service),
		T(a_report_brings_the_reference),
		T(within_the_window_it_costs_what_was_due_then),
		T(after_the_window_it_stays_bought),
		T(by_default_a_buyout_is_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
