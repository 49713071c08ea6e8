/* SPDX-License-Identifier: MIT
 *
 * test_stations.c - several services with cabinets: a rental belongs to the one that gave its
 * powerbank out. That one is asked, and no other may end it.
 */
#include "inbound.h"
#include "one_rental.h"
#include "quote.h"
#include "stop_request.h"

static struct rent_station other_service;
static int others_asked;

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(cabinet_id, "far-away");
	ret->method = "GET";
	others_asked++;
	return 0;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	(void)self;
	(void)cabinet_id;
	(void)reply;
	ret->outcome = RENT_SUCCEEDED;
	ret->state = RENT_STATION_ONLINE;
	ret->complete = true;
}

/* The powerbank lies in a cabinet of "cloud", as that says; those of "depot" are empty. */
static int setup(void **state)
{
	int code = one_rental_setup(state);

	others_asked = 0;
	other_service = (struct rent_station){ .struct_size = sizeof(other_service),
		                               .build_snapshot = build_snapshot,
		                               .parse_snapshot = parse_snapshot };
	core.station.instance = "cloud";
	core.station_others[0].api = &other_service;
	core.station_others[0].instance = "depot";
	pthread_mutex_init(&core.station_others[0].lock, NULL);
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	db.eject.ref[0] = '\0';
	return code;
}

static void belongs_to(const char *instance)
{
	rent_copy(db.r.station_instance, RENT_ID_SIZE, instance);
}

static void the_service_is_found_by_its_name(void **state)
{
	struct rent_rental r = { .struct_size = sizeof(r) };

	(void)state;
	assert_ptr_equal(core_station_of(&core, &r), &core.station);
	rent_copy(r.station_instance, RENT_ID_SIZE, "cloud");
	assert_ptr_equal(core_station_of(&core, &r), &core.station);
	rent_copy(r.station_instance, RENT_ID_SIZE, "depot");
	assert_ptr_equal(core_station_of(&core, &r), &core.station_others[0]);
	rent_copy(r.station_instance, RENT_ID_SIZE, "gone");
	assert_null(core_station_of(&core, &r));
}

static void a_quote_names_it(void **state)
{
	(void)state;
	assert_string_equal(quote_station("0192f3c4-7f00-7a4b-8c11-0d9e8f7a6b5c"), "");
	assert_string_equal(quote_station("0192f3c4-7f00-7a4b-8c11-0d9e8f7a6b5c@depot"),
	                    "depot");
}

static void named(const char *instance, const char *in_the_id)
{
	char id[RENT_ID_SIZE];

	assert_true(quote_new_id(&core, instance, id));
	assert_string_equal(quote_station(id), in_the_id);
}

/* The start may come to a host that has other services, and others first. */
static void a_quote_names_it_wherever_it_is_made(void **state)
{
	const char *long_name = "a-service-with-a-name-of-thirty-and-some";
	char id[RENT_ID_SIZE];

	(void)state;
	named("depot", "depot");
	named("", "");
	assert_false(quote_new_id(&core, "gone", id));
	assert_false(quote_new_id(&core, long_name, id));
	core.station_others[0].api = NULL;
	named("cloud", "cloud");
	assert_false(quote_new_id(&core, "depot", id));
	core.station.instance = long_name;
	named(long_name, "");
	core.station.api = NULL;
	named("depot", "depot");
}

static enum rent_verdict stop(void)
{
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rent_error err;

	assert_int_equal(stop_rental(&core, "r1", "far-away", &view, &err), 0);
	return view.verdict;
}

static void a_stop_asks_the_service_of_the_rental(void **state)
{
	(void)state;
	core.params.stop = STOP_VERIFIED;
	belongs_to("depot");
	assert_int_equal(stop(), RENT_NOT_RETURNED);
	assert_int_equal(others_asked, 1);
	belongs_to("gone");
	assert_int_equal(stop(), RENT_RETURN_UNVERIFIED);
	assert_int_equal(db.ends, 0);
	belongs_to("cloud");
	assert_int_equal(stop(), RENT_DONE);
	assert_int_equal(db.ends, 1);
	assert_int_equal(others_asked, 1);
}

/* Where only some of the services can look. */
static void who_cannot_look_believes(void **state)
{
	(void)state;
	core.params.stop = STOP_AUTO;
	other_service.build_snapshot = NULL;
	belongs_to("depot");
	assert_int_equal(stop(), RENT_DONE);
	assert_int_equal(db.ends, 1);
}

/* Only another host has the service of this rental, and that may be able to look. */
static void who_is_not_bound_here_is_not_believed(void **state)
{
	static const struct rent_station blind = { .struct_size = sizeof(blind) };

	(void)state;
	core.params.stop = STOP_AUTO;
	belongs_to("gone");
	assert_int_equal(stop(), RENT_RETURN_UNVERIFIED);
	assert_int_equal(db.r.stop_asked_at, db.r.now);
	core.station.api = &blind;
	other_service.build_snapshot = NULL;
	assert_int_equal(stop(), RENT_RETURN_UNVERIFIED);
	assert_int_equal(db.ends, 0);
	core.params.stop = STOP_TRUSTED;
	assert_int_equal(stop(), RENT_DONE);
	assert_int_equal(db.ends, 1);
}

static void reported_by(const char *instance, enum rent_event_trust trust,
                        const char *outcome)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .id = "in-1",
		                  .event_id = "x",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = trust,
		                  .station_id = "far-away",
		                  .powerbank_id = "PB-1",
		                  .at = T0 + 100 * RENT_SECOND,
		                  .received_at = db.r.now };
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	rent_copy(e.instance, sizeof(e.instance), instance);
	assert_int_equal(inbound_event(&core, &e, said, &err), 0);
	assert_string_equal(said, outcome);
}

/* Each service numbers its powerbanks for itself. */
static void another_service_ends_nothing(void **state)
{
	(void)state;
	belongs_to("depot");
	reported_by("cloud", RENT_EVENT_PROVEN, "orphan");
	reported_by("cloud", RENT_EVENT_HINT, "orphan");
	assert_int_equal(db.ends, 0);
	assert_int_equal(cloud.asked, 0);
	reported_by("depot", RENT_EVENT_HINT, "not there");
	assert_int_equal(others_asked, 1);
	reported_by("depot", RENT_EVENT_PROVEN, "returned");
	assert_int_equal(db.ends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, one_rental_teardown)
		T(the_service_is_found_by_its_name),
		T(a_quote_names_it),
		T(a_stop_asks_the_service_of_the_rental),
		T(who_cannot_look_believes),
		T(a_quote_names_it_wherever_it_is_made),
		T(who_is_not_bound_here_is_not_believed),
		T(another_service_ends_nothing),
	};

	return cmocka_run_group_tests_name("stations", tests, NULL, NULL);
}
